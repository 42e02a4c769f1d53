"""What a solver found, and how much of it is proven."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from assistant.domain.calendar.objective import Score
from assistant.domain.calendar.plan import Plan


class Status(StrEnum):
    """How much is known about a plan."""

    OPTIMAL = "optimal"
    """No allowed plan scores lower."""
    FEASIBLE = "feasible"
    """Time ran out before the proof."""
    GREEDY = "greedy"
    """No solver looked at it."""


@dataclass(frozen=True, slots=True)
class Solution:
    """An allowed plan, its score, and ``bounds``: no allowed plan scores lower than these, compared tier by tier."""

    plan: Plan
    status: Status
    score: Score
    bounds: Score | None
    """None where nothing was proven."""
    seconds: float
    """Spent on the search, building the model included."""

    @property
    def gaps(self) -> tuple[int | None, int | None, int | None]:
        """By how much each tier may still fall; None for a tier below an open one, where nothing is known."""
        return _gaps(self.score, self.bounds)


@dataclass(frozen=True, slots=True)
class TeamSolution:
    """A plan for each member, shared meetings at one time in all of them; the rest as for one calendar."""

    plans: Mapping[str, Plan]
    status: Status
    score: Score
    bounds: Score | None
    seconds: float
    """Spent on the search, building the model included."""

    @property
    def gaps(self) -> tuple[int | None, int | None, int | None]:
        """By how much each tier may still fall; None for a tier below an open one, where nothing is known."""
        return _gaps(self.score, self.bounds)


def _gaps(score: Score, bounds: Score | None) -> tuple[int | None, int | None, int | None]:
    if bounds is None:
        return (None, None, None)
    gaps: list[int | None] = []
    for found, bound in zip(score.tiers, bounds.tiers, strict=True):
        closed = all(gap == 0 for gap in gaps)
        gaps.append(found - bound if closed else None)
    return (gaps[0], gaps[1], gaps[2])
