"""Kept plans of the busy week, and solvers that are missing or have no time."""

from datetime import datetime
from functools import cache

from assistant.domain.calendar.defaults import completed
from assistant.domain.calendar.greedy import greedy_plan
from assistant.domain.calendar.objective import score
from assistant.domain.calendar.plan import Plan
from assistant.domain.calendar.plan_record import PlanRecord, ProofState
from assistant.domain.calendar.problem import Problem
from assistant.domain.calendar.solution import Solution, Status, WeekSolution
from assistant.domain.errors import Unavailable
from assistant.domain.preferences import Preferences
from tests.fakes.weeks import CONSTRAINTS, busy_week


@cache
def greedy_week() -> tuple[Problem, WeekSolution]:
    """Return the busy week and its greedy plan, of which nothing ever changes."""
    problem = busy_week()
    return problem, unproven(problem, greedy_plan(problem))


def greedy_record(plan_id: str, now: datetime, *, user_id: str = "user123") -> PlanRecord:
    """Return the greedy plan of the busy week, as it waits for its proof."""
    problem, solution = greedy_week()
    return PlanRecord(
        user_id=user_id,
        plan_id=plan_id,
        created_at=now,
        revision=1,
        constraints=completed(CONSTRAINTS, Preferences()),
        problem=problem,
        solution=solution,
        proof=ProofState.QUEUED,
    )


def unproven(problem: Problem, plan: Plan) -> WeekSolution:
    """Return a plan of which nothing is known but its score."""
    return Solution(plan, Status.FEASIBLE, score(problem, plan), bounds=None, seconds=0.0)


class MissingSolver:
    """Implements ``ports.PlanSolver``; is never there."""

    def solve(self, problem: Problem, start: Plan, *, seconds: float) -> WeekSolution:  # noqa: ARG002 the port has them
        raise Unavailable("no solver")


class HastySolver:
    """Implements ``ports.PlanSolver``; returns what it started from, and notes how long it might have looked."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def solve(self, problem: Problem, start: Plan, *, seconds: float) -> WeekSolution:
        self.seconds.append(seconds)
        return unproven(problem, start)
