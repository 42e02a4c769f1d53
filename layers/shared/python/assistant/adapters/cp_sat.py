"""The ``PlanSolver`` on OR-Tools CP-SAT.

One search over the weighted sum of the three tiers, each weight above all that the tiers below can cost, is the fast
way to a good plan and its proof; a bound on that sum is a bound on the tiers read as its digits. ``prove_tiers`` closes
one tier after the other instead.
"""

import time
from contextlib import suppress
from dataclasses import replace

from assistant.adapters.cp_sat_program import Program, bindings
from assistant.adapters.cp_sat_week import TooLarge, Week
from assistant.domain.calendar.objective import Score, best_focus, score
from assistant.domain.calendar.plan import Plan
from assistant.domain.calendar.problem import Problem
from assistant.domain.calendar.rules import violations
from assistant.domain.calendar.solution import Solution, Status, WeekSolution
from assistant.domain.errors import Unavailable

_ONE_TIER = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


class CpSatSolver:
    """Looks for the best plan with one worker and a fixed seed."""

    def prime(self) -> None:
        """Load the solver's libraries ahead of the first request; where they are missing, ``solve`` says so."""
        with suppress(Unavailable):
            bindings()

    def solve(self, problem: Problem, start: Plan, *, seconds: float, prove_tiers: bool = False) -> WeekSolution:
        """Return the best allowed plan found within ``seconds``, never one that scores higher than ``start``.

        Raises:
            Unavailable: the solver is not installed, failed, or contradicts the domain's own reckoning.

        """
        search = _Search(problem, start, seconds)
        try:
            week = Week(problem, still_time=search.still_time)
        except TooLarge:
            return search.solution(bounds=None)
        bounds = search.by_tiers(week) if prove_tiers else search.at_once(week)
        return search.solution(bounds)


class _Search:
    """The best plan so far and the time that is left."""

    def __init__(self, problem: Problem, start: Plan, seconds: float) -> None:
        self._problem = problem
        self._started = time.monotonic()
        self._seconds = seconds
        self._best, self._score = start, score(problem, start)

    def still_time(self) -> bool:
        """Whether any is left."""
        return self._left() > 0

    def solution(self, bounds: Score | None) -> WeekSolution:
        """Return the best plan."""
        return concluded(self._best, self._score, bounds, time.monotonic() - self._started)

    def at_once(self, week: Week) -> Score | None:
        """Search all tiers in one weighted sum; return the bounds."""
        ranges = week.program.ranges()
        bound = self._improve(week, weights_of(ranges))
        return None if bound is None else tiers_of(bound, ranges, week.program)

    def by_tiers(self, week: Week) -> Score | None:
        """Search and close one tier after the other; return the bounds, those of tiers not reached at their least."""
        program = week.program
        bounds: list[int] = list(program.fixed.tiers)
        for tier, weights in enumerate(_ONE_TIER):
            bound = self._improve(week, weights)
            if bound is None:
                return Score(*bounds) if tier else None
            bounds[tier] += bound
            if bounds[tier] != self._score.tiers[tier]:
                break
            program.cap(tier, bound)
        return Score(*bounds)

    def _improve(self, week: Week, weights: tuple[int, int, int]) -> int | None:
        """Search once and keep what is better; return the bound, None where no time was left."""
        if not self.still_time():
            return None
        outcome = week.program.minimize(weights, seconds=self._left())
        if outcome.values is not None:
            found = week.plan(outcome.values)
            found = replace(found, focus=best_focus(self._problem, found))
            broken = violations(self._problem, found)
            if broken:
                raise Unavailable(f"the solver's plan breaks {len(broken)} rules, {broken[0].rule} first")
            reached = score(self._problem, found)
            if reached < self._score:
                self._best, self._score = found, reached
        return outcome.bound

    def _left(self) -> float:
        return self._started + self._seconds - time.monotonic()


def concluded[Planned](plan: Planned, reached: Score, bounds: Score | None, seconds: float) -> Solution[Planned]:
    """Return what was found in ``seconds``; it is optimal when the bounds have met its score.

    Raises:
        Unavailable: the bounds deny a plan that is there, so the model is wrong about this calendar.

    """
    if bounds and bounds > reached:
        raise Unavailable("the solver's bounds lie above the score of an allowed plan")
    status = Status.OPTIMAL if bounds == reached else Status.FEASIBLE
    return Solution(plan, status, reached, bounds, seconds)


def weights_of(ranges: Score) -> tuple[int, int, int]:
    """Return the weight of each tier, above all that the tiers below can cost."""
    return ((ranges.unmet + 1) * (ranges.cost + 1), ranges.cost + 1, 1)


def tiers_of(bound: int, ranges: Score, program: Program) -> Score:
    """Return a bound on the weighted sum as the least score, tier by tier, whose sum is not below it."""
    unmet, cost = divmod(bound, ranges.cost + 1)
    conflicts, unmet = divmod(unmet, ranges.unmet + 1)
    fixed = program.fixed
    return Score(fixed.conflicts + conflicts, fixed.unmet + unmet, fixed.cost + cost)
