"""What a plan may do. Every rule holds for changes only: what the calendar breaks already is no violation."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from assistant.domain.calendar.intervals import free, minus, on_grid, union, up
from assistant.domain.calendar.objective import over_maximum
from assistant.domain.calendar.plan import Placed, Plan, both_required, merged_minutes, placed
from assistant.domain.calendar.problem import Day, Event, Interval, Minute, Problem, Task
from assistant.domain.calendar.request import Flexibility, TimeWindow
from assistant.domain.calendar.wall_clock import hours_of


class Rule(StrEnum):
    """What a change may break."""

    UNKNOWN_EVENT = "unknown_event"
    CHANGED_TWICE = "changed_twice"
    NOT_MOVABLE = "not_movable"
    NO_CHANGE = "no_change"
    DURATION = "duration"
    TIME_NOT_ALLOWED = "time_not_allowed"
    """Off the grid, on another day than allowed, outside the hours, in the past, or somebody needed is busy."""
    NOT_DECLINABLE = "not_declinable"
    NOT_SHORTENABLE = "not_shortenable"
    NOT_MERGEABLE = "not_mergeable"
    CONFLICT = "conflict"
    """A new time overlaps another event."""
    BUFFER = "buffer"
    """A new time is closer to another meeting than the buffer, or what makes a buffer is left out."""
    IN_DECLINED_MEETING = "in_declined_meeting"
    """Somebody needed at a new time is in the meeting the user declines."""
    FULL_DAY = "full_day"
    """A meeting moves onto a day that then has more than the maximum."""
    UNKNOWN_TASK = "unknown_task"
    TASK_PIECE = "task_piece"
    """A piece has the wrong length or time, or there are too many."""
    TASK_OVERLAP = "task_overlap"
    """A piece overlaps an event or another piece."""
    FOCUS_BLOCK = "focus_block"
    """A focus block is too short, off the grid, in the past, or outside the working hours."""
    FOCUS_OVERLAP = "focus_overlap"
    """A focus block overlaps an event or another block."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule and whom it concerns: ids of events or of a task, or the time of a focus block."""

    rule: Rule
    ids: tuple[str, ...] = ()
    at: Interval | None = None


def violations(problem: Problem, plan: Plan) -> tuple[Violation, ...]:
    """Return every rule the plan breaks; none for an allowed plan."""
    unusable = tuple(_unusable(problem, plan))
    if unusable:
        return unusable
    calendar = placed(problem, plan)
    return (
        *_change_violations(problem, plan),
        *_clashes(problem, calendar),
        *_in_declined(problem, plan, calendar),
        *_full_days(problem, calendar),
        *_task_violations(problem, plan, calendar),
        *_focus_violations(problem, plan, calendar),
    )


def allowed_days(problem: Problem, event: Event) -> tuple[Day, ...]:
    """Return the days the event may be moved to; none where it is fixed."""
    open_days = tuple(day for day in problem.days if day.open)
    match event.flexibility:
        case Flexibility.FIXED:
            return ()
        case Flexibility.SAME_DAY:
            return tuple(day for day in open_days if day.date == event.day)
        case Flexibility.SAME_WEEK:
            week = event.day.isocalendar()[:2]
            return tuple(day for day in open_days if day.date.isocalendar()[:2] == week)
        case Flexibility.ANYWHERE:
            return open_days


def starts(problem: Problem, event: Event) -> tuple[Minute, ...]:
    """Return the starts the event may be moved to as far as other events of the user do not matter, sorted.

    Its present start is not among them.
    """
    found = _starts(
        problem,
        allowed_days(problem, event),
        event.minutes,
        required=event.required,
        meeting=event.is_meeting,
        window=event.window,
    )
    return tuple(start for start in found if start != event.start)


def merge_starts(problem: Problem, first: Event, second: Event) -> tuple[Minute, ...]:
    """Return the starts the two may have as one event, as far as other events of the user do not matter, sorted.

    None where the two may not be merged.
    """
    if not _may_be_one(first, second):
        return ()
    common = frozenset(day.date for day in allowed_days(problem, second))
    days = [day for day in allowed_days(problem, first) if day.date in common]
    required = both_required(first, second)
    return tuple(_starts(problem, days, merged_minutes(first, second), required=required, meeting=True, window=None))


def task_starts(problem: Problem, task: Task) -> tuple[Minute, ...]:
    """Return the starts a piece of the task may have as far as events do not matter, sorted."""
    ahead = Interval(task.earliest if problem.now is None else max(task.earliest, problem.now), task.deadline)
    hours = (_common(day.work, ahead) for day in problem.days if day.open)
    return tuple(start for part in hours for start in _grid_starts(part, task.chunk, problem.grid))


def _starts(
    problem: Problem,
    days: Iterable[Day],
    minutes: int,
    *,
    required: Iterable[str],
    meeting: bool,
    window: TimeWindow | None,
) -> Iterator[Minute]:
    busy = union(interval for address in required for interval in problem.busy.get(address, ()))
    for day in days:
        hours = day.meeting if meeting else day.work
        if window:
            hours = _common(hours, hours_of(day.date, window.start, window.end, problem.zone))
        if problem.now is not None:
            hours = Interval(max(hours.start, problem.now), hours.end)
        first = max(0, bisect_left(busy, hours) - 1)
        for gap in minus(free(hours, islice(busy, first, None)), day.blocked if meeting else ()):
            yield from _grid_starts(gap, minutes, problem.grid)


def _common(one: Interval, other: Interval) -> Interval:
    return Interval(max(one.start, other.start), min(one.end, other.end))


def _grid_starts(within: Interval, minutes: int, grid: int) -> range:
    return range(up(within.start, grid), within.end - minutes + 1, grid)


def _unusable(problem: Problem, plan: Plan) -> Iterator[Violation]:
    known = {event.id for event in problem.events}
    merged = (name for merge in plan.merged for name in (merge.first, merge.second))
    changed = Counter([*plan.moved, *plan.declined, *plan.shortened, *merged])
    for name, times in changed.items():
        if name not in known:
            yield Violation(Rule.UNKNOWN_EVENT, (name,))
        elif times > 1:
            yield Violation(Rule.CHANGED_TWICE, (name,))


def _change_violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    events = {event.id: event for event in problem.events}
    for name, at in plan.moved.items():
        broken = _broken_by_move(problem, events[name], at)
        if broken:
            yield Violation(broken, (name,), at)
    for name in sorted(plan.declined):
        if not events[name].declinable:
            yield Violation(Rule.NOT_DECLINABLE, (name,))
    for name in sorted(plan.shortened):
        if events[name].shortened is None:
            yield Violation(Rule.NOT_SHORTENABLE, (name,))
    for merge in plan.merged:
        broken = _broken_by_merge(problem, events[merge.first], events[merge.second], merge.at)
        if broken:
            yield Violation(broken, (merge.first, merge.second), merge.at)


def _broken_by_move(problem: Problem, event: Event, at: Interval) -> Rule | None:
    if not event.movable:
        return Rule.NOT_MOVABLE
    if at.minutes != event.minutes:
        return Rule.DURATION
    if at.start == event.start:
        return Rule.NO_CHANGE
    return None if at.start in starts(problem, event) else Rule.TIME_NOT_ALLOWED


def _may_be_one(first: Event, second: Event) -> bool:
    """Whether the two have a key in common; time alone is no part of a meeting, whichever of them goes on."""
    return first.merge_key is not None and first.merge_key == second.merge_key and first.is_meeting == second.is_meeting


def _broken_by_merge(problem: Problem, first: Event, second: Event, at: Interval) -> Rule | None:
    if not (_may_be_one(first, second) and first.movable and second.movable):
        return Rule.NOT_MERGEABLE
    if at.minutes != merged_minutes(first, second):
        return Rule.DURATION
    return None if at.start in merge_starts(problem, first, second) else Rule.TIME_NOT_ALLOWED


def _clashes(problem: Problem, calendar: Sequence[Placed]) -> Iterator[Violation]:
    for index, new in enumerate(calendar):
        if not new.moved:
            continue
        for other_index, other in enumerate(calendar):
            if other_index == index or (other.moved and other_index < index):
                continue
            ids = (new.event.id, other.event.id)
            if new.at.overlaps(other.at):
                yield Violation(Rule.CONFLICT, ids, new.at)
            elif new.event.is_meeting and other.event.is_meeting and _gap(new.at, other.at) < problem.buffer:
                yield Violation(Rule.BUFFER, ids, new.at)


def _gap(one: Interval, other: Interval) -> int:
    return max(one.start - other.end, other.start - one.end)


def _in_declined(problem: Problem, plan: Plan, calendar: Sequence[Placed]) -> Iterator[Violation]:
    for event in problem.events:
        if event.id in plan.declined:
            for new in calendar:
                if new.moved and new.at.overlaps(event.at) and not set(event.required).isdisjoint(new.required):
                    yield Violation(Rule.IN_DECLINED_MEETING, (new.event.id, event.id), new.at)


def _full_days(problem: Problem, calendar: Sequence[Placed]) -> Iterator[Violation]:
    for day in over_maximum(problem, calendar):
        for new in calendar:
            if new.moved and new.event.is_meeting and new.event.day != day.date and new.at.overlaps(day.whole):
                yield Violation(Rule.FULL_DAY, (new.event.id,), new.at)


def _task_violations(problem: Problem, plan: Plan, calendar: Sequence[Placed]) -> Iterator[Violation]:
    tasks = {task.id: task for task in problem.tasks}
    earlier: list[Interval] = [one.at for one in calendar]
    for name, pieces in plan.tasks.items():
        task = tasks.get(name)
        if task is None:
            yield Violation(Rule.UNKNOWN_TASK, (name,))
            continue
        allowed = task_starts(problem, task)
        for index, piece in enumerate(pieces):
            if index >= task.chunks or piece.minutes != task.chunk or piece.start not in allowed:
                yield Violation(Rule.TASK_PIECE, (name,), piece)
            if any(piece.overlaps(other) for other in earlier):
                yield Violation(Rule.TASK_OVERLAP, (name,), piece)
            earlier.append(piece)


def _focus_violations(problem: Problem, plan: Plan, calendar: Sequence[Placed]) -> Iterator[Violation]:
    earlier: list[Interval] = [one.at for one in calendar]
    for block in plan.focus:
        day = problem.day_at(block.start)
        if not (day and _counts_as_focus(problem, day, block)):
            yield Violation(Rule.FOCUS_BLOCK, at=block)
        if any(block.overlaps(other) for other in earlier):
            yield Violation(Rule.FOCUS_OVERLAP, at=block)
        earlier.append(block)


def _counts_as_focus(problem: Problem, day: Day, block: Interval) -> bool:
    return (
        day.open
        and day.work.start <= block.start
        and block.end <= day.work.end
        and block.minutes >= problem.min_focus_block
        and on_grid(block, problem.grid) == block
        and (problem.now is None or block.start >= problem.now)
    )
