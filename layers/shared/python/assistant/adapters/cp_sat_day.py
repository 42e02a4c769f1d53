"""What one day of the calendar's program may hold at the same time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, groupby

from assistant.adapters.cp_sat_focus import Focus, offer_focus
from assistant.adapters.cp_sat_program import Program, Variable
from assistant.adapters.cp_sat_tasks import Piece
from assistant.domain.calendar.problem import Day, Interval, Problem


@dataclass(frozen=True, slots=True)
class Placement:
    """A new time on offer, of one event or of two that become one; the first keeps its id."""

    variable: Variable
    at: Interval
    events: tuple[int, ...]
    meeting: bool
    arrives: bool
    """Whether it is on a day that none of its events is on now."""
    required: frozenset[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """An event that may stay where it is, whole or shortened."""

    event: int
    meeting: bool
    times: tuple[tuple[Variable, Interval], ...]

    @property
    def kept(self) -> list[Variable]:
        """The choices that leave it where it is."""
        return [variable for variable, _ in self.times]


@dataclass(slots=True)
class DayOffers:
    """What may stand on one day beside the events that nobody may change."""

    fixed: list[Interval] = field(default_factory=list)
    placements: list[Placement] = field(default_factory=list)
    standing: list[Standing] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)


class Separation:
    """Rows that keep the events, tasks and focus blocks of a day from standing at the same time."""

    def __init__(
        self,
        program: Program,
        problem: Problem,
        *,
        conflicts: Mapping[tuple[int, int], Variable],
        unscheduled: Sequence[Variable],
    ) -> None:
        """Write into ``program``; ``conflicts`` are priced pairs of events, ``unscheduled`` is by task."""
        self._program = program
        self._problem = problem
        self._conflicts = conflicts
        self._unscheduled = unscheduled
        self._occupied: dict[tuple[Variable, ...], Variable] = {}

    def keep_apart(self, day: Day, offers: DayOffers) -> None:
        """Let at most one thing stand at any time, whatever may overlap today excepted.

        It is enough to look where something starts. Focus and tasks may share a time.
        """
        focus = offer_focus(self._program, self._problem, day, offers.fixed)
        meetings = DayOffers(
            placements=[one for one in offers.placements if one.meeting],
            standing=[one for one in offers.standing if one.meeting],
            pieces=offers.pieces,
        )
        rest = len(offers.placements) > len(meetings.placements) or len(offers.standing) > len(meetings.standing)
        mixed = bool(focus or offers.pieces or rest)
        if mixed:
            self._apart(day, offers, focus, buffer=0)
        if meetings.placements and (self._problem.buffer or not mixed):
            self._apart(day, meetings, focus, buffer=self._problem.buffer)

    def _apart(self, day: Day, offers: DayOffers, focus: Sequence[Focus], *, buffer: int) -> None:
        """Write the rows of a day.

        Between meetings the buffer counts as part of the earlier one. What needs none begins that much later here: it
        covers all of the buffer before, so that it overlaps each meeting of the row.
        """
        points = {one.at.start for one in offers.placements}
        points |= {one.at.start + buffer for one in offers.pieces} | {one.at.start + buffer for one in focus}
        points |= {max(day.whole.start, one.times[0][1].start) for one in offers.standing}
        seen = set()
        for point in sorted(points):
            new = [one.variable for one in offers.placements if one.at.start <= point < one.at.end + buffer]
            taken = self._taken(offers.standing, point, buffer)
            if buffer and not (new or taken):
                continue
            pieces = [one for one in offers.pieces if one.at.start + buffer <= point < one.at.end]
            blocks = [one.variable for one in focus if one.at.start + buffer <= point < one.at.end]
            row = (*new, *taken, *blocks, *(one.variable for one in pieces))
            if row in seen:
                continue
            seen.add(row)
            if pieces:
                self._program.at_most_one([*new, *taken, *(one.variable for one in pieces)])
                self._forbid_pieces_of_unscheduled(pieces)
            if blocks or not pieces:
                self._program.at_most_one([*new, *taken, *blocks])

    def _taken(self, standing: Iterable[Standing], point: int, buffer: int) -> Sequence[Variable]:
        """Return binaries of which one is 1 where an event stays at this time."""
        here = [
            (one.event, [variable for variable, at in one.times if at.start <= point < at.end + buffer])
            for one in standing
        ]
        here = [(event, variables) for event, variables in here if variables]
        if not here:
            return ()
        if len(here) == 1:
            return here[0][1]
        variables = tuple(variable for _, kept in here for variable in kept)
        if variables not in self._occupied:
            occupied = self._occupied[variables] = self._program.binary()
            for _, kept in here:
                self._program.at_most(0, kept, [(occupied, 1)])
            overlaps = [self._conflicts.get((first, second)) for (first, _), (second, _) in combinations(here, 2)]
            if not buffer:
                # Each event that stays beside another makes at least one conflict: implied, and tighter than pairs.
                self._program.at_most(
                    0, variables, [(occupied, 1), *((both, 1) for both in overlaps if both is not None)]
                )
        return (self._occupied[variables],)

    def _forbid_pieces_of_unscheduled(self, pieces: Sequence[Piece]) -> None:
        for task, same in groupby(pieces, key=lambda one: one.only):
            if task is not None:
                self._program.at_most_one([*(one.variable for one in same), self._unscheduled[task]])
