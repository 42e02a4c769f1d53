"""Arithmetic on sets of intervals."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from assistant.domain.calendar.problem import Interval, Minute


def union(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return the same minutes as sorted intervals that neither touch nor overlap."""
    joined: list[Interval] = []
    for interval in sorted(intervals):
        if interval.end <= interval.start:
            continue
        if joined and interval.start <= joined[-1].end:
            joined[-1] = Interval(joined[-1].start, max(joined[-1].end, interval.end))
        else:
            joined.append(interval)
    return tuple(joined)


def free(within: Interval, taken: Iterable[Interval]) -> Iterator[Interval]:
    """Yield the gaps that ``taken``, sorted by start, leaves."""
    start = within.start
    for interval in taken:
        if interval.start >= within.end:
            break
        if interval.start > start:
            yield Interval(start, interval.start)
        start = max(start, interval.end)
    if start < within.end:
        yield Interval(start, within.end)


def during(taken: Sequence[Interval], within: Interval) -> Sequence[Interval]:
    """Return those of sorted intervals without overlap that share a minute with ``within``."""
    first = bisect_right(taken, within.start, key=lambda interval: interval.end)
    return taken[first : bisect_left(taken, within.end, key=lambda interval: interval.start)]


def minus(intervals: Iterable[Interval], taken: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return what is left of the intervals without the minutes of ``taken``, sorted by start."""
    return tuple(gap for interval in intervals for gap in free(interval, taken))


def shared(one: Interval, other: Interval) -> int:
    """Return the minutes two intervals have in common."""
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def on_grid(within: Interval, grid: int) -> Interval:
    """Return the largest part that starts and ends on the grid; its end is not after its start where there is none."""
    return Interval(up(within.start, grid), within.end // grid * grid)


def up(minute: Minute, grid: int) -> Minute:
    """Return the first minute of the grid that is not before this one."""
    return -(-minute // grid) * grid
