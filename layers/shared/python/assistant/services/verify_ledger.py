"""Use case: verify that the ledger is as it was written, and the effects as it says."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from assistant.domain.effects.effect import KEPT_FOR, place_of
from assistant.domain.effects.ledger import (
    KeptRecord,
    LedgerEntry,
    LedgerHead,
    broken_links,
    changed_records,
    missing_records,
    speaking,
)
from assistant.domain.errors import FieldError, InvalidRequest
from assistant.domain.users import Identity
from assistant.ports.effects import EffectStore
from assistant.ports.runtime import Clock
from assistant.services.show_effects import newest_effects

_MOST_VERIFIED: Final = 2_000
_MOST_SHOWN: Final = 100
# An entry may be behind those of two weeks later: what proposed the effect lay in the dead letters.
_SPEAKING_FOR: Final = KEPT_FOR + timedelta(days=15)


class VerifyQuery(BaseModel):
    """Where verifying goes on."""

    model_config = ConfigDict(frozen=True)

    after: int = Field(default=0, ge=0, description="The next_after of the answer before")


class Verification(BaseModel):
    """Whether entries ``first`` to ``last`` of the ledger are as they were written, and the effects as they say.

    ``head`` is the last entry: who writes its number and hash down can tell later whether the past was rewritten.
    ``next_after`` asks for the entries that follow, None at the end.
    """

    user_id: str
    intact: bool
    problems: tuple[str, ...]
    first: int
    last: int
    head: LedgerHead
    next_after: int | None = None


def verify_ledger(
    user_id: str, wanted: VerifyQuery, caller: Identity, *, effects: EffectStore, clock: Clock
) -> Verification:
    """Verify the chain of the ledger, some entries at a time, with the effects it speaks of or proposed in its time.

    Raises:
        Forbidden: it is of another user.
        InvalidRequest: it ends before ``after``.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    # Read before the entries: what is appended meanwhile lies behind it.
    head = effects.head(user_id)
    if wanted.after > head.number:
        wrong = FieldError("after", f"must be at most {head.number}, the number of the last entry")
        raise InvalidRequest("The ledger ends before that.", errors=(wrong,))
    # The entry before the first is read with them, to hold that one against.
    read = effects.entries(user_id, after=max(wanted.after - 1, 0), limit=_MOST_VERIFIED + 1)
    behind = next((entry.head for entry in read[:1] if entry.number == wanted.after), None)
    entries = [entry for entry in read if wanted.after < entry.number <= head.number]
    more = len(read) > _MOST_VERIFIED and bool(entries) and entries[-1].number < head.number
    records = _records(user_id, entries, behind, more=more, effects=effects)
    # Asked for behind them: what is forgotten of age by now may be so already in what was read.
    now = clock.now()
    problems = broken_links(user_id, entries, behind=behind, end=None if more else head, now=now)
    said = speaking(entries, now=now)
    newer = {name: record.version for name, record in records if record.version > _version(said.get(name))}
    problems += missing_records(records, said)
    problems += changed_records(records, {**said, **_said_of(user_id, newer, effects, now)})
    last = entries[-1].number if entries else wanted.after
    return Verification(
        user_id=user_id,
        intact=not problems,
        problems=problems[:_MOST_SHOWN],
        first=entries[0].number if entries else wanted.after,
        last=last,
        head=head,
        next_after=last if more else None,
    )


def _records(
    user_id: str, entries: Sequence[LedgerEntry], behind: LedgerHead | None, *, more: bool, effects: EffectStore
) -> Sequence[KeptRecord]:
    """Return the effects that are listed in the time of the entries, and those the entries speak of."""
    since = behind.at if behind else None
    before = place_of(entries[-1].at + timedelta(milliseconds=1)) if more else None
    listed = [
        (record.id, record) for record in newest_effects(user_id, effects, before=before, since=since, run_id=None)
    ]
    others = {entry.effect_id for entry in entries} - {name for name, _ in listed}
    return [*listed, *effects.find(user_id, others).items()]


def _version(entry: LedgerEntry | None) -> int:
    return entry.version if entry else 0


def _said_of(
    user_id: str, versions: Mapping[str, int], effects: EffectStore, now: datetime
) -> Mapping[str, LedgerEntry]:
    """Return the entries that made the effects these versions, wherever in the ledger they are.

    An effect and its entry are kept at once: of one that was read before, the entry is there.
    """
    found: dict[str, LedgerEntry] = {}
    if not versions:
        return found
    for entry in takewhile(lambda one: one.at >= now - _SPEAKING_FOR, effects.latest_entries(user_id)):
        if versions.get(entry.effect_id) == entry.version:
            found.setdefault(entry.effect_id, entry)
        if len(found) == len(versions):
            break
    return found
