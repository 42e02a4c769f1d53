"""Use cases: show what was learned about the user's mail and why, and forget some of it.

Senders, lists and topics come from corrections and behaviour; priority senders and topics, muted topics, delegation and
the filing of newsletters from the preferences.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Annotated
from urllib.parse import unquote

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.errors import Conflict, FieldError, InvalidRequest, NotFound
from assistant.domain.learning import HALF_LIFE, Behaviour, LearnedRecord
from assistant.domain.preferences import EmailRules, Preferences
from assistant.domain.senders import learned_category
from assistant.domain.topics import SOURCES_NEEDED, is_topic, leaning
from assistant.domain.triage.decision import Category
from assistant.domain.users import Identity
from assistant.ports.mail import LearnedHistory
from assistant.ports.runtime import AuditTrail, Clock
from assistant.ports.users import PreferenceStore

_ATTEMPTS = 3
_CURSOR = re.compile(r"\d{1,9}")
_RULE = "rule:"


class LearnedKind(StrEnum):
    """What something was learned about."""

    SENDER = "sender"
    LIST = "list"
    TOPIC = "topic"
    PREFERENCE = "preference"


_KINDS = {"from": LearnedKind.SENDER, "list": LearnedKind.LIST, "topic": LearnedKind.TOPIC}
_MAIL = {
    LearnedKind.SENDER: "Mail from {}",
    LearnedKind.LIST: "Mail from list {}",
    LearnedKind.TOPIC: "Mail about “{}”",
}


class Reasons(BaseModel):
    """Why it was learned: corrections by the category the user chose, behaviours, the last time of either."""

    corrections: Mapping[Category, int] = {}
    behaviours: Mapping[Behaviour, int] = {}
    last_at: AwareDatetime | None = None


class Learned(BaseModel):
    """One thing that was learned; ``weights`` fade to half in ``half_life_days``, preferences do not.

    ``changes`` says for each decision of the core that it changes what it makes of it.
    """

    id: Annotated[str, Field(examples=["from:bob@company.com"])]
    kind: LearnedKind
    about: str
    text: str
    weights: Mapping[str, float] = {}
    changes: Mapping[Category, Category] = {}
    half_life_days: int | None = None
    why: Reasons = Reasons()


class LearnedList(BaseModel):
    """What was learned, preferences first, then what weighs most."""

    user_id: str
    learned: tuple[Learned, ...]
    next_cursor: str | None = None


class LearnedQuery(BaseModel):
    """Which page of what was learned."""

    model_config = ConfigDict(frozen=True)

    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=9, description="The next_cursor of the page before")


class Unlearned(BaseModel):
    """What was forgotten."""

    id: str


@dataclass(frozen=True, slots=True)
class LearnedPorts:
    """The ports learned things need."""

    history: LearnedHistory
    preferences: PreferenceStore
    audit: AuditTrail
    clock: Clock


def show_learned(user_id: str, query: LearnedQuery, caller: Identity, *, ports: LearnedPorts) -> LearnedList:
    """Return a page of what was learned.

    Raises:
        Forbidden: it is of another user.
        InvalidRequest: the cursor is none of this list.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    start = _start(query.cursor)
    rules = ports.preferences.read(user_id).preferences.email_rules
    records = sorted(map(_learned, ports.history.every_record(user_id)), key=_heaviest_first)
    everything = [*_stated(rules), *records]
    end = start + query.limit
    return LearnedList(
        user_id=user_id,
        learned=tuple(everything[start:end]),
        next_cursor=str(end) if end < len(everything) else None,
    )


def unlearn(user_id: str, learned_id: str, caller: Identity, *, ports: LearnedPorts) -> Unlearned:
    """Forget one learned thing: the next mails are decided as if it had never been learned.

    Raises:
        Forbidden: it is of another user.
        NotFound: no such thing is learned.
        Conflict: the preferences kept changing meanwhile.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    # Topics have spaces and letters of any script, which a path has percent-encoded; addresses may have a %.
    for wanted in dict.fromkeys((learned_id, unquote(learned_id))):
        if _forget(user_id, wanted, ports):
            ports.audit.record(audit_event(AuditAction.LEARNED_FORGOTTEN, caller, ports.clock.now()))
            return Unlearned(id=wanted)
    raise NotFound("No such thing is learned.")


def _forget(user_id: str, learned_id: str, ports: LearnedPorts) -> bool:
    if learned_id.startswith(_RULE):
        return _without_rule(user_id, learned_id, ports.preferences)
    return ports.history.forget_record(user_id, learned_id)


def _learned(record: LearnedRecord) -> Learned:
    name, _, about = record.key.partition(":")
    kind = _KINDS[name]
    made = partial(_made_of, record=record)
    changes = {decided: category for decided in Category if (category := made(decided)) is not decided}
    weights = {category.value: weight for category, weight in record.votes.items() if weight}
    if record.replies:
        weights["replies"] = record.replies
    about = record.word or about
    return Learned(
        id=record.key,
        kind=kind,
        about=about,
        text=_told(_MAIL[kind].format(about), changes, alone=is_topic(record.key) and record.sources < SOURCES_NEEDED),
        weights=weights,
        changes=changes,
        half_life_days=HALF_LIFE.days,
        why=Reasons(corrections=record.corrections, behaviours=record.behaviours, last_at=record.last_at),
    )


def _made_of(decided: Category, record: LearnedRecord) -> Category:
    return leaning([record]).of(decided) if is_topic(record.key) else learned_category(decided, [record])


def _told(mail: str, changes: Mapping[Category, Category], *, alone: bool) -> str:
    if alone:
        return f"{mail}: noted, a second sender has to teach it to change a decision."
    if not changes:
        return f"{mail}: noted, not yet enough to change a decision."
    told = ", ".join(dict.fromkeys(category.value for category in changes.values()))
    return f"{mail} becomes {told}; urgent mail still stands out."


def _heaviest_first(learned: Learned) -> tuple[float, str]:
    return -max(learned.weights.values(), default=0.0), learned.id


def _stated(rules: EmailRules) -> Iterator[Learned]:
    for sender in rules.priority_senders:
        yield _rule("priority_sender", sender, f"Mail from {sender} is always important.")
    for topic in rules.priority_topics:
        yield _rule("priority_topic", topic, f"Mail about “{topic}” is always important.")
    for topic in rules.muted_topics:
        yield _rule("muted_topic", topic, f"Mail about “{topic}” is routine unless urgent or a clear request.")
    if rules.delegate_to:
        yield _rule("delegate_to", rules.delegate_to, f"Requests that can be delegated go to {rules.delegate_to}.")
    if rules.auto_archive_newsletters:
        yield _rule("auto_archive_newsletters", "newsletters", "Newsletters are archived.")


def _rule(name: str, about: str, text: str) -> Learned:
    return Learned(id=f"{_RULE}{name}:{about}", kind=LearnedKind.PREFERENCE, about=about, text=text)


def _without_rule(user_id: str, learned_id: str, store: PreferenceStore) -> bool:
    """Take a rule out of the preferences; False where there is none."""
    for _ in range(_ATTEMPTS):
        stored = store.read(user_id)
        rules = stored.preferences.email_rules
        if learned_id not in {learned.id for learned in _stated(rules)}:
            return False
        changed = _changed(stored.preferences, learned_id.removeprefix(_RULE))
        if store.replace(user_id, changed, expected_version=stored.version):
            return True
    raise Conflict("The preferences are being changed elsewhere. Please try again.")


def _changed(preferences: Preferences, rule: str) -> Preferences:
    name, _, about = rule.partition(":")
    rules = preferences.email_rules
    match name:
        case "priority_sender" | "priority_topic" | "muted_topic":
            stated: tuple[str, ...] = getattr(rules, f"{name}s")
            update: Mapping[str, object] = {f"{name}s": tuple(one for one in stated if one != about)}
        case "delegate_to":
            update = {"delegate_to": None}
        case _:
            update = {"auto_archive_newsletters": False}
    return preferences.model_copy(update={"email_rules": rules.model_copy(update=update)})


def _start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not _CURSOR.fullmatch(cursor):
        detail = "must be the next_cursor of the same list"
        raise InvalidRequest("This page cannot be found.", errors=(FieldError("cursor", detail),))
    return int(cursor)
