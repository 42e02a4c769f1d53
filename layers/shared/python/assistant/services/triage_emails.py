"""Use case: triage a batch of mails with the user's rules and what their corrections taught.

With the table down the batch is still answered: without preferences or history the core decides alone, and
``degraded`` says so; decisions that cannot be stored cost only their later correction (404).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from assistant.domain import metric_names
from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.decisions import Decision
from assistant.domain.errors import FieldError, InvalidRequest, Unavailable
from assistant.domain.mail import Mail
from assistant.domain.preferences import Preferences
from assistant.domain.received_mail import MailInput, ReceivedMail, read_mail
from assistant.domain.senders import SenderRecord, sender_keys
from assistant.domain.triage.cascade import triage_mail
from assistant.domain.triage.decision import Category, TriagedEmail
from assistant.domain.users import Identity, UserId
from assistant.ports import AuditTrail, Clock, DecisionStore, Meter, PreferenceStore, SenderHistory

_MOST_SHOWN = 100

Degraded = Literal["preferences", "history", "feedback"]
# Mails stay as sent until the size of the batch is known to be sound.
SentMail = Annotated[object, PlainValidator(lambda sent: sent, json_schema_input_type=MailInput)]


class TriageRequest(BaseModel):
    """A batch of mails of one user."""

    model_config = ConfigDict(frozen=True)

    user_id: UserId
    emails: tuple[SentMail, ...] = Field(min_length=1)


class LeftOut(BaseModel):
    """A field, or a whole mail, that could not be used, and why."""

    field: str = Field(examples=["emails[1].received_at"])
    detail: str


class TriageResponse(BaseModel):
    """Decisions in the order of the mails.

    ``warnings`` names fields that were left out, ``rejected`` mails that could not be triaged, ``degraded`` what was
    missing because the store was down.
    """

    user_id: str
    triaged_emails: tuple[TriagedEmail, ...]
    summary: str
    processing_time_ms: float
    warnings: tuple[LeftOut, ...] = ()
    rejected: tuple[LeftOut, ...] = ()
    degraded: tuple[Degraded, ...] = ()


@dataclass(frozen=True, slots=True)
class TriagePorts:
    """The ports triage needs."""

    preferences: PreferenceStore
    history: SenderHistory
    decisions: DecisionStore
    audit: AuditTrail
    meter: Meter
    clock: Clock


@dataclass(frozen=True, slots=True)
class _Knowledge:
    preferences: Preferences
    records: Mapping[str, SenderRecord]
    missing: tuple[Degraded, ...] = ()


@dataclass(frozen=True, slots=True)
class _Batch:
    mails: tuple[Mail, ...]
    warnings: tuple[LeftOut, ...]
    rejected: tuple[LeftOut, ...]


def triage_emails(
    request: TriageRequest, caller: Identity, *, largest_batch: int, ports: TriagePorts
) -> TriageResponse:
    """Decide about every mail that can be read, keep the decisions, and say what was left out.

    Raises:
        Forbidden: the batch is of another user.
        InvalidRequest: the batch is too large, has an id twice, or every mail in it is malformed.
    """
    started = ports.clock.monotonic()
    caller.must_be(request.user_id)
    batch = _read(request.emails, largest_batch)
    keys = {mail.id: sender_keys(mail) for mail in batch.mails}
    known = _knowledge(request.user_id, keys.values(), ports)
    now = ports.clock.now()
    triaged = _decide(batch.mails, known, now)
    decisions = [_decision(one, keys[one.email_id], now) for one in triaged]
    missing = known.missing or _keep(request.user_id, decisions, ports)
    counts = Counter(one.category for one in triaged)
    ports.audit.record(
        audit_event(AuditAction.EMAILS_TRIAGED, caller, now, counts={name.value: n for name, n in counts.items()})
    )
    seconds = ports.clock.monotonic() - started
    _measure(triaged, missing, seconds, ports.meter)
    return TriageResponse(
        user_id=request.user_id,
        triaged_emails=triaged,
        summary=_summary(counts),
        processing_time_ms=round(seconds * 1000, 1),
        warnings=batch.warnings,
        rejected=batch.rejected,
        degraded=missing,
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


def _decide(mails: Iterable[Mail], known: _Knowledge, now: datetime) -> tuple[TriagedEmail, ...]:
    zone = ZoneInfo(known.preferences.working_hours.timezone)
    rules = known.preferences.email_rules
    return tuple(triage_mail(mail, rules=rules, records=known.records, now=now, zone=zone) for mail in mails)


def _decision(triaged: TriagedEmail, keys: tuple[str, ...], now: datetime) -> Decision:
    return Decision(email_id=triaged.email_id, category=triaged.category, sender_keys=keys, decided_at=now)


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


def _knowledge(user_id: str, keys: Iterable[Sequence[str]], ports: TriagePorts) -> _Knowledge:
    """Return the user's rules and the senders' records; whatever cannot be read is left at its default."""
    try:
        preferences = ports.preferences.read(user_id).preferences
    except Unavailable:
        # The same store holds the history: asking it too would only make the caller wait.
        return _Knowledge(Preferences(), {}, ("preferences", "history", "feedback"))
    try:
        records = ports.history.records(user_id, {key for some in keys for key in some})
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
