"""A plan as single changes: each can be accepted alone with the changes it depends on."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from assistant.domain.calendar.plan import Merge, Plan, placed, shortened_time
from assistant.domain.calendar.problem import Event, Interval, Problem


class ChangeType(StrEnum):
    """What a change does to the calendar."""

    RESCHEDULE = "reschedule"
    DECLINE = "decline"
    SHORTEN = "shorten"
    MERGE = "merge"
    ADD_BUFFER = "add_buffer"
    FOCUS_BLOCK = "focus_block"
    TASK_BLOCK = "task_block"


_PLACES_EVENTS = frozenset({ChangeType.RESCHEDULE, ChangeType.MERGE})


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``events`` are those it alters; for a buffer the two meetings it stands between."""

    type: ChangeType
    at: Interval | None
    """The new time; None for a declined meeting."""
    events: tuple[str, ...] = ()
    task: str | None = None

    @property
    def altered(self) -> tuple[str, ...]:
        """The events that are no longer where they were."""
        return () if self.type is ChangeType.ADD_BUFFER else self.events


def changes(problem: Problem, plan: Plan) -> tuple[Change, ...]:
    """Return the changes of the plan by new time, those of events first, and the buffers it makes."""
    events = sorted(_event_changes(problem, plan), key=lambda change: (change.at or (0, 0), change.events))
    tasks = [
        Change(ChangeType.TASK_BLOCK, at, task=task) for task, pieces in sorted(plan.tasks.items()) for at in pieces
    ]
    focus = [Change(ChangeType.FOCUS_BLOCK, at) for at in sorted(plan.focus)]
    return (*events, *_buffers(problem, plan), *tasks, *focus)


def plan_of(accepted: Iterable[Change]) -> Plan:
    """Return the plan that makes exactly these changes; a buffer changes nothing by itself."""
    by_type: defaultdict[ChangeType, list[Change]] = defaultdict(list)
    for change in accepted:
        by_type[change.type].append(change)
    tasks: defaultdict[str, list[Interval]] = defaultdict(list)
    for change in by_type[ChangeType.TASK_BLOCK]:
        if change.task is not None and change.at:
            tasks[change.task].append(change.at)
    return Plan(
        moved={change.events[0]: change.at for change in by_type[ChangeType.RESCHEDULE] if change.at},
        declined=frozenset(change.events[0] for change in by_type[ChangeType.DECLINE]),
        shortened=frozenset(change.events[0] for change in by_type[ChangeType.SHORTEN]),
        merged=tuple(
            Merge(change.events[0], change.events[1], change.at) for change in by_type[ChangeType.MERGE] if change.at
        ),
        tasks={task: tuple(sorted(pieces)) for task, pieces in tasks.items()},
        focus=tuple(sorted(change.at for change in by_type[ChangeType.FOCUS_BLOCK] if change.at)),
    )


def dependencies(problem: Problem, listed: Sequence[Change]) -> tuple[frozenset[int], ...]:
    """Return for each change the indexes of the others it cannot do without, itself not included.

    A change needs another when it would clash with where the other's events are now, or when it brings a meeting to a
    day that has room for it only because the other takes one away. ``listed`` are the changes of an allowed plan.
    """
    events = {event.id: event for event in problem.events}
    direct = [
        {
            index
            for index, other in enumerate(listed)
            if index != own and any(_needs(problem, change, events[name], events) for name in other.altered)
        }
        for own, change in enumerate(listed)
    ]
    if problem.max_per_day is not None:
        _make_room(problem, problem.max_per_day, listed, direct, events)
    return tuple(map(frozenset, direct))


def closure(chosen: Iterable[int], needs: Sequence[Collection[int]]) -> frozenset[int]:
    """Return the chosen indexes and all they need, directly or not."""
    found: set[int] = set()
    waiting = list(chosen)
    while waiting:
        index = waiting.pop()
        if index not in found:
            found.add(index)
            waiting += needs[index]
    return frozenset(found)


def dependents(left_out: int, needs: Sequence[Collection[int]]) -> frozenset[int]:
    """Return the index itself and every index that cannot do without it."""
    needed_by: defaultdict[int, list[int]] = defaultdict(list)
    for index, needed in enumerate(needs):
        for other in needed:
            needed_by[other].append(index)
    return closure([left_out], [needed_by[index] for index in range(len(needs))])


def _event_changes(problem: Problem, plan: Plan) -> Iterator[Change]:
    for event in problem.events:
        if event.id in plan.moved:
            yield Change(ChangeType.RESCHEDULE, plan.moved[event.id], (event.id,))
        elif event.id in plan.declined:
            yield Change(ChangeType.DECLINE, None, (event.id,))
        elif event.id in plan.shortened:
            yield Change(ChangeType.SHORTEN, shortened_time(event), (event.id,))
    for merge in plan.merged:
        yield Change(ChangeType.MERGE, merge.at, (merge.first, merge.second))


def _buffers(problem: Problem, plan: Plan) -> Iterator[Change]:
    """Yield the gaps between two meetings worth protecting: made by the plan, too short for anything but the buffer."""
    if not problem.buffer:
        return
    altered = {name for change in _event_changes(problem, plan) for name in change.altered}
    calendar = placed(problem, plan)
    work = [*plan.focus, *(piece for pieces in plan.tasks.values() for piece in pieces)]
    for earlier, later in pairwise(calendar):
        buffer = Interval(earlier.at.end, earlier.at.end + problem.buffer)
        if (
            earlier.event.is_meeting
            and later.event.is_meeting
            and not altered.isdisjoint({earlier.event.id, later.event.id})
            and problem.buffer <= later.at.start - earlier.at.end < 2 * problem.buffer
            and not any(buffer.overlaps(taken) for taken in (*(one.at for one in calendar), *work))
        ):
            yield Change(ChangeType.ADD_BUFFER, buffer, (earlier.event.id, later.event.id))


def _needs(problem: Problem, change: Change, other: Event, events: Mapping[str, Event]) -> bool:
    """Whether the change clashes with ``other``, or loses what it stands beside, while that stays as it is."""
    if change.type is ChangeType.ADD_BUFFER and other.id in change.events:
        return True
    if change.at is None or change.type is ChangeType.SHORTEN:
        return False
    if change.at.overlaps(other.at):
        return True
    meeting = change.type in _PLACES_EVENTS and events[change.events[0]].is_meeting
    return meeting and other.is_meeting and _gap(change.at, other.at) < problem.buffer


def _gap(one: Interval, other: Interval) -> int:
    return max(one.start - other.end, other.start - one.end)


def _make_room(
    problem: Problem, most: int, listed: Sequence[Change], direct: Sequence[set[int]], events: Mapping[str, Event]
) -> None:
    """Let each change that brings a meeting to a day with ``most`` need one of its own that takes a meeting away.

    Were two to share one, both could be left without the other they need together. A day over the maximum as it is
    has to come down to it first, for all of them.
    """
    bringers: defaultdict[date, list[int]] = defaultdict(list)
    for index, change in enumerate(listed):
        day = _brought_to(problem, change, events) if change.type in _PLACES_EVENTS else None
        if day is not None:
            bringers[day].append(index)
    for day, brought in bringers.items():
        leaving = [index for index, other in enumerate(listed) for _ in range(-_added_to(problem, other, day, events))]
        room = most - sum(event.is_meeting and event.day == day for event in problem.events)
        first, leaving = set(leaving[: max(0, -room)]), leaving[max(0, -room) :]
        for own in brought:
            direct[own] |= first
            if not _added_to(problem, listed[own], day, events):
                continue
            # One it needs anyhow costs nothing; then what room there is.
            known = closure([own], direct)
            maker = next((index for index in leaving if index in known), None)
            if maker is None and room > 0:
                room -= 1
                continue
            maker = leaving[0] if maker is None else maker
            leaving.remove(maker)
            direct[own].add(maker)


def _brought_to(problem: Problem, change: Change, events: Mapping[str, Event]) -> date | None:
    """Return the day a meeting is new on because of the change, if there is one."""
    event = events[change.events[0]]
    if change.at is None or not event.is_meeting:
        return None
    day = problem.local(change.at.start).date()
    return day if day != event.day else None


def _added_to(problem: Problem, change: Change, day: date, events: Mapping[str, Event]) -> int:
    """Return how many meetings more there are on the day because of the change."""
    before = sum(events[name].is_meeting and events[name].day == day for name in set(change.altered))
    if change.at is None or not change.altered or not events[change.events[0]].is_meeting:
        return -before
    return int(problem.local(change.at.start).date() == day) - before
