"""What a plan costs, in three tiers: a lower tier counts only between plans equal in those above.

1. Conflicts: pairs of attended events that overlap.
2. Unmet wishes: minutes of meetings outside the allowed hours; 60 for each meeting over the daily maximum; 240, 120, 60
   or 30 for a task of priority P1 to P4 that is not scheduled whole.
3. Cost: minutes of focus time missing; 15 for each pair of meetings with too short a buffer; the price of each change.

One point of the third tier is one minute of focus: moving a meeting with one other person has to buy about 25.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.domain.calendar.intervals import during, free, on_grid, shared, union, up
from assistant.domain.calendar.plan import EMPTY_PLAN, Placed, Plan, placed
from assistant.domain.calendar.problem import Day, Event, Interval, Minute, Problem
from assistant.domain.calendar.request import Priority

UNSCHEDULED = {Priority.P1: 240, Priority.P2: 120, Priority.P3: 60, Priority.P4: 30}
DECLINED = {Priority.P1: 400, Priority.P2: 200, Priority.P3: 100, Priority.P4: 50}
OVER_MAXIMUM = 60
SHORT_BUFFER = 15
_MOST_ATTENDEES_PRICED = 10


@dataclass(frozen=True, slots=True, order=True)
class Score:
    """The three tiers, compared in this order; less is better."""

    conflicts: int
    unmet: int
    cost: int

    @property
    def tiers(self) -> tuple[int, int, int]:
        """All three, the most important first."""
        return (self.conflicts, self.unmet, self.cost)


def score(problem: Problem, plan: Plan) -> Score:
    """Return what an allowed plan costs."""
    calendar = placed(problem, plan)
    return Score(
        conflicts=overlapping_pairs(calendar),
        unmet=(
            sum(outside_minutes(problem, one.at) for one in calendar if one.event.is_meeting)
            + OVER_MAXIMUM * sum(over_maximum(problem, calendar).values())
            + sum(
                UNSCHEDULED[task.priority] for task in problem.tasks if len(plan.tasks.get(task.id, ())) != task.chunks
            )
        ),
        cost=(
            sum(focus_missing(problem, plan.focus).values())
            + SHORT_BUFFER * short_buffers(problem, calendar)
            + change_costs(problem, plan)
        ),
    )


def do_nothing(problem: Problem) -> Plan:
    """Return the plan that changes no event: only the best focus blocks of the calendar as it is."""
    return replace(EMPTY_PLAN, focus=best_focus(problem, EMPTY_PLAN))


def overlapping_pairs(calendar: Sequence[Placed]) -> int:
    """Return how many pairs of a calendar sorted by start overlap."""
    starts = [one.at.start for one in calendar]
    return sum(bisect_left(starts, one.at.end, lo=index) - index - 1 for index, one in enumerate(calendar))


def short_buffers(problem: Problem, calendar: Sequence[Placed]) -> int:
    """Return how many pairs of meetings of a sorted calendar follow each other with less than the buffer between."""
    meetings = [one.at for one in calendar if one.event.is_meeting]
    starts = [at.start for at in meetings]
    return sum(bisect_left(starts, at.end + problem.buffer) - bisect_left(starts, at.end) for at in meetings)


def outside_minutes(problem: Problem, at: Interval) -> int:
    """Return the minutes of a meeting outside the meeting hours of the range or in windows without meetings."""
    first = problem.day_index(at.start)
    outside = 0
    for day in problem.days[max(first, 0) :]:
        if day.whole.start >= at.end:
            break
        outside += shared(at, day.whole) - _allowed_minutes(day, at)
    return outside


def _allowed_minutes(day: Day, at: Interval) -> int:
    if day.out_of_office:
        return 0
    inside = Interval(max(at.start, day.meeting.start), min(at.end, day.meeting.end))
    return max(0, inside.minutes) - sum(shared(inside, blocked) for blocked in day.blocked)


def meetings_a_day(problem: Problem, calendar: Iterable[Placed]) -> Counter[Day]:
    """Return how many meetings start on each day of the range that has any."""
    days = (problem.day_at(one.at.start) for one in calendar if one.event.is_meeting)
    return Counter(day for day in days if day)


def over_maximum(problem: Problem, calendar: Iterable[Placed]) -> dict[Day, int]:
    """Return the days with more meetings than wanted, and how many more."""
    most = problem.max_per_day
    if most is None:
        return {}
    return {day: number - most for day, number in meetings_a_day(problem, calendar).items() if number > most}


def focus_missing(problem: Problem, focus: Iterable[Interval]) -> dict[Day, int]:
    """Return the days with less protected focus than wanted, and how many minutes less."""
    protected: Counter[Day | None] = Counter()
    for block in focus:
        protected[problem.day_at(block.start)] += block.minutes
    return {day: day.focus_wanted - protected[day] for day in problem.days if day.focus_wanted > protected[day]}


def change_costs(problem: Problem, plan: Plan) -> int:
    """Return the price of all changes to events."""
    events = {event.id: event for event in problem.events}
    return (
        sum(move_cost(problem, events[name], at.start) for name, at in plan.moved.items())
        + sum(DECLINED[events[name].priority] for name in plan.declined)
        + sum(shorten_cost(events[name]) for name in plan.shortened)
        + sum(merge_cost(events[merge.first], events[merge.second]) for merge in plan.merged)
    )


def move_cost(problem: Problem, event: Event, start: Minute) -> int:
    """Return the price of a new start: 20, 4 for each attendee, 16 for each day and 1 for each quarter of an hour."""
    before, after = problem.local(event.start), problem.local(start)
    days = abs((after.date() - before.date()).days)
    minutes = abs(60 * (after.hour - before.hour) + after.minute - before.minute)
    return least_move_cost(event) + 16 * days + -(-minutes // 15)


def least_move_cost(event: Event) -> int:
    """Return the price of any new start, however near."""
    return 20 + 4 * _priced_attendees(event)


def shorten_cost(event: Event) -> int:
    """Return the price of cutting an event."""
    return 15 + 2 * _priced_attendees(event)


def merge_cost(first: Event, second: Event) -> int:
    """Return the price of making one event of two."""
    return 30 + 4 * max(_priced_attendees(first), _priced_attendees(second))


def _priced_attendees(event: Event) -> int:
    return min(event.attendees, _MOST_ATTENDEES_PRICED)


def best_focus(problem: Problem, plan: Plan) -> tuple[Interval, ...]:
    """Return focus blocks that protect as much of the time wanted as the plan leaves, the longest gaps used first.

    No block is shorter than the shortest that counts, and no more than needed is protected.
    """
    taken = union(one.at for one in placed(problem, plan))
    days = ((day, during(taken, day.whole)) for day in problem.days)
    return tuple(sorted(block for day, busy in days for block in _focus_of(problem, day, busy)))


def _focus_of(problem: Problem, day: Day, taken: Sequence[Interval]) -> Iterator[Interval]:
    shortest = up(problem.min_focus_block, problem.grid)
    gaps = [gap for gap in focus_gaps(problem, day, taken) if gap.minutes >= shortest]
    missing = up(day.focus_wanted, problem.grid)
    for gap in sorted(gaps, key=lambda gap: (-gap.minutes, gap.start)):
        if missing <= 0:
            break
        minutes = min(gap.minutes, max(missing, shortest))
        missing -= minutes
        yield Interval(gap.start, gap.start + minutes)


def focus_gaps(problem: Problem, day: Day, taken: Iterable[Interval]) -> Iterator[Interval]:
    """Yield the parts of the working hours still ahead that ``taken``, sorted by start, leaves, cut to the grid."""
    if not day.open:
        return
    start = day.work.start if problem.now is None else max(day.work.start, problem.now)
    for gap in free(Interval(start, day.work.end), taken):
        yield on_grid(gap, problem.grid)
