"""A value that is worth keeping for some seconds."""

from collections.abc import Callable


class Recent[Value]:
    """Computes a value when asked and keeps it for ``seconds``; a failure is not kept."""

    def __init__(self, compute: Callable[[], Value], *, seconds: float) -> None:
        self._compute = compute
        self._seconds = seconds
        self._kept: tuple[float, Value] | None = None

    def value(self, now: float) -> Value:
        """Return the value; ``now`` in seconds on a monotonic clock."""
        if self._kept is None or now - self._kept[0] >= self._seconds:
            self._kept = (now, self._compute())
        return self._kept[1]
