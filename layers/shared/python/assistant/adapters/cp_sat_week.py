"""The calendar as a program of binaries: one for each event and start, so that its linear relaxation is tight.

An event stays, is shortened, declined, moved to one of its starts, or becomes one with another: exactly one of these.
At every start of the day at most one of what would stand there may be chosen, except that events which overlap today
may go on overlapping, at a price. Choices that clash with an event nobody may change are never offered.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from assistant.adapters.cp_sat_day import DayOffers, Placement, Separation, Standing
from assistant.adapters.cp_sat_program import FREE, Program, Variable
from assistant.adapters.cp_sat_tasks import Tasks
from assistant.domain.calendar.objective import (
    DECLINED,
    OVER_MAXIMUM,
    SHORT_BUFFER,
    Score,
    merge_cost,
    move_cost,
    outside_minutes,
    shorten_cost,
)
from assistant.domain.calendar.plan import Merge, Plan, both_required, merged_minutes, shortened_time
from assistant.domain.calendar.problem import Day, Event, Interval, Problem
from assistant.domain.calendar.rules import merge_starts, starts

# A model of more binaries than this takes longer to load than a caller waits and more memory than a function has.
MOST_BINARIES = 150_000


class TooLarge(Exception):
    """The calendar has too many choices to be searched, or more than there was time to write down."""


class Week:
    """The program of a calendar, and the plan an assignment of it means."""

    def __init__(self, problem: Problem, *, still_time: Callable[[], bool], program: Program | None = None) -> None:
        """Write the program, or write the week into a ``program`` that other weeks share.

        Raises:
            Unavailable: the solver is not installed.
            TooLarge: there are more than ``MOST_BINARIES`` choices, or ``still_time`` said no.

        """
        self._problem = problem
        self._still_time = still_time
        self.program = Program() if program is None else program
        self._fixed = tuple(
            not (event.movable or event.declinable or event.shortened is not None) for event in problem.events
        )
        self._choices: list[list[Variable]] = [[] for _ in problem.events]
        self._standing: dict[int, Standing] = {}
        self._declined: dict[int, Variable] = {}
        self._placements: list[Placement] = []
        self._conflicts: dict[tuple[int, int], Variable] = {}
        self._offer_choices()
        self._price_pairs()
        fixed = [event.at for number, event in enumerate(problem.events) if self._fixed[number]]
        self._tasks = Tasks(self.program, problem, fixed, check=self._check_size)
        separation = Separation(self.program, problem, conflicts=self._conflicts, unscheduled=self._tasks.unscheduled)
        for day, offers in zip(problem.days, self._by_day(), strict=True):
            self._check_size()
            separation.keep_apart(day, offers)
            self._limit_meetings(day, offers.placements)
        self._respect_declined()

    def plan(self, values: Sequence[int]) -> Plan:
        """Return the plan an assignment means, without focus blocks."""
        events = self._problem.events
        chosen = [placement for placement in self._placements if values[placement.variable]]
        return Plan(
            moved={events[one.events[0]].id: one.at for one in chosen if len(one.events) == 1},
            declined=frozenset(events[number].id for number, variable in self._declined.items() if values[variable]),
            shortened=frozenset(
                events[number].id
                for number, standing in self._standing.items()
                if len(standing.times) > 1 and values[standing.times[1][0]]
            ),
            merged=tuple(
                Merge(events[one.events[0]].id, events[one.events[1]].id, one.at)
                for one in chosen
                if len(one.events) > 1
            ),
            tasks=self._tasks.planned(values),
        )

    def moves(self, name: str) -> Mapping[Interval, Variable]:
        """Return the new times on offer for an event alone."""
        events = self._problem.events
        alone = (one for one in self._placements if len(one.events) == 1)
        return {one.at: one.variable for one in alone if events[one.events[0]].id == name}

    def values_of(self, plan: Plan) -> Mapping[Variable, int]:
        """Return what a plan means for the choices and the pieces of tasks."""
        names = {event.id: number for number, event in enumerate(self._problem.events)}
        taken = {(frozenset({names[name]}), at) for name, at in plan.moved.items()}
        taken |= {(frozenset({names[one.first], names[one.second]}), one.at) for one in plan.merged}
        chosen = {one.variable for one in self._placements if (frozenset(one.events), one.at) in taken}
        chosen |= {self._declined[names[name]] for name in plan.declined}
        chosen |= {self._standing[names[name]].times[1][0] for name in plan.shortened}
        chosen |= set(self._tasks.chosen(plan))
        for number, standing in self._standing.items():
            if chosen.isdisjoint(self._choices[number]):
                chosen.add(standing.times[0][0])
        offered = {variable for choices in self._choices for variable in choices}
        offered |= {*self._tasks.unscheduled, *(one.variable for one in self._tasks.pieces)}
        return {variable: int(variable in chosen) for variable in sorted(offered)}

    def _offer_choices(self) -> None:
        events = self._problem.events
        for number, event in enumerate(events):
            if self._fixed[number]:
                self.program.charge(None, self._cost_of_staying(event, event.at))
                continue
            self._offer_standing(number, event)
            if event.declinable:
                self._declined[number] = self.program.binary(Score(0, 0, DECLINED[event.priority]))
                self._choices[number].append(self._declined[number])
            self._offer_times(
                (number,), [(start, move_cost(self._problem, event, start)) for start in starts(self._problem, event)]
            )
        by_key: defaultdict[str, list[int]] = defaultdict(list)
        for number, event in enumerate(events):
            if event.merge_key is not None and event.movable:
                by_key[event.merge_key].append(number)
        for first, second in (pair for numbers in by_key.values() for pair in combinations(numbers, 2)):
            price = merge_cost(events[first], events[second])
            times = merge_starts(self._problem, events[first], events[second])
            self._offer_times((first, second), [(start, price) for start in times])
        for choices in self._choices:
            if choices:
                self.program.exactly_one(choices)

    def _offer_standing(self, number: int, event: Event) -> None:
        whole = (self.program.binary(self._cost_of_staying(event, event.at)), event.at)
        times: tuple[tuple[Variable, Interval], ...] = (whole,)
        if event.shortened is not None:
            short = shortened_time(event)
            outside = self._cost_of_staying(event, short).unmet
            times = (whole, (self.program.binary(Score(0, outside, shorten_cost(event))), short))
        self._standing[number] = Standing(number, event.is_meeting, times)
        self._choices[number] += self._standing[number].kept

    def _cost_of_staying(self, event: Event, at: Interval) -> Score:
        return Score(0, outside_minutes(self._problem, at) if event.is_meeting else 0, 0)

    def _offer_times(self, numbers: tuple[int, ...], priced: Iterable[tuple[int, int]]) -> None:
        """Offer the starts that clash with nothing nobody may change."""
        problem = self._problem
        events = [problem.events[number] for number in numbers]
        minutes = merged_minutes(*events) if len(events) > 1 else events[0].minutes
        required = frozenset(events[0].required if len(events) == 1 else both_required(*events))
        obstacles = self._obstacles(required, meeting=events[0].is_meeting)
        for start, price in priced:
            self._check_size()
            at = Interval(start, start + minutes)
            if any(at.overlaps(obstacle) for obstacle in obstacles):
                continue
            day = problem.days[problem.day_index(start)].date
            here = [number for number in numbers if problem.events[number].day == day]
            first = here[0] if here else numbers[0]
            placement = Placement(
                self.program.binary(Score(0, 0, price)),
                at,
                (first, *(number for number in numbers if number != first)),
                problem.events[first].is_meeting,
                not here,
                required,
            )
            self._placements.append(placement)
            for number in numbers:
                self._choices[number].append(placement.variable)

    def _obstacles(self, required: frozenset[str], *, meeting: bool) -> Sequence[Interval]:
        """Return where nothing new may stand: fixed events, and meetings that go on when the user declines them."""
        buffer = self._problem.buffer
        found = []
        for number, event in enumerate(self._problem.events):
            if self._fixed[number]:
                around = buffer if meeting and event.is_meeting else 0
                found.append(Interval(event.start - around, event.end + around))
            elif not (event.movable or event.shortened is not None or required.isdisjoint(event.required)):
                found.append(event.at)
        return found

    def _price_pairs(self) -> None:
        """Price what overlaps or follows too closely today for as long as both stay.

        Only the end of the earlier one changes what the two are to each other.
        """
        events = self._problem.events
        for number, event in enumerate(events):
            self._check_size()
            for other in range(number + 1, len(events)):
                if events[other].start >= event.end + self._problem.buffer:
                    break
                for price, earlier in self._prices_of(number, event, events[other]):
                    self._charge_pair(price, (number, other), earlier)

    def _prices_of(self, number: int, event: Event, later: Event) -> Iterator[tuple[Score, list[Variable]]]:
        """Yield the prices of a pair, each with the choices for the earlier event that make it due."""
        times = self._standing[number].times if number in self._standing else ((None, event.at),)
        due: defaultdict[Score, list[Variable]] = defaultdict(list)
        for variable, at in times:
            price = self._price_of(at.end, event, later)
            if price != FREE:
                due[price] += [] if variable is None else [variable]
        yield from due.items()

    def _price_of(self, end: int, event: Event, later: Event) -> Score:
        if later.start < end:
            return Score(1, 0, 0)
        if event.is_meeting and later.is_meeting and later.start - end < self._problem.buffer:
            return Score(0, 0, SHORT_BUFFER)
        return FREE

    def _charge_pair(self, price: Score, pair: tuple[int, int], earlier: list[Variable]) -> None:
        later = self._standing[pair[1]].kept if pair[1] in self._standing else []
        if earlier and later:
            both = self.program.binary(price)
            self.program.at_most(1, [*earlier, *later], [(both, 1)])
            if price.conflicts:
                self._conflicts[pair] = both
        elif earlier or later:
            for variable in earlier or later:
                self.program.charge(variable, price)
        else:
            self.program.charge(None, price)

    def _by_day(self) -> Sequence[DayOffers]:
        problem = self._problem
        offers = [DayOffers() for _ in problem.days]
        for placement in self._placements:
            offers[problem.day_index(placement.at.start)].placements.append(placement)
        for piece in self._tasks.pieces:
            offers[problem.day_index(piece.at.start)].pieces.append(piece)
        for number, event in enumerate(problem.events):
            first = max(0, problem.day_index(event.start))
            for index in range(first, problem.day_index(event.end + problem.buffer - 1) + 1):
                if self._fixed[number]:
                    offers[index].fixed.append(event.at)
                else:
                    offers[index].standing.append(self._standing[number])
        return offers

    def _respect_declined(self) -> None:
        """Keep those who are needed in a declined meeting from being needed elsewhere at its time."""
        for number, declined in self._declined.items():
            event = self._problem.events[number]
            if not event.movable and event.shortened is None:
                continue
            by_events: defaultdict[tuple[int, ...], list[Variable]] = defaultdict(list)
            for one in self._placements:
                if (
                    number not in one.events
                    and one.at.overlaps(event.at)
                    and not one.required.isdisjoint(event.required)
                ):
                    by_events[tuple(sorted(one.events))].append(one.variable)
            for placements in by_events.values():
                self.program.at_most_one([*placements, declined])

    def _limit_meetings(self, day: Day, placements: Iterable[Placement]) -> None:
        """Price the meetings over the maximum, and let none arrive on a day that has more than that."""
        most = self._problem.max_per_day
        if most is None:
            return
        here = [
            number for number, event in enumerate(self._problem.events) if event.is_meeting and event.day == day.date
        ]
        staying = [variable for number in here if number in self._standing for variable in self._standing[number].kept]
        meetings = [one for one in placements if one.meeting]
        counted = [*staying, *(one.variable for one in meetings)]
        room = most - sum(self._fixed[number] for number in here)
        arriving: defaultdict[tuple[int, ...], list[Variable]] = defaultdict(list)
        for one in meetings:
            if one.arrives:
                arriving[one.events].append(one.variable)
        if len(here) <= most:
            if arriving:
                self.program.at_most(room, counted)
            return
        over = self.program.integer(len(here) - most, Score(0, OVER_MAXIMUM, 0))
        self.program.at_most(room, counted, [(over, 1)])
        if arriving:
            full = self.program.binary()
            self.program.at_most(0, [over], [(full, len(here) - most)])
            for choices in arriving.values():
                self.program.at_most_one([*choices, full])

    def _check_size(self) -> None:
        if self.program.variables > MOST_BINARIES or not self._still_time():
            raise TooLarge
