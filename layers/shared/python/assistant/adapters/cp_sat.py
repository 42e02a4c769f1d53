"""The ``PlanSolver`` on OR-Tools CP-SAT."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from assistant.adapters.cp_sat_program import bindings
from assistant.adapters.cp_sat_search import Search, failures_as_unavailable
from assistant.adapters.cp_sat_week import TooLarge, Week
from assistant.domain.calendar.objective import best_focus, score
from assistant.domain.calendar.plan import Plan
from assistant.domain.calendar.problem import Problem
from assistant.domain.calendar.rules import violations
from assistant.domain.calendar.solution import WeekSolution
from assistant.domain.errors import Unavailable


class CpSatSolver:
    """Looks for the best plan with one worker and a fixed seed."""

    def prime(self) -> None:
        """Load the solver's libraries ahead of the first request; where they are missing, ``solve`` says so."""
        with suppress(Unavailable):
            bindings()

    @failures_as_unavailable()
    def solve(self, problem: Problem, start: Plan, *, seconds: float) -> WeekSolution:
        """Return the best allowed plan found within ``seconds``, never one that scores higher than ``start``.

        Raises:
            Unavailable: the solver is not installed, failed, or contradicts the domain's own reckoning.

        """
        search = Search(start, scored=partial(score, problem), seconds=seconds)
        try:
            week = Week(problem, still_time=search.still_time)
        except TooLarge:
            return search.solution(bounds=None)
        read = partial(_checked, problem, week)
        return search.solution(search.run(week.program, read=read, hint=week.values_of))


def _checked(problem: Problem, week: Week, values: Sequence[int]) -> Plan:
    """Return the plan with its focus blocks; an allowed one, or the solver failed."""
    found = week.plan(values)
    found = replace(found, focus=best_focus(problem, found))
    broken = violations(problem, found)
    if broken:
        raise Unavailable(f"the solver's plan breaks {len(broken)} rules, {broken[0].rule} first")
    return found
