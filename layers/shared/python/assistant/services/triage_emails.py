"""Use case: triage a batch of mails with the user's rules and what their corrections taught.

With the table down the batch is still answered: without preferences or history the core decides alone, and
``degraded`` says so; decisions that cannot be stored cost only their later correction (404).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    mails, warnings, rejected = _readable(request.emails, largest_batch)
    keys = {mail.id: sender_keys(mail) for mail in mails}
    known = _knowledge(request.user_id, keys.values(), ports)
    now = ports.clock.now()
    zone = ZoneInfo(known.preferences.working_hours.timezone)
    rules = known.preferences.email_rules
    triaged = tuple(triage_mail(mail, rules=rules, records=known.records, now=now, zone=zone) for mail in mails)
    decisions = [
        Decision(email_id=one.email_id, category=one.category, sender_keys=keys[one.email_id], decided_at=now)
        for one in triaged
    ]
    missing = known.missing or _keep(request.user_id, decisions, ports)
    counts = Counter(one.category for one in triaged)
    ports.audit.record(
        audit_event(
            AuditAction.EMAILS_TRIAGED,
            caller,
            now,
            counts={category.value: counts[category] for category in Category if counts[category]},
        )
    )
    seconds = ports.clock.monotonic() - started
    _measure(triaged, missing, seconds, ports.meter)
    return TriageResponse(
        user_id=request.user_id,
        triaged_emails=triaged,
        summary=_summary(counts),
        processing_time_ms=round(seconds * 1000, 1),
        warnings=warnings,
        rejected=rejected,
        degraded=missing,
    )


def _readable(
    sent: Sequence[object], largest_batch: int
) -> tuple[list[Mail], tuple[LeftOut, ...], tuple[LeftOut, ...]]:
    """Return the mails that can be triaged, the fields left out of them, and the mails that cannot."""
    if len(sent) > largest_batch:
        detail = f"has {len(sent)} mails; at most {largest_batch} fit in one batch"
        raise InvalidRequest("The batch is too large.", errors=(FieldError("emails", detail),))
    received = [read_mail(one) for one in sent]
    placed = [
        (one.mail, tuple(_placed(index, problem) for problem in one.problems)) for index, one in enumerate(received)
    ]
    if all(problems for _, problems in placed):
        broken = tuple(problem for _, problems in placed for problem in problems)[:_MOST_SHOWN]
        raise InvalidRequest("No mail of the batch could be read as sent.", errors=broken)
    _refuse_twins(received)
    warnings = tuple(_left_out(problem) for mail, problems in placed if mail for problem in problems)
    rejected = tuple(_left_out(problem) for mail, problems in placed if not mail for problem in problems)
    return [mail for mail, _ in placed if mail], warnings, rejected


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
