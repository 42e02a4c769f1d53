"""A set of changes to a calendar, and the calendar it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.domain.calendar.problem import Event, Interval, Problem


@dataclass(frozen=True, slots=True)
class Merge:
    """Two events become one, which keeps the id of ``first``."""

    first: str
    second: str
    at: Interval


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes by event id and task id; an event has at most one."""

    moved: Mapping[str, Interval] = field(default_factory=dict)
    declined: frozenset[str] = frozenset()
    shortened: frozenset[str] = frozenset()
    merged: tuple[Merge, ...] = ()
    tasks: Mapping[str, tuple[Interval, ...]] = field(default_factory=dict)
    focus: tuple[Interval, ...] = ()


EMPTY_PLAN = Plan()


@dataclass(frozen=True, slots=True)
class Placed:
    """An event the user attends once a plan is applied, where it then stands."""

    event: Event
    at: Interval
    moved: bool
    """Whether the plan chose this time: the event was rescheduled or merged."""
    required: tuple[str, ...]
    """Addresses that have to be free, those of a merged second event included."""


def placed(problem: Problem, plan: Plan) -> tuple[Placed, ...]:
    """Return the calendar the plan makes, sorted by start and id; declined events and merged seconds are gone."""
    events = {event.id: event for event in problem.events}
    gone = plan.declined | {merge.second for merge in plan.merged}
    merges = {merge.first: merge for merge in plan.merged}
    calendar = []
    for event in problem.events:
        if event.id in gone:
            continue
        if merge := merges.get(event.id):
            calendar.append(Placed(event, merge.at, moved=True, required=both_required(event, events[merge.second])))
        elif at := plan.moved.get(event.id):
            calendar.append(Placed(event, at, moved=True, required=event.required))
        else:
            at = shortened_time(event) if event.id in plan.shortened else event.at
            calendar.append(Placed(event, at, moved=False, required=event.required))
    return tuple(sorted(calendar, key=lambda one: (one.at.start, one.event.id)))


def shortened_time(event: Event) -> Interval:
    """Return the time of the event once cut to its shortest; as it is where that is not allowed."""
    return Interval(event.start, event.start + (event.shortened or event.minutes))


def both_required(first: Event, second: Event) -> tuple[str, ...]:
    """Return who has to be free when the two events become one."""
    return tuple(sorted({*first.required, *second.required}))


def merged_minutes(first: Event, second: Event) -> int:
    """Return how long two events take as one: three quarters of both, in whole quarters of an hour, or the longer."""
    quarters = -(-3 * (first.minutes + second.minutes) // (4 * 15))
    return max(first.minutes, second.minutes, 15 * quarters)
