"""An agenda: topics and minutes that sum to the meeting exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from assistant.domain.meetings.statements import Statement

# A point that gets less is none: a short meeting has fewer of them.
LEAST_MINUTES: Final = 5
MOST_POINTS: Final = 8
_GRID: Final = 5


@dataclass(frozen=True, slots=True)
class Point:
    """What is to be talked about, and how much time it is worth beside the others."""

    statement: Statement
    weight: int


@dataclass(frozen=True, slots=True)
class TimedPoint:
    """A point with its minutes, ``begins`` of them after the start of the meeting."""

    statement: Statement
    begins: int
    minutes: int


def timed(points: Sequence[Point], minutes: int) -> tuple[TimedPoint, ...]:
    """Share the minutes among as many of the points as get five each; the last point always stays.

    Minutes are multiples of five where the meeting is one.
    """
    most = max(1, min(MOST_POINTS, minutes // LEAST_MINUTES))
    kept = [*points[: most - 1], points[-1]] if len(points) > most else list(points)
    grid = _GRID if minutes % _GRID == 0 else 1
    shares = _shares([point.weight for point in kept], minutes // grid, least=max(1, LEAST_MINUTES // grid))
    starts = [grid * sum(shares[:place]) for place in range(len(shares))]
    return tuple(
        TimedPoint(point.statement, start, grid * share)
        for point, start, share in zip(kept, starts, shares, strict=True)
    )


def _shares(weights: Sequence[int], units: int, *, least: int) -> list[int]:
    """Return whole shares that sum to ``units`` (largest remainders), each ``least`` where there is enough."""
    least = min(least, units // len(weights))
    free = units - least * len(weights)
    exact = [free * weight / sum(weights) for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda place: shares[place] - exact[place])
    for place in by_remainder[: free - sum(shares)]:
        shares[place] += 1
    return [least + share for share in shares]
