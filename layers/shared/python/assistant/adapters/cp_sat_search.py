"""A search in two stages: first the upper two tiers of the objective, then the third with those held.

Without the third tier the program is small and loose, so that its optimum is proven in a twentieth of the whole: the
tiers that matter most are certain almost at once. What is left has small prices, which the linear relaxation takes
better than one sum weighted by the ranges of three tiers. Measured in docs/calendar-solver.md.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from assistant.adapters.cp_sat_program import Program, Variable
from assistant.domain.calendar.objective import Score
from assistant.domain.calendar.solution import Solution, Status
from assistant.domain.errors import Unavailable

logger = logging.getLogger(__name__)

# Of the time there is, what the upper tiers may use: a plan that is best in them alone disturbs for no reason.
_FIRST_STAGE = 0.5


@contextmanager
def failures_as_unavailable() -> Iterator[None]:
    """Raise what goes wrong in a solver, memory that runs out too, as Unavailable: there is a plan without it."""
    try:
        yield
    except Unavailable:
        raise
    except Exception as error:
        logger.error("the solver failed", extra={"error": type(error).__name__})  # noqa: TRY400 it may quote the calendar
        raise Unavailable(f"the solver failed: {type(error).__name__}") from error


class Search[Planned]:
    """The best that was found so far, and the time that is left."""

    def __init__(self, start: Planned, *, scored: Callable[[Planned], Score], seconds: float) -> None:
        """Begin with what is planned already, and its score."""
        self._began = time.monotonic()
        self._seconds = seconds
        self._scored = scored
        self._best, self._score = start, scored(start)

    def still_time(self) -> bool:
        """Whether any is left."""
        return self._left() > 0

    def solution(self, bounds: Score | None) -> Solution[Planned]:
        """Return the best; it is optimal when the bounds have met its score.

        Raises:
            Unavailable: the bounds deny a plan that is there, so the model is wrong about this calendar.

        """
        if bounds and bounds > self._score:
            raise Unavailable("the solver's bounds lie above the score of an allowed plan")
        status = Status.OPTIMAL if bounds == self._score else Status.FEASIBLE
        return Solution(self._best, status, self._score, bounds, time.monotonic() - self._began)

    def run(
        self,
        program: Program,
        *,
        read: Callable[[Sequence[int]], Planned],
        hint: Callable[[Planned], Mapping[Variable, int]],
    ) -> Score | None:
        """Search both stages; return the bounds, that of a tier not reached at its least, None where no time was left.

        ``read`` makes a plan of an assignment, ``hint`` the assignment of a plan.

        Raises:
            Unavailable: the solver failed, or ``read`` found its answer not allowed.

        """
        if not self.still_time():
            return None
        fixed = program.fixed
        conflicts, unmet = self._upper(program, read)
        closed = (conflicts, unmet) == self._score.tiers[:2]
        keep = program.hold if closed else program.cap
        keep(0, self._score.conflicts - fixed.conflicts)
        keep(1, self._score.unmet - fixed.unmet)
        program.hint(hint(self._best))
        cost = self._improve(program, (0, 0, 1), read, seconds=self._left())
        return Score(conflicts, unmet, fixed.cost + (cost if closed else 0))

    def _upper(self, program: Program, read: Callable[[Sequence[int]], Planned]) -> tuple[int, int]:
        """Search the upper two tiers, if they can be any better; return their bounds."""
        fixed = program.fixed.tiers[:2]
        if self._score.tiers[:2] == fixed:
            return fixed
        range_of_unmet = program.ranges().unmet + 1
        bound = self._improve(program, (range_of_unmet, 1, 0), read, seconds=_FIRST_STAGE * self._left())
        conflicts, unmet = divmod(bound, range_of_unmet)
        return fixed[0] + conflicts, fixed[1] + unmet

    def _improve(
        self,
        program: Program,
        weights: tuple[int, int, int],
        read: Callable[[Sequence[int]], Planned],
        *,
        seconds: float,
    ) -> int:
        """Search once and keep what is better; return the bound, 0 where no time was left."""
        if seconds <= 0:
            return 0
        outcome = program.minimize(weights, seconds=seconds)
        if outcome.values is not None:
            found = read(outcome.values)
            reached = self._scored(found)
            if reached < self._score:
                self._best, self._score = found, reached
        return outcome.bound

    def _left(self) -> float:
        return self._began + self._seconds - time.monotonic()
