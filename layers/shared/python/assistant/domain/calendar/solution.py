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
class Solution[Planned]:
    """What is planned, its score, and ``bounds``: nothing allowed scores lower than these, compared tier by tier."""

    plan: Planned
    status: Status
    score: Score
    bounds: Score | None
    """None where nothing was proven."""
    seconds: float
    """Spent on the search, building the model included."""

    @property
    def gaps(self) -> tuple[int | None, int | None, int | None]:
        """By how much each tier may still fall; None for a tier below an open one, where nothing is known."""
        if self.bounds is None:
            return (None, None, None)
        gaps: list[int | None] = []
        for found, bound in zip(self.score.tiers, self.bounds.tiers, strict=True):
            closed = all(gap == 0 for gap in gaps)
            gaps.append(found - bound if closed else None)
        return (gaps[0], gaps[1], gaps[2])


type WeekSolution = Solution[Plan]
"""The plan of one calendar."""
type TeamSolution = Solution[Mapping[str, Plan]]
"""A plan for each member, shared meetings at one time in all of them."""
