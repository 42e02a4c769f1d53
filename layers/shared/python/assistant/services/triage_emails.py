"""Use case: triage a batch of mails with the user's rules and what their corrections taught.

The core decides what it is sure of; Claude is asked about the rest, now or, for a deferred batch, in a Message Batch.
Whatever Claude cannot answer in time stays as the core left it, with ``needs_review``.

With the table down the batch is still answered: without preferences or history the core decides alone, and
``degraded`` says so; decisions that cannot be stored cost only their later correction (404).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Annotated, Final, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from assistant.domain import metric_names
from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.decisions import Decision
from assistant.domain.errors import FieldError, InvalidRequest, Unavailable
from assistant.domain.learning import LearnedRecord
from assistant.domain.mail import Mail
from assistant.domain.preferences import Preferences
from assistant.domain.received_mail import MailInput, ReceivedMail, read_mail
from assistant.domain.topics import lesson_keys
from assistant.domain.triage.cascade import Reader
from assistant.domain.triage.decision import Category, TriagedEmail
from assistant.domain.triage.second_opinion import Case, wants_second_opinion
from assistant.domain.users import Identity, UserId
from assistant.ports.mail import Backlog, DecisionStore, LearnedHistory
from assistant.ports.runtime import AuditTrail, Clock, Meter
from assistant.ports.users import PreferenceStore
from assistant.services.ask_claude import LONGEST, ClaudePorts, ask_all
from assistant.services.second_opinions import examined, reader_with, triage_question

_MOST_SHOWN = 100

Degraded = Literal["preferences", "history", "feedback", "claude"]
# Mails stay as sent until the size of the batch is known to be sound.
SentMail = Annotated[object, PlainValidator(lambda sent: sent, json_schema_input_type=MailInput)]


class TriageRequest(BaseModel):
    """A batch of mails of one user."""

    model_config = ConfigDict(frozen=True)

    user_id: UserId
    emails: tuple[SentMail, ...] = Field(min_length=1)
    deferred: bool = Field(
        default=False,
        description="Answer at once with what is known; mails that need a closer look are decided within 24 hours",
    )


class LeftOut(BaseModel):
    """A field, or a whole mail, that could not be used, and why."""

    field: str = Field(examples=["emails[1].received_at"])
    detail: str


class TriageResponse(BaseModel):
    """Decisions in the order of the mails.

    ``warnings`` names fields that were left out, ``rejected`` mails that could not be triaged, ``degraded`` what was
    missing because a dependency was down. ``deferred`` has the ids of mails whose decision here is a first one: the
    final one comes at /api/v1/email/{email_id}/decision.
    """

    user_id: str
    triaged_emails: tuple[TriagedEmail, ...]
    summary: str
    processing_time_ms: float
    warnings: tuple[LeftOut, ...] = ()
    rejected: tuple[LeftOut, ...] = ()
    degraded: tuple[Degraded, ...] = ()
    deferred: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TriagePorts:
    """The ports triage needs; those of Claude are made when the first mail wants them."""

    preferences: PreferenceStore
    history: LearnedHistory
    decisions: DecisionStore
    audit: AuditTrail
    meter: Meter
    clock: Clock
    backlog: Backlog
    claude: Callable[[], ClaudePorts]


@dataclass(frozen=True, slots=True)
class _Knowledge:
    preferences: Preferences
    records: Mapping[str, LearnedRecord]
    missing: tuple[Degraded, ...] = ()


@dataclass(frozen=True, slots=True)
class _Batch:
    mails: tuple[Mail, ...]
    warnings: tuple[LeftOut, ...]
    rejected: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of the mails the core was not sure of: by mail id the decisions of Claude, or the tickets."""

    decided: Mapping[str, TriagedEmail]
    tickets: Mapping[str, str]
    missing: tuple[Degraded, ...] = ()


_NOTHING: Final = _Outcome({}, {})


def triage_emails(
    request: TriageRequest, caller: Identity, *, largest_batch: int, ports: TriagePorts, seconds: float = LONGEST
) -> TriageResponse:
    """Decide about every mail that can be read, keep the decisions, and say what was left out.

    ``seconds`` is how long Claude may be waited for, counted from now.

    Raises:
        Forbidden: the batch is of another user.
        InvalidRequest: the batch is too large, has an id twice, or every mail in it is malformed.
    """
    started = ports.clock.monotonic()
    caller.must_be(request.user_id)
    batch = _read(request.emails, largest_batch)
    known = _knowledge(request.user_id, batch.mails, ports)
    now = ports.clock.now()
    reader = reader_with(known.preferences, known.records, now)
    cases = [examined(mail, reader) for mail in batch.mails]
    unsure = [case for case in cases if wants_second_opinion(case.core, case.findings)]
    outcome = _NOTHING
    if unsure and request.deferred:
        outcome = _deferred(request.user_id, unsure, now, ports)
    elif unsure:
        outcome = _second_opinions(
            request.user_id, unsure, known, reader, until=started + seconds, ports=ports.claude()
        )
    triaged = tuple(outcome.decided.get(case.mail.id, case.core) for case in cases)
    decisions = [
        Decision.of(one, case.mail, decided_at=now, ticket=outcome.tickets.get(one.email_id))
        for one, case in zip(triaged, cases, strict=True)
    ]
    missing = (known.missing or _keep(request.user_id, decisions, ports)) + outcome.missing
    counts = Counter(one.category for one in triaged)
    ports.audit.record(
        audit_event(AuditAction.EMAILS_TRIAGED, caller, now, counts={name.value: n for name, n in counts.items()})
    )
    elapsed = ports.clock.monotonic() - started
    _measure(triaged, missing, elapsed, ports.meter)
    return TriageResponse(
        user_id=request.user_id,
        triaged_emails=triaged,
        summary=_summary(counts),
        processing_time_ms=round(elapsed * 1000, 1),
        warnings=batch.warnings,
        rejected=batch.rejected,
        degraded=missing,
        deferred=() if "feedback" in missing else tuple(outcome.tickets),
    )


def _read(sent: Sequence[object], largest_batch: int) -> _Batch:
    """Read what can be triaged; refuse a batch that is too large, has an id twice, or holds no mail as it should be."""
    if len(sent) > largest_batch:
        detail = f"has {len(sent)} mails; at most {largest_batch} fit in one batch"
        raise InvalidRequest("The batch is too large.", errors=(FieldError("emails", detail),))
    received = [read_mail(one) for one in sent]
    problems = [tuple(_placed(index, problem) for problem in one.problems) for index, one in enumerate(received)]
    if all(problems):
        broken = tuple(chain.from_iterable(problems))[:_MOST_SHOWN]
        raise InvalidRequest("No mail of the batch could be read as sent.", errors=broken)
    _refuse_twins(received)
    placed = [(one.mail, map(_left_out, some)) for one, some in zip(received, problems, strict=True)]
    return _Batch(
        mails=tuple(mail for mail, _ in placed if mail),
        warnings=tuple(one for mail, some in placed if mail for one in some),
        rejected=tuple(one for mail, some in placed if not mail for one in some),
    )


def _second_opinions(
    user_id: str,
    unsure: Sequence[Case],
    known: _Knowledge,
    reader: Reader,
    *,
    until: float,
    ports: ClaudePorts,
) -> _Outcome:
    """Ask about each mail, those that may be urgent first."""
    if not ports.llm.configured():
        return _NOTHING
    ordered = sorted(unsure, key=lambda case: -case.core.priority_score)
    questions = [triage_question(case, known.preferences, reader) for case in ordered]
    answers = ask_all(questions, user_id=user_id, seconds=until - ports.clock.monotonic(), ports=ports)
    decided = {case.mail.id: result for case, result in zip(ordered, answers.results, strict=True) if result}
    return _Outcome(decided, {}, ("claude",) if answers.missed else ())


def _deferred(user_id: str, unsure: Sequence[Case], now: datetime, ports: TriagePorts) -> _Outcome:
    """Keep the mails for a Message Batch, where there is a key to decide them with."""
    if not ports.claude().llm.configured():
        return _NOTHING
    tickets = {uuid4().hex: case.mail for case in unsure}
    try:
        taken = ports.backlog.defer(user_id, tickets, now=now)
    except Unavailable:
        return _Outcome({}, {}, ("claude",))
    return _Outcome({}, {mail.id: ticket for ticket, mail in tickets.items() if ticket in taken})


def _placed(index: int, problem: FieldError) -> FieldError:
    return FieldError(f"emails[{index}].{problem.field}".removesuffix("."), problem.detail)


def _left_out(problem: FieldError) -> LeftOut:
    return LeftOut(field=problem.field, detail=problem.detail)


def _refuse_twins(received: Sequence[ReceivedMail]) -> None:
    first: dict[str, int] = {}
    twins = tuple(
        FieldError(f"emails[{index}].id", f"is the id of emails[{first[one.mail.id]}] too")
        for index, one in enumerate(received)
        if one.mail and first.setdefault(one.mail.id, index) != index
    )
    if twins:
        raise InvalidRequest("Every mail of a batch needs its own id.", errors=twins)


def _knowledge(user_id: str, mails: Iterable[Mail], ports: TriagePorts) -> _Knowledge:
    """Return the user's rules and what they taught; whatever cannot be read is left at its default."""
    try:
        preferences = ports.preferences.read(user_id).preferences
    except Unavailable:
        # The same store holds the history: asking it too would only make the caller wait.
        return _Knowledge(Preferences(), {}, ("preferences", "history", "feedback"))
    try:
        records = ports.history.records(user_id, frozenset(chain.from_iterable(map(lesson_keys, mails))))
    except Unavailable:
        return _Knowledge(preferences, {}, ("history", "feedback"))
    return _Knowledge(preferences, records)


def _keep(user_id: str, decisions: Sequence[Decision], ports: TriagePorts) -> tuple[Degraded, ...]:
    try:
        ports.decisions.save(user_id, decisions)
    except Unavailable:
        return ("feedback",)
    return ()


def _measure(triaged: Sequence[TriagedEmail], missing: Sequence[Degraded], seconds: float, meter: Meter) -> None:
    meter.observe(metric_names.EMAIL_TRIAGE, seconds)
    for (category, decider), count in Counter((one.category, one.decided_by) for one in triaged).items():
        meter.count(metric_names.EMAILS_TRIAGED, count, category=category.value, decided_by=decider.value)
    for what in missing:
        meter.count(metric_names.DEGRADED, missing=what)


def _summary(counts: Mapping[Category, int]) -> str:
    return (
        f"Triaged {sum(counts.values())} emails: {counts[Category.URGENT_ACTION]} urgent actions, "
        f"{counts[Category.IMPORTANT_READ]} important reads"
    )
