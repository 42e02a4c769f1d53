"""What the use cases need from the world. Adapters implement these; fakes do in tests.

A port raises ``Unavailable`` when what stands behind it is down, and nothing else of its own but what it documents.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel

from assistant.domain.admission import Admission
from assistant.domain.audit import AuditEvent
from assistant.domain.backlog import BacklogBatch, DeferredMail
from assistant.domain.decisions import Correction, Decision
from assistant.domain.health import Probe
from assistant.domain.llm import Prompt, Reply, Unanswered
from assistant.domain.mail import Mail
from assistant.domain.preferences import Preferences
from assistant.domain.senders import SenderRecord
from assistant.domain.spending import Reservation, Usage, UsageOfDay
from assistant.domain.triage.decision import Category

if TYPE_CHECKING:
    # Only the functions of the calendar pay for its models.
    from assistant.domain.calendar.plan import Plan
    from assistant.domain.calendar.plan_record import PlanRecord, ProofJob
    from assistant.domain.calendar.problem import Problem
    from assistant.domain.calendar.solution import TeamSolution, WeekSolution
    from assistant.domain.calendar.team import Team


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back; only differences mean anything."""
        ...


class Meter(Protocol):
    """Records measurements under the metric names of the product."""

    def count(self, name: str, value: float = 1, **dimensions: str) -> None:
        """Add to a counter."""
        ...

    def observe(self, name: str, seconds: float, **dimensions: str) -> None:
        """Add one observation to a histogram."""
        ...

    def gauge(self, name: str, value: float) -> None:
        """Set a gauge."""
        ...


@dataclass(frozen=True, slots=True)
class VersionedPreferences:
    """Preferences as stored; version 0 means the user has not stored any yet."""

    preferences: Preferences
    version: int


class PreferenceStore(Protocol):
    """Preferences of users."""

    def read(self, user_id: str) -> VersionedPreferences:
        """Return the stored preferences, or the defaults with version 0."""
        ...

    def replace(self, user_id: str, preferences: Preferences, *, expected_version: int) -> bool:
        """Store as version ``expected_version + 1``; False when the stored version is another one."""
        ...


class SenderHistory(Protocol):
    """What the user's corrections taught about senders and lists."""

    def records(self, user_id: str, keys: Iterable[str]) -> Mapping[str, SenderRecord]:
        """Return the records that exist among ``keys``."""
        ...


class DecisionStore(Protocol):
    """Decisions and their corrections."""

    def save(self, user_id: str, decisions: Sequence[Decision]) -> None:
        """Store decisions; a later one about the same mail replaces the earlier."""
        ...

    def find(self, user_id: str, email_id: str) -> Decision | None:
        """Return the decision unless it is unknown or forgotten."""
        ...

    def correction(self, user_id: str, email_id: str) -> Category | None:
        """Return the category the user last chose for this mail, if any."""
        ...

    def correct(self, user_id: str, decision: Decision, correction: Correction, *, earlier: Category | None) -> bool:
        """Store the correction and move the counts of its sender keys from ``earlier``, all or nothing.

        False when the stored correction is no longer ``earlier``.
        """
        ...


class AuditTrail(Protocol):
    """Takes audit events; never fails the request that caused them."""

    def record(self, event: AuditEvent) -> None:
        """Hand the event over."""
        ...


class AuditLog(Protocol):
    """The append-only trail itself."""

    def append(self, event: AuditEvent) -> bool:
        """Store the event; False when it was already there."""
        ...


class RateLimiter(Protocol):
    """Token buckets of each user and of all users together."""

    def admit(self, user_id: str) -> Admission:
        """Take a token for one request of this user."""
        ...


class Sessions(Protocol):
    """Users who were active within the session lifetime."""

    def touch(self, user_id: str) -> int | None:
        """Note activity; return how many users are active where that was counted, else None."""
        ...


class HealthProbe(Protocol):
    """Asks one dependency whether it answers."""

    def __call__(self) -> Probe:
        """Return what was found; never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Series:
    """One recorded metric with its dimensions: sum and number of its values in the period, and its newest value."""

    name: str
    dimensions: Mapping[str, str]
    total: float
    samples: int
    latest: float


class MetricReader(Protocol):
    """Reads recorded metrics back."""

    def read(self, *, since: datetime, until: datetime) -> Sequence[Series]:
        """Return every series recorded in the period."""
        ...


class Llm(Protocol):
    """Asks a language model, one prompt a call; safe to call from several threads."""

    def configured(self) -> bool:
        """Whether a key is set, so that an answer is owed; without one nothing is missing. Never raises."""
        ...

    def available(self) -> bool:
        """Whether asking makes sense now: a key is set, the circuit is closed and the rate limits leave room."""
        ...

    def worst_cost(self, prompt: Prompt[BaseModel]) -> int:
        """Return the most one call with this prompt can cost, in nanodollars, before it is made."""
        ...

    def cost(self, reply: Reply[BaseModel] | Unanswered, *, batch: bool = False) -> int:
        """Return what an answer cost, in nanodollars."""
        ...

    def ask[Answer: BaseModel](self, prompt: Prompt[Answer], *, seconds: float) -> Reply[Answer]:
        """Return the answer, within ``seconds`` in all and with retries inside them.

        Raises:
            Unavailable: no key, the service is down or too slow, the circuit is open, or a rate limit stands;
                ``Unheard`` where the question was sent and may be billed.
            Unanswered: the model refused, or its answer is cut off or breaks the schema; never retried here.
        """
        ...


@dataclass(frozen=True, slots=True)
class BatchResult[Answer: BaseModel]:
    """The outcome of one prompt of a batch, by the id it was submitted under."""

    id: str
    outcome: Reply[Answer] | Unanswered


class LlmBatches(Protocol):
    """Message Batches: many prompts at half the price, answered within 24 hours."""

    def submit[Answer: BaseModel](self, prompts: Mapping[str, Prompt[Answer]]) -> str:
        """Hand the prompts over by id (at most 64 of ``[a-zA-Z0-9_-]``); return the id of the batch."""
        ...

    def ended(self, batch_id: str) -> bool:
        """Whether every prompt of the batch has an outcome."""
        ...

    def results[Answer: BaseModel](self, batch_id: str, answer: type[Answer]) -> Iterator[BatchResult[Answer]]:
        """Yield the outcomes of an ended batch, in any order."""
        ...


class Spending(Protocol):
    """Money spent on Claude, by user and by all, held under the daily caps."""

    def reserve(self, user_id: str, day: date, *, calls: int, nanodollars_each: int) -> Reservation:
        """Put money aside for as many of the calls as fit under the caps of the user and of everyone."""
        ...

    def settle(self, reservation: Reservation, usages: Sequence[Usage]) -> None:
        """Replace what was put aside by what was spent, and add the usages to the user's day."""
        ...

    def usage(self, user_id: str, *, since: date, until: date) -> Sequence[UsageOfDay]:
        """Return the days with usage from ``since`` to ``until``, both included, oldest first."""
        ...


class Backlog(Protocol):
    """Mails that wait for a Message Batch, each decided at most once; a mail is forgotten after 48 hours."""

    def defer(self, user_id: str, mails: Mapping[str, Mail], *, now: datetime) -> frozenset[str]:
        """Keep mails by ticket, encrypted at rest; return the tickets taken (a mail too large for an item is not)."""
        ...

    def waiting(self, limit: int) -> Sequence[DeferredMail]:
        """Return the mails no batch has taken, oldest first."""
        ...

    def mails(self, deferred: Sequence[DeferredMail]) -> Mapping[str, Mail]:
        """Return by ticket the mails that are still kept."""
        ...

    def claim(self, batch: BacklogBatch) -> bool:
        """Take the batch's mails out of the queue and store the batch, all or nothing; False: another took one."""
        ...

    def submitted(self, batch: BacklogBatch, provider_id: str) -> None:
        """Note under which id the provider works on the batch."""
        ...

    def release(self, batch: BacklogBatch) -> None:
        """Undo a claim whose batch was never submitted."""
        ...

    def batches(self) -> Sequence[BacklogBatch]:
        """Return the batches that are not closed."""
        ...

    def apply(self, deferred: DeferredMail, decision: Decision) -> bool:
        """Replace the decision the ticket stands for and forget the mail, all or nothing.

        False when that was done before, the mail was triaged again, or the user corrected it.
        """
        ...

    def keep(self, deferred: DeferredMail) -> None:
        """Make the stored decision final and forget the mail."""
        ...

    def again(self, deferred: DeferredMail) -> None:
        """Put the mail back into the queue, once for each try."""
        ...

    def close(self, batch: BacklogBatch) -> bool:
        """Forget the batch; True for the one caller that did."""
        ...


class PlanStore(Protocol):
    """Calendar plans, each forgotten after 30 days."""

    def save(self, record: "PlanRecord") -> bool:
        """Keep a new plan; False when it is too large to be kept."""
        ...

    def find(self, user_id: str, plan_id: str) -> "PlanRecord | None":
        """Return the plan unless it is unknown or forgotten."""
        ...

    def improve(self, record: "PlanRecord") -> bool:
        """Replace the kept plan by one of a lower rank; False when it is forgotten or there is none lower."""
        ...


class ProofQueue(Protocol):
    """Takes the wish that a kept plan be proven best, or bettered."""

    def request(self, job: "ProofJob") -> None:
        """Hand the job over."""
        ...


class PlanSolver(Protocol):
    """Looks for the best plan of a calendar and proves that there is none better."""

    def solve(self, problem: "Problem", start: "Plan", *, seconds: float) -> "WeekSolution":
        """Return the best allowed plan found within ``seconds``, never one that scores higher than ``start``.

        ``start`` has to be allowed.

        Raises:
            Unavailable: the solver is not installed or failed.
        """
        ...


class TeamSolver(Protocol):
    """Looks for the best plans of several calendars that share meetings."""

    def solve(self, team: "Team", start: Mapping[str, "Plan"], *, seconds: float) -> "TeamSolution":
        """Return the best allowed plans found within ``seconds``, never ones that score higher than ``start``.

        Raises:
            Unavailable: the solver is not installed or failed.
        """
        ...
