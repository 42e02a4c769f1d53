"""Token buckets: how many requests a user, and all users together, may make."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket: at most ``capacity`` tokens, refilled with ``refill_per_second``; a request takes one."""

    capacity: int
    refill_per_second: float

    @property
    def seconds_to_fill(self) -> float:
        """How long an empty bucket takes to be full again."""
        return self.capacity / self.refill_per_second


@dataclass(frozen=True, slots=True)
class Admission:
    """The answer to one request: tokens the user has left, and seconds to wait when refused."""

    admitted: bool
    remaining: int
    retry_after_seconds: float = 0.0
