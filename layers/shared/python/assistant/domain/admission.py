"""Token buckets: how many requests a user, and all users together, may make."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket: at most ``capacity`` tokens, refilled with ``refill_per_second``; a request takes one."""

    capacity: int
    refill_per_second: float


@dataclass(frozen=True, slots=True)
class Admission:
    """The answer to one request: tokens the user has left, and seconds to wait when refused."""

    admitted: bool
    remaining: int
    retry_after_seconds: float = 0.0
