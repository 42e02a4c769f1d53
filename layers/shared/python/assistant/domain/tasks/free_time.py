"""The working time a calendar leaves free: how much until a time, and where."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import accumulate

from assistant.domain.calendar.intervals import free, on_grid, union, up
from assistant.domain.calendar.problem import Day, Event, Interval, Minute, Problem
from assistant.domain.calendar.wall_clock import minute_of

_MINUTES_A_DAY = 24 * 60
_WORKDAYS_A_WEEK = 5


@dataclass(frozen=True)
class FreeTime:
    """The free working time of the days of a calendar from ``now`` on, in minutes.

    ``gaps`` are sorted and apart, on the grid, and keep the buffer to meetings. After the last day five days of
    ``workday`` minutes a week count as free.
    """

    gaps: tuple[Interval, ...]
    now: Minute
    end: Minute
    workday: int

    def until(self, minute: Minute) -> float:
        """Return the free minutes from now until then; the time since then, below zero, where that has passed."""
        if minute < self.now:
            return float(minute - self.now)
        index = bisect_right(self._starts, minute)
        whole = self._totals[index]
        if index and minute < self.gaps[index - 1].end:
            whole -= self.gaps[index - 1].end - minute
        beyond = max(0, minute - self.end) * self.workday * _WORKDAYS_A_WEEK / (7 * _MINUTES_A_DAY)
        return whole + beyond

    def last_within(self, minutes: int) -> Minute:
        """Return the last minute until which at most this much is free."""
        index = bisect_right(self._totals, minutes) - 1
        if index < len(self.gaps):
            return self.gaps[index].start + minutes - self._totals[index]
        rest = minutes - self._totals[-1]
        return self.end + rest * 7 * _MINUTES_A_DAY // (self.workday * _WORKDAYS_A_WEEK)

    @cached_property
    def _starts(self) -> list[Minute]:
        return [gap.start for gap in self.gaps]

    @cached_property
    def _totals(self) -> list[int]:
        return list(accumulate((gap.minutes for gap in self.gaps), initial=0))


def free_time(problem: Problem, now: datetime) -> FreeTime:
    """Return the working time the problem's events leave free, buffers around meetings kept."""
    at_now = minute_of(now, problem.zone)
    taken = union(_kept(event, problem.buffer) for event in problem.events)
    gaps = tuple(gap for day in problem.days if day.open for gap in _gaps(day, taken, at_now, problem.grid))
    return FreeTime(gaps, at_now, problem.days[-1].whole.end, max(day.work.minutes for day in problem.days))


def _kept(event: Event, buffer: int) -> Interval:
    around = buffer if event.is_meeting else 0
    return Interval(event.start - around, event.end + around)


def _gaps(day: Day, taken: Sequence[Interval], now: Minute, grid: int) -> Iterator[Interval]:
    left = Interval(max(day.work.start, up(now, grid)), day.work.end)
    for gap in free(left, taken):
        whole = on_grid(gap, grid)
        if whole.minutes > 0:
            yield whole
