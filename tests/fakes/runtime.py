"""A clock to set, a meter to read, limits that always or never admit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from assistant.domain.admission import Admission
from assistant.domain.errors import Unavailable
from assistant.ports.runtime import Series


class ManualClock:
    """Implements ``ports.Clock``; stands still until moved."""

    def __init__(self, now: datetime = datetime(2025, 1, 15, 10, tzinfo=UTC)) -> None:
        self._start = now
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def advance(self, seconds: float) -> None:
        self._elapsed += seconds


@dataclass
class MemoryMeter:
    """Implements ``ports.Meter``."""

    counts: list[tuple[str, float, dict[str, str]]] = field(default_factory=list)
    observations: list[tuple[str, float, dict[str, str]]] = field(default_factory=list)
    gauges: dict[str, float] = field(default_factory=dict)

    def count(self, name: str, value: float = 1, **dimensions: str) -> None:
        self.counts.append((name, value, dimensions))

    def observe(self, name: str, seconds: float, **dimensions: str) -> None:
        self.observations.append((name, seconds, dimensions))

    def gauge(self, name: str, value: float) -> None:
        self.gauges[name] = value

    def total(self, name: str, **dimensions: str) -> float:
        """Sum of what was counted under this name with exactly these dimensions."""
        return sum(value for counted, value, given in self.counts if (counted, given) == (name, dimensions))


@dataclass
class MemoryRedelivery:
    """Implements ``ports.Redelivery``; remembers who waits how long."""

    down: bool = False
    waits: list[tuple[str, Mapping[str, int]]] = field(default_factory=list)

    def after(self, queue_arn: str, seconds: Mapping[str, int]) -> None:
        if self.down:
            raise Unavailable("The queue does not answer right now.")
        self.waits.append((queue_arn, dict(seconds)))


ADMITTED = Admission(admitted=True, remaining=99)


@dataclass
class ScriptedLimiter:
    """Implements ``ports.RateLimiter``; answers what it was given."""

    admission: Admission = ADMITTED
    users: list[str] = field(default_factory=list)

    def admit(self, user_id: str) -> Admission:
        self.users.append(user_id)
        return self.admission


class MemorySessions:
    """Implements ``ports.Sessions`` without expiry."""

    def __init__(self) -> None:
        self.users: set[str] = set()

    def touch(self, user_id: str) -> int | None:
        self.users.add(user_id)
        return len(self.users)


@dataclass(frozen=True)
class FixedMetrics:
    """Implements ``ports.MetricReader``."""

    series: Sequence[Series]

    def read(self, *, since: datetime, until: datetime) -> Sequence[Series]:
        assert since <= until
        return self.series
