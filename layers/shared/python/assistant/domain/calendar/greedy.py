"""A good plan at once, without a solver: change one event at a time for the better until nothing helps."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from itertools import pairwise
from typing import NamedTuple

from assistant.domain.calendar.intervals import union, up
from assistant.domain.calendar.objective import (
    DECLINED,
    OVER_MAXIMUM,
    SHORT_BUFFER,
    UNSCHEDULED,
    best_focus,
    do_nothing,
    focus_gaps,
    least_move_cost,
    merge_cost,
    move_cost,
    outside_minutes,
    score,
    shorten_cost,
)
from assistant.domain.calendar.plan import Merge, Plan, merged_minutes, placed, shortened_time
from assistant.domain.calendar.problem import Event, Interval, Minute, Problem
from assistant.domain.calendar.rules import merge_starts, starts, task_starts

_MOST_ROUNDS = 4
# Of one event at another: about a second and a half. A hundred events in one week take a fifth of it.
_MOST_LOOKS = 1_000_000


class _Kind(Enum):
    STAY = auto()
    MOVE = auto()
    SHORTEN = auto()
    DECLINE = auto()
    MERGE = auto()


_CHOSEN_TIMES = frozenset({_Kind.MOVE, _Kind.MERGE})


class _Option(NamedTuple):
    """What may become of an event, or of two at once; ``at`` is None where nothing of it is left."""

    price: int
    kind: _Kind
    at: Interval | None


class _Standing(NamedTuple):
    """An event where it stands now; sorts as a calendar does."""

    at: Interval
    id: str
    meeting: bool


class _Cost(NamedTuple):
    """The tiers of the objective, or a difference of them."""

    conflicts: int = 0
    unmet: int = 0
    cost: int = 0

    def plus(self, other: "_Cost") -> "_Cost":
        return _Cost(self.conflicts + other.conflicts, self.unmet + other.unmet, self.cost + other.cost)

    def minus(self, other: "_Cost") -> "_Cost":
        return _Cost(self.conflicts - other.conflicts, self.unmet - other.unmet, self.cost - other.cost)


_NOTHING = _Cost()

# One event, or two that may be merged.
type _Group = tuple[Event, ...]


def greedy_plan(problem: Problem) -> Plan:
    """Return an allowed plan that scores no higher than doing nothing."""
    search = _Search(problem)
    for _ in range(_MOST_ROUNDS):
        if not search.improve():
            break
    events = search.plan()
    plan = replace(events, tasks=_scheduled(problem, events), focus=best_focus(problem, events))
    return min(plan, do_nothing(problem), key=lambda candidate: score(problem, candidate))


class _Search:
    """A calendar that changes event by event."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._groups = tuple(_groups(problem))
        self._least_focus = up(problem.min_focus_block, problem.grid)
        self._midnights = [day.whole.start for day in problem.days]
        self._chosen = {event.id: _Option(0, _Kind.STAY, event.at) for event in problem.events}
        self._merged: dict[str, str] = {}
        self._declined: dict[str, Event] = {}
        self._standing: list[list[_Standing]] = [[] for _ in problem.days]
        self._options: dict[tuple[str, ...], tuple[_Option, ...]] = {}
        self._costs: dict[tuple[int, tuple[str, ...]], _Cost] = {}
        self._looks = 0
        for event in problem.events:
            self._place(event, event.at)

    def improve(self) -> bool:
        """Change what can be changed for the better, the greatest trouble first; False where nothing helps any more."""
        reliefs = [(self._relief(group), number) for number, group in enumerate(self._groups) if self._open(group)]
        troubled = [self._groups[number] for relief, number in sorted(reliefs) if relief < _NOTHING]
        improved = [self._improve(group) for group in troubled if self._open(group)]
        return any(improved)

    def plan(self) -> Plan:
        """Return the changes made."""
        at = {kind: {name: one.at for name, one in self._chosen.items() if one.kind is kind} for kind in _Kind}
        return Plan(
            moved={name: time for name, time in at[_Kind.MOVE].items() if time},
            declined=frozenset(at[_Kind.DECLINE]),
            shortened=frozenset(at[_Kind.SHORTEN]),
            merged=tuple(Merge(name, self._merged[name], time) for name, time in at[_Kind.MERGE].items() if time),
        )

    def _open(self, group: _Group) -> bool:
        """Whether there is still something to choose, and time to choose it."""
        gone = {*self._merged, *self._merged.values()}
        kinds = {self._chosen[event.id].kind for event in group}
        fresh = len(group) == 1 or kinds == {_Kind.STAY}
        return fresh and gone.isdisjoint(_ids(group)) and self._looks < _MOST_LOOKS

    def _relief(self, group: _Group) -> _Cost:
        """Return what the calendar gains, below zero, if the group were not there and that had no price."""
        relief = _NOTHING
        for event in group:
            relief = relief.minus(self._own(event, self._chosen[event.id]))
        for index in self._days_of(group):
            relief = relief.plus(self._cost_without(index, group)).minus(self._cost_without(index, ()))
        return relief

    def _improve(self, group: _Group) -> bool:
        """Choose the best for the group; False where that is what it is."""
        relief = self._relief(group)
        if relief.plus(_Cost(cost=_least_price(group, self._chosen[group[0].id]))) >= _NOTHING:
            return False
        best, chosen = _NOTHING, None
        full = self._full_days(group)
        for option in self._options_of(group):
            # What relief and price leave open only makes it worse, and prices rise.
            at_least = relief.plus(_Cost(cost=option.price))
            if at_least >= best:
                break
            if option != self._chosen[group[0].id] and self._allowed(group, option, full):
                change = at_least.plus(self._burden(group, option))
                if change < best:
                    best, chosen = change, option
        if chosen:
            self._choose(group, chosen)
        return chosen is not None

    def _options_of(self, group: _Group) -> Iterable[_Option]:
        ids = _ids(group)
        if ids not in self._options:
            self._options[ids] = tuple(sorted(_options(self._problem, group), key=lambda option: option.price))
            self._looks += len(self._options[ids])
        return self._options[ids]

    def _own(self, event: Event, option: _Option) -> _Cost:
        """Return what the event costs by itself; a new time is inside the hours."""
        if option.at is None or not event.is_meeting or option.kind in _CHOSEN_TIMES:
            return _Cost(cost=option.price)
        return _Cost(unmet=outside_minutes(self._problem, option.at), cost=option.price)

    def _burden(self, group: _Group, option: _Option) -> _Cost:
        """Return what the option costs beside its price in a calendar without the group."""
        if option.at is None:
            return _NOTHING
        burden = self._own(group[0], option).minus(_Cost(cost=option.price))
        for index in self._days_at(option.at):
            standing = self._without(index, group)
            insort(standing, _Standing(option.at, group[0].id, group[0].is_meeting))
            burden = burden.plus(self._cost(index, standing)).minus(self._cost_without(index, group))
        return burden

    def _allowed(self, group: _Group, option: _Option, full: Container[int]) -> bool:
        """Whether no rule forbids the option as the other events stand now."""
        first = group[0]
        if option.at is None:
            # Where it was when it moved away, somebody in it may be needed by now.
            return self._chosen[first.id].kind is _Kind.STAY
        now = self._chosen[first.id].at
        if option.kind is _Kind.SHORTEN and now == first.at:
            return True
        return (
            not (first.is_meeting and self._day(option.at.start) in full)
            and not self._clashes(group, option.at)
            and not self._in_declined(group, option.at)
        )

    def _full_days(self, group: _Group) -> Container[int]:
        """Return the days that have as many meetings as wanted without the group, but for the one it is on."""
        most = self._problem.max_per_day
        if most is None:
            return ()
        now = self._chosen[group[0].id].at
        own = self._day(now.start) if now else None
        self._looks += len(self._chosen)
        meetings = (
            sum(one.meeting for one in self._without(index, group) if one.at.start >= day.whole.start)
            for index, day in enumerate(self._problem.days)
        )
        return frozenset(index for index, number in enumerate(meetings) if number >= most and index != own)

    def _clashes(self, group: _Group, at: Interval) -> bool:
        ids = _ids(group)
        buffer = self._problem.buffer if group[0].is_meeting else 0
        around = Interval(at.start - buffer, at.end + buffer)
        for index in self._days_at(around):
            self._looks += len(self._standing[index])
            for one in self._standing[index]:
                if one.id not in ids and one.at.overlaps(around if one.meeting else at):
                    return True
        return False

    def _in_declined(self, group: _Group, at: Interval) -> bool:
        required = {address for event in group for address in event.required}
        return any(
            at.overlaps(event.at) and not required.isdisjoint(event.required) for event in self._declined.values()
        )

    def _choose(self, group: _Group, option: _Option) -> None:
        first = group[0]
        self._costs.clear()
        for event in group:
            for index in self._days_of((event,)):
                self._standing[index] = self._without(index, (event,))
            self._declined.pop(event.id, None)
        self._chosen[first.id] = option
        if option.kind is _Kind.MERGE:
            self._merged[first.id] = group[1].id
        if option.at is None:
            self._declined[first.id] = first
        else:
            self._place(first, option.at)

    def _place(self, event: Event, at: Interval) -> None:
        for index in self._days_at(at):
            insort(self._standing[index], _Standing(at, event.id, event.is_meeting))

    def _without(self, index: int, group: _Group) -> list[_Standing]:
        ids = _ids(group)
        return [one for one in self._standing[index] if one.id not in ids]

    def _cost_without(self, index: int, group: _Group) -> _Cost:
        known = (index, _ids(group))
        if known not in self._costs:
            self._costs[known] = self._cost(index, self._without(index, group))
        return self._costs[known]

    def _days_of(self, group: _Group) -> list[int]:
        """Return the days the group stands on."""
        times = [at for event in group if (at := self._chosen[event.id].at)]
        return sorted({index for at in times for index in self._days_at(at)})

    def _day(self, minute: Minute) -> int:
        return bisect_right(self._midnights, minute) - 1

    def _days_at(self, at: Interval) -> range:
        first, last = self._day(at.start), self._day(at.end - 1)
        return range(max(first, 0), last + 1)

    def _cost(self, index: int, standing: Sequence[_Standing]) -> _Cost:
        """Return what the events of one day cost together."""
        self._looks += len(standing)
        problem, day = self._problem, self._problem.days[index]
        starts_of_all = [one.at.start for one in standing]
        meetings = [one.at for one in standing if one.meeting and one.at.start >= day.whole.start]
        starts_of_meetings = [at.start for at in meetings]
        most = len(meetings) if problem.max_per_day is None else problem.max_per_day
        short = 0
        if problem.buffer:
            short = sum(
                bisect_left(starts_of_meetings, at.end + problem.buffer) - bisect_left(starts_of_meetings, at.end)
                for at in meetings
            )
        focus = 0
        if day.focus_wanted:
            gaps = (gap.minutes for gap in focus_gaps(problem, day, [one.at for one in standing]))
            focus = sum(minutes for minutes in gaps if minutes >= self._least_focus)
        return _Cost(
            sum(bisect_left(starts_of_all, one.at.end) - place - 1 for place, one in enumerate(standing)),
            OVER_MAXIMUM * max(0, len(meetings) - most),
            SHORT_BUFFER * short + max(0, day.focus_wanted - focus),
        )


def _ids(group: _Group) -> tuple[str, ...]:
    return tuple(event.id for event in group)


def _groups(problem: Problem) -> Iterator[_Group]:
    """Yield what may change together: each event that is not fixed in all, and neighbours of the same merge key."""
    by_key: defaultdict[str, list[Event]] = defaultdict(list)
    for event in problem.events:
        if event.movable or event.declinable or event.shortened:
            yield (event,)
        if event.merge_key and event.movable:
            by_key[event.merge_key].append(event)
    for events in by_key.values():
        yield from pairwise(events)


def _options(problem: Problem, group: _Group) -> Iterator[_Option]:
    first = group[0]
    if len(group) > 1:
        price = merge_cost(first, group[1])
        minutes = merged_minutes(first, group[1])
        for start in merge_starts(problem, first, group[1]):
            yield _Option(price, _Kind.MERGE, Interval(start, start + minutes))
        return
    yield _Option(0, _Kind.STAY, first.at)
    for start in starts(problem, first):
        yield _Option(move_cost(problem, first, start), _Kind.MOVE, Interval(start, start + first.minutes))
    if first.shortened:
        yield _Option(shorten_cost(first), _Kind.SHORTEN, shortened_time(first))
    if first.declinable:
        yield _Option(DECLINED[first.priority], _Kind.DECLINE, None)


def _least_price(group: _Group, now: _Option) -> int:
    """Return what the cheapest option costs at least, without looking for it."""
    first = group[0]
    if now.kind is not _Kind.STAY:
        return 0
    if len(group) > 1:
        return merge_cost(*group)
    prices = [least_move_cost(first)] if first.movable else []
    prices += [shorten_cost(first)] if first.shortened else []
    return min(prices + ([DECLINED[first.priority]] if first.declinable else []))


def _scheduled(problem: Problem, events: Plan) -> Mapping[str, tuple[Interval, ...]]:
    """Return pieces for the tasks that fit whole around the events, the most important first."""
    taken = union(one.at for one in placed(problem, events))
    scheduled: dict[str, tuple[Interval, ...]] = {}
    for task in sorted(problem.tasks, key=lambda task: (-UNSCHEDULED[task.priority], task.deadline, task.id)):
        pieces: list[Interval] = []
        for start in task_starts(problem, task):
            piece = Interval(start, start + task.chunk)
            if (not pieces or pieces[-1].end <= start) and _is_free(piece, taken):
                pieces.append(piece)
            if len(pieces) == task.chunks:
                scheduled[task.id] = tuple(pieces)
                taken = union([*taken, *pieces])
                break
    return scheduled


def _is_free(piece: Interval, taken: Sequence[Interval]) -> bool:
    """Whether none of the intervals, sorted and apart, overlaps the piece."""
    following = bisect_left(taken, piece)
    neighbours = taken[max(0, following - 1) : following + 1]
    return not any(one.overlaps(piece) for one in neighbours)
