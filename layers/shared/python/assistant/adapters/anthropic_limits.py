"""What Claude's rate limits leave, as its answers told this process, so that calls stop before they are refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from assistant.ports.runtime import Clock

_KINDS = ("requests", "input-tokens", "output-tokens")


@dataclass(frozen=True, slots=True)
class Need:
    """What one call takes of each limit, at most."""

    input_tokens: int
    output_tokens: int

    def of(self, kind: str) -> int:
        """Return how much of this kind, as the headers name it."""
        return {"requests": 1, "input-tokens": self.input_tokens, "output-tokens": self.output_tokens}[kind]


NOTHING = Need(0, 0)


@dataclass(slots=True)
class _Window:
    limit: int
    remaining: int
    full_at: datetime


class RateLimits:
    """The limits of one key; calls in flight are held against what the last answer left."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[str, _Window] = {}
        self._in_flight: dict[str, int] = dict.fromkeys(_KINDS, 0)
        self._blocked_until: datetime | None = None
        self._lock = Lock()

    def wait(self, need: Need) -> float:
        """Return the seconds until there is room for a call."""
        with self._lock:
            return self._wait(need)

    def take(self, need: Need) -> float:
        """Make room for a call and return 0, or take nothing and return the seconds until there is."""
        with self._lock:
            wait = self._wait(need)
            if not wait:
                self._hold(need, 1)
            return wait

    def give_back(self, need: Need, headers: Mapping[str, str]) -> None:
        """End a call that was taken for; the headers of its answer, if any came, say what is left."""
        with self._lock:
            self._hold(need, -1)
            for kind in _KINDS:
                self._note(kind, _window(kind, headers))

    def block(self, seconds: float) -> None:
        """Hold all calls: the service asked to retry after this time."""
        with self._lock:
            self._blocked_until = self._clock.now() + timedelta(seconds=seconds)

    def _wait(self, need: Need) -> float:
        now = self._clock.now()
        times = [window.full_at for kind, window in self._windows.items() if not self._fits(kind, window, need, now)]
        if self._blocked_until:
            times.append(self._blocked_until)
        return max(((time - now).total_seconds() for time in times if time > now), default=0.0)

    def _fits(self, kind: str, window: _Window, need: Need, now: datetime) -> bool:
        remaining = window.limit if now >= window.full_at else window.remaining
        # What is larger than the whole limit never fits: the service shall say so.
        return min(need.of(kind), window.limit) <= remaining - self._in_flight[kind]

    def _note(self, kind: str, window: _Window | None) -> None:
        """Keep what the latest answer says; answers overtake each other, but each call moves the reset on."""
        known = self._windows.get(kind)
        if window and (known is None or (known.full_at, -known.remaining) < (window.full_at, -window.remaining)):
            self._windows[kind] = window

    def _hold(self, need: Need, calls: int) -> None:
        for kind in _KINDS:
            self._in_flight[kind] += calls * need.of(kind)


def _window(kind: str, headers: Mapping[str, str]) -> _Window | None:
    prefix = f"anthropic-ratelimit-{kind}-"
    try:
        limit, remaining = int(headers[prefix + "limit"]), int(headers[prefix + "remaining"])
        return _Window(limit, remaining, datetime.fromisoformat(headers[prefix + "reset"]))
    except (KeyError, ValueError):
        return None
