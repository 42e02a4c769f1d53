"""Common free time: where a new meeting fits everybody, ranked by how little it disturbs the user's week.

A slot is allowed where the user may meet (meeting hours of a working day, no window without meetings, nothing before
now), nobody who has to come is busy or off work, and the buffer to the user's other meetings is kept. What a slot
costs, in minutes:

- the focus time that it takes from a day's wish;
- the time it takes from free gaps long enough for a focus block: at the edge of one the length of the meeting, in the
  middle also what is left in pieces too short, in a gap too short for focus nothing;
- 60 for each optional attendee who is busy, and 60 where the day has as many meetings as the user wants;
- 5 for each day of waiting.

Of slots that cost the same the earlier is first; no two slots of an answer overlap.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from assistant.domain.calendar.intervals import minus, union, up
from assistant.domain.calendar.objective import best_focus, focus_gaps, focus_missing
from assistant.domain.calendar.plan import EMPTY_PLAN
from assistant.domain.calendar.problem import Day, Event, Interval, Minute, Problem
from assistant.domain.calendar.request import Flexibility, Priority

ABSENT: Final = 60
FULL_DAY: Final = 60
DAY_OF_WAITING: Final = 5
# Whoever is no attendee stands for himself: an address always has an @.
HOURS: Final = "hours"
OWN_CALENDAR: Final = "own_calendar"
_WANTED: Final = "\0wanted"


@dataclass(frozen=True, slots=True)
class MeetingWish:
    """A meeting to find time for. Attendees are not free at their times in ``busy``; who is not in it is."""

    minutes: int
    within: Interval
    required: tuple[str, ...]
    optional: tuple[str, ...]
    busy: Mapping[str, tuple[Interval, ...]]


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that suits everybody who has to come; ``absent`` are the optional attendees it does not suit."""

    at: Interval
    cost: int
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """``hours``, ``own_calendar`` or an address, and how many ``of`` the possible times it rules out."""

    what: str
    times: int
    of: int


def free_slots(problem: Problem, wish: MeetingWish, *, most: int) -> tuple[Slot, ...]:
    """Return the ``most`` least disturbing slots, best first."""
    slots = sorted(_slots(problem, wish), key=lambda slot: (slot.cost, slot.at))
    chosen: list[Slot] = []
    for slot in slots:
        if len(chosen) == most:
            break
        if not any(slot.at.overlaps(other.at) for other in chosen):
            chosen.append(slot)
    return tuple(chosen)


def obstacles(problem: Problem, wish: MeetingWish) -> tuple[Obstacle, ...]:
    """Return what rules out the times in the window, the greatest obstacle first.

    Attendees and the user's own calendar are measured by the times within the user's meeting hours only.
    """
    starts = range(up(wish.within.start, problem.grid), wish.within.end - wish.minutes + 1, problem.grid)
    allowed = set(_allowed_starts(problem, wish))
    if not allowed:
        return (Obstacle(HOURS, len(starts), len(starts)),)
    ruled_out: Counter[str] = Counter()
    own = _taken_by_own(problem)
    for start in allowed:
        at = Interval(start, start + wish.minutes)
        ruled_out[OWN_CALENDAR] += _hits(at, own)
        for address in wish.required:
            ruled_out[address] += _hits(at, wish.busy.get(address, ()))
    return tuple(Obstacle(what, times, len(allowed)) for what, times in ruled_out.most_common() if times)


def _slots(problem: Problem, wish: MeetingWish) -> Iterator[Slot]:
    taken = union([*_taken_by_own(problem), *(busy for name in wish.required for busy in wish.busy.get(name, ()))])
    for day in problem.days:
        alone = replace(problem, days=(day,), events=_events_of(problem, day), tasks=())
        before = _focus_left(alone, day)
        full = problem.max_per_day is not None and _meetings(alone, day) >= problem.max_per_day
        waiting = DAY_OF_WAITING * (day.date - problem.local(wish.within.start).date()).days
        for start in _starts_on(problem, day, wish):
            at = Interval(start, start + wish.minutes)
            if _hits(at, taken):
                continue
            lost = _lost(before, _focus_left(_with(alone, day, at), day))
            absent = tuple(name for name in wish.optional if _hits(at, wish.busy.get(name, ())))
            yield Slot(at, lost + ABSENT * len(absent) + FULL_DAY * full + waiting, absent)


@dataclass(frozen=True, slots=True)
class _FocusLeft:
    missing: int
    usable: int
    """Minutes in gaps that are long enough."""


def _focus_left(alone: Problem, day: Day) -> _FocusLeft:
    focus = best_focus(alone, EMPTY_PLAN)
    gaps = focus_gaps(alone, day, [event.at for event in alone.events])
    usable = sum(gap.minutes for gap in gaps if gap.minutes >= alone.min_focus_block)
    return _FocusLeft(focus_missing(alone, focus).get(day, 0), usable)


def _lost(before: _FocusLeft, after: _FocusLeft) -> int:
    return after.missing - before.missing + max(0, before.usable - after.usable)


def _with(alone: Problem, day: Day, at: Interval) -> Problem:
    wanted = Event(
        id=_WANTED,
        title="",
        start=at.start,
        end=at.end,
        day=day.date,
        required=(),
        attendees=1,
        priority=Priority.P3,
        flexibility=Flexibility.FIXED,
        declinable=False,
        shortened=None,
        merge_key=None,
        window=None,
    )
    return replace(alone, events=tuple(sorted((*alone.events, wanted), key=lambda event: (event.start, event.id))))


def _events_of(problem: Problem, day: Day) -> tuple[Event, ...]:
    return tuple(event for event in problem.events if event.at.overlaps(day.whole))


def _meetings(alone: Problem, day: Day) -> int:
    return sum(event.is_meeting and event.day == day.date for event in alone.events)


def _taken_by_own(problem: Problem) -> tuple[Interval, ...]:
    """Return the user's own time that no meeting may touch: events, with the buffer around meetings."""
    buffers = {True: problem.buffer, False: 0}
    return union(
        Interval(event.start - buffers[event.is_meeting], event.end + buffers[event.is_meeting])
        for event in problem.events
    )


def _allowed_starts(problem: Problem, wish: MeetingWish) -> Iterator[Minute]:
    for day in problem.days:
        yield from _starts_on(problem, day, wish)


def _starts_on(problem: Problem, day: Day, wish: MeetingWish) -> Iterator[Minute]:
    """Yield the starts at which the user may meet on this day, whatever else is on it."""
    if not day.open:
        return
    first = max(day.meeting.start, wish.within.start, problem.now or 0)
    hours = Interval(first, min(day.meeting.end, wish.within.end))
    for gap in minus([hours], union(day.blocked)):
        yield from range(up(gap.start, problem.grid), gap.end - wish.minutes + 1, problem.grid)


def _hits(at: Interval, taken: Sequence[Interval]) -> bool:
    """Whether ``at`` overlaps one of these intervals, sorted and disjoint."""
    index = bisect_right(taken, at.start, key=lambda interval: interval.end)
    return index < len(taken) and taken[index].start < at.end
