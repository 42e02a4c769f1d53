"""Token buckets inside this process, and the fallback to them while the shared ones are down."""

import logging
from collections import OrderedDict
from dataclasses import dataclass

from assistant.domain import metric_names
from assistant.domain.admission import Admission, Bucket
from assistant.domain.errors import Unavailable
from assistant.ports.runtime import Clock, Meter, RateLimiter, Sessions

logger = logging.getLogger(__name__)

_MOST_USERS = 10_000
_EVERYONE = ""


@dataclass(frozen=True, slots=True)
class _Level:
    tokens: float
    at: float


class LocalRateLimiter:
    """Implements ``ports.RateLimiter`` for one process; each instance of a function counts on its own."""

    def __init__(self, clock: Clock, *, user: Bucket, everyone: Bucket) -> None:
        self._clock = clock
        self._user = user
        self._everyone = everyone
        self._levels: OrderedDict[str, _Level] = OrderedDict()

    def admit(self, user_id: str) -> Admission:
        """Take a token from both buckets, or from none."""
        now = self._clock.monotonic()
        buckets = ((f"user:{user_id}", self._user), (_EVERYONE, self._everyone))
        tokens = [self._filled(key, bucket, now) for key, bucket in buckets]
        waits = [(1 - held) / bucket.refill_per_second for held, (_, bucket) in zip(tokens, buckets, strict=True)]
        wait = max(0.0, *waits)
        taken = 0 if wait else 1
        for held, (key, _) in zip(tokens, buckets, strict=True):
            self._levels[key] = _Level(held - taken, now)
            self._levels.move_to_end(key)
        while len(self._levels) > _MOST_USERS:
            self._levels.popitem(last=False)
        return Admission(bool(taken), int(tokens[0]) - taken, wait)

    def _filled(self, key: str, bucket: Bucket, now: float) -> float:
        level = self._levels.get(key, _Level(bucket.capacity, now))
        return min(bucket.capacity, level.tokens + (now - level.at) * bucket.refill_per_second)


class Circuit:
    """Remembers that a store is down, so that not every request waits for its timeout."""

    RETRY_AFTER_SECONDS = 5.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._closed_from = float("-inf")

    @property
    def closed(self) -> bool:
        """Whether the store may be asked."""
        return self._clock.monotonic() >= self._closed_from

    def trip(self) -> None:
        """Do not ask for the next seconds."""
        self._closed_from = self._clock.monotonic() + self.RETRY_AFTER_SECONDS


class FallbackRateLimiter:
    """Implements ``ports.RateLimiter``: the shared buckets, or this process's own while those are down."""

    def __init__(self, shared: RateLimiter, own: RateLimiter, circuit: Circuit, meter: Meter) -> None:
        self._shared = shared
        self._own = own
        self._circuit = circuit
        self._meter = meter

    def admit(self, user_id: str) -> Admission:
        """Take a token; never raises."""
        if self._circuit.closed:
            try:
                return self._shared.admit(user_id)
            except Unavailable:
                self._circuit.trip()
                logger.warning("shared rate limits are down; this instance limits on its own")
        self._meter.count(metric_names.DEGRADED, missing="rate_limits")
        return self._own.admit(user_id)


class OptionalSessions:
    """Implements ``ports.Sessions``: the shared count, or none while it is down."""

    def __init__(self, shared: Sessions, circuit: Circuit) -> None:
        self._shared = shared
        self._circuit = circuit

    def touch(self, user_id: str) -> int | None:
        """Note activity; never raises."""
        if not self._circuit.closed:
            return None
        try:
            return self._shared.touch(user_id)
        except Unavailable:
            self._circuit.trip()
            logger.warning("active sessions are not counted: the session store is down")
            return None
