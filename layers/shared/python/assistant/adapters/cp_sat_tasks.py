"""Tasks as binaries of the calendar's program: which are left out, and where their pieces stand.

Tasks that may begin at the same time, in pieces of one length, share these: which piece is whose is settled afterwards,
so that the search has no plans to tell apart that differ in that alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from assistant.adapters.cp_sat_program import Program, Variable
from assistant.domain.calendar.objective import UNSCHEDULED, Score
from assistant.domain.calendar.plan import Plan
from assistant.domain.calendar.problem import Interval, Minute, Problem
from assistant.domain.calendar.rules import task_starts


@dataclass(frozen=True, slots=True)
class Piece:
    """A time on offer for a piece of a task."""

    variable: Variable
    at: Interval
    only: int | None
    """The task, where no other could have it."""


@dataclass(frozen=True, slots=True)
class _Alike:
    """Tasks by deadline, and the pieces they share by time."""

    tasks: Sequence[int]
    pieces: Sequence[Piece]


class Tasks:
    """The tasks of a calendar in its program."""

    def __init__(
        self, program: Program, problem: Problem, fixed: Sequence[Interval], *, check: Callable[[], None]
    ) -> None:
        """Write into ``program`` what is clear of the ``fixed`` events; ``check`` raises where that is too much."""
        self._program = program
        self._problem = problem
        self._check = check
        self.unscheduled = [program.binary(Score(0, UNSCHEDULED[task.priority], 0)) for task in problem.tasks]
        alike: defaultdict[tuple[int, Minute], list[int]] = defaultdict(list)
        for number in sorted(range(len(problem.tasks)), key=lambda number: problem.tasks[number].deadline):
            alike[problem.tasks[number].chunk, problem.tasks[number].earliest].append(number)
        self._alike = [_Alike(numbers, self._offered(numbers, fixed)) for numbers in alike.values()]
        for one in self._alike:
            self._count(one)

    @property
    def pieces(self) -> Sequence[Piece]:
        """All times on offer."""
        return [piece for alike in self._alike for piece in alike.pieces]

    def planned(self, values: Sequence[int]) -> Mapping[str, tuple[Interval, ...]]:
        """Return the pieces of each scheduled task: the earlier ones are those of the earlier deadline."""
        tasks = self._problem.tasks
        planned: defaultdict[str, list[Interval]] = defaultdict(list)
        for alike in self._alike:
            scheduled = [tasks[number] for number in alike.tasks if not values[self.unscheduled[number]]]
            wanting = [task.id for task in scheduled for _ in range(task.chunks)]
            chosen = [piece.at for piece in alike.pieces if values[piece.variable]]
            for name, at in zip(wanting, chosen, strict=True):
                planned[name].append(at)
        return {name: tuple(pieces) for name, pieces in planned.items()}

    def chosen(self, plan: Plan) -> Iterator[Variable]:
        """Yield the variables that are 1 in a plan."""
        tasks = zip(self.unscheduled, self._problem.tasks, strict=True)
        yield from (left_out for left_out, task in tasks if task.id not in plan.tasks)
        taken = {at for pieces in plan.tasks.values() for at in pieces}
        yield from (piece.variable for piece in self.pieces if piece.at in taken)

    def _offered(self, numbers: Sequence[int], fixed: Sequence[Interval]) -> Sequence[Piece]:
        """Offer the pieces of tasks that are alike: the last of them may have all."""
        tasks = self._problem.tasks
        pieces = []
        for start in task_starts(self._problem, tasks[numbers[-1]]):
            self._check()
            at = Interval(start, start + tasks[numbers[-1]].chunk)
            if not any(at.overlaps(event) for event in fixed):
                in_time = [number for number in numbers[-2:] if at.end <= tasks[number].deadline]
                pieces.append(Piece(self._program.binary(), at, in_time[0] if len(in_time) == 1 else None))
        return pieces

    def _count(self, alike: _Alike) -> None:
        """Let the scheduled tasks have as many pieces as they want, and by each deadline those that are due then."""
        tasks = self._problem.tasks
        due: list[tuple[Variable, int]] = []
        for deadline, numbers in groupby(alike.tasks, key=lambda number: tasks[number].deadline):
            self._check()
            due += [(self.unscheduled[number], tasks[number].chunks) for number in numbers]
            wanted = sum(chunks for _, chunks in due)
            terms = [*((piece.variable, 1) for piece in alike.pieces if piece.at.end <= deadline), *due]
            if len(due) == len(alike.tasks):
                self._program.equals(wanted, terms)
            else:
                self._program.at_least(wanted, terms)
