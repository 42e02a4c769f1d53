"""What every function needs: time, measurements, the audit trail, limits and health."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from assistant.domain.admission import Admission
from assistant.domain.health import Probe

if TYPE_CHECKING:
    # Named only: every webhook would pay for its models.
    from assistant.domain.audit import AuditEvent


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


class AuditTrail(Protocol):
    """Takes audit events; never fails the request that caused them."""

    def record(self, event: "AuditEvent") -> None:
        """Hand the event over."""
        ...


class AuditLog(Protocol):
    """The append-only trail itself."""

    def append(self, event: "AuditEvent") -> bool:
        """Store the event; False when it was already there."""
        ...


class Redelivery(Protocol):
    """Says when messages of a queue that were not worked off are delivered again."""

    def after(self, queue_arn: str, seconds: Mapping[str, int]) -> None:
        """Deliver messages, by the handles they came with, after so many seconds; raises Unavailable."""
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
