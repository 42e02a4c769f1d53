"""Use case: show a kept plan, as a document or as a picture."""

from collections.abc import Mapping
from datetime import date
from typing import Self

from pydantic import AwareDatetime, BaseModel, Field

from assistant.domain.calendar.metrics import Metrics, metrics
from assistant.domain.calendar.objective import Score, do_nothing, score
from assistant.domain.calendar.plan_record import PlanRecord, ProofState
from assistant.domain.calendar.request import Constraints
from assistant.domain.calendar.solution import Status, WeekSolution
from assistant.domain.calendar.suggestions import Suggestion, Tiers, reviewed, suggestions
from assistant.domain.calendar.unmet import Unmet, unmet
from assistant.domain.errors import NotFound
from assistant.domain.users import Identity
from assistant.ports.calendar import PlanStore

PICTURE_SUFFIX = ".svg"
# In bytes; Lambda answers with no more than 6 MB, headers and escapes of JSON included.
LARGEST_PICTURE = 4_500_000


class Gaps(BaseModel):
    """By how much each tier might still fall; null where a tier above is open, so that nothing is known."""

    conflicts: int | None
    unmet: int | None
    cost: int | None


class Proof(BaseModel):
    """What is known about the plan: no allowed plan scores lower than ``bounds``."""

    status: Status
    state: ProofState
    bounds: Tiers | None
    gap: Gaps

    @classmethod
    def of(cls, solution: WeekSolution, state: ProofState) -> Self:
        """Return what a solver proved."""
        conflicts, open_wishes, cost = solution.gaps
        bounds = Tiers.of(solution.bounds) if solution.bounds else None
        return cls(
            status=solution.status,
            state=state,
            bounds=bounds,
            gap=Gaps(conflicts=conflicts, unmet=open_wishes, cost=cost),
        )


class CalendarNumbers(BaseModel):
    """A calendar in numbers; minutes of the working hours unless they say otherwise."""

    conflicts: int = Field(description="Pairs of events that overlap")
    outside_minutes: int = Field(description="Of meetings outside the allowed hours")
    buffer_violations: int = Field(description="Pairs of meetings with less than the buffer between")
    meeting_minutes: int
    meetings_per_day: Mapping[date, int]
    protected_focus_minutes: int
    focus_shortfall_minutes: int
    potential_focus_minutes: int = Field(description="In free gaps long enough for a focus block")
    fragmented_minutes: int = Field(description="In free gaps that are not")
    fragments: int
    longest_free_block: int

    @classmethod
    def of(cls, numbers: Metrics) -> Self:
        """Return the numbers as a caller sees them."""
        return cls.model_validate(numbers, from_attributes=True)


class BeforeAndAfter[Kind](BaseModel):
    """``before`` changes no event and protects the best focus blocks there are; ``after`` is the plan."""

    before: Kind
    after: Kind


class PlanView(BaseModel):
    """A plan: what it suggests, what that brings, what stays unmet, and how much of it is proven."""

    user_id: str
    plan_id: str | None = Field(description="Null where the plan could not be kept")
    revision: int = Field(description="Counts from 1; suggestions of another revision can no longer be accepted")
    created_at: AwareDatetime
    timezone: str
    summary: str
    suggestions: tuple[Suggestion, ...]
    conflicts_resolved: int
    time_saved_minutes: int = Field(description="Sum over the suggestions")
    metrics: BeforeAndAfter[CalendarNumbers]
    score: BeforeAndAfter[Tiers]
    proof: Proof
    unmet: tuple[Unmet, ...] = Field(description="What could not be met, the gravest first")
    constraints: Constraints = Field(description="Those the plan was made with")


def show_plan(plan_id: str, caller: Identity, *, plans: PlanStore) -> PlanView:
    """Return the caller's plan as it is known by now.

    Raises:
        NotFound: no such plan is known, or it is forgotten.
        Unavailable: the store is down.
    """
    return plan_view(kept_plan(plan_id, caller, plans=plans))


def draw_plan(plan_id: str, caller: Identity, *, plans: PlanStore) -> str:
    """Return the caller's days before and after the plan as SVG.

    Raises:
        NotFound: as ``show_plan`` does, or the plan has too many events for a picture.
        Unavailable: the store is down.
    """
    record = kept_plan(plan_id, caller, plans=plans)
    # Only who asks for a picture waits for what draws it.
    from assistant.domain.calendar.picture import week_svg  # noqa: PLC0415

    picture = week_svg(record.problem, before=do_nothing(record.problem), after=record.solution.plan)
    if len(picture.encode()) > LARGEST_PICTURE:
        raise NotFound("This plan has too many events for a picture.")
    return picture


def kept_plan(plan_id: str, caller: Identity, *, plans: PlanStore) -> PlanRecord:
    """Return the caller's plan; raises NotFound or Unavailable."""
    record = plans.find(caller.user_id, plan_id)
    if record is None:
        raise NotFound("No such plan is known. Plans are kept for 30 days.")
    return record


def plan_view(record: PlanRecord, *, kept: bool = True) -> PlanView:
    """Return a plan as a caller sees it; the id only of a plan that is ``kept``."""
    problem, plan = record.problem, record.solution.plan
    nothing = do_nothing(problem)
    before, after = metrics(problem, nothing), metrics(problem, plan)
    suggested = suggestions(reviewed(problem, plan), revision=record.revision)
    resolved = max(0, before.conflicts - after.conflicts)
    return PlanView(
        user_id=record.user_id,
        plan_id=record.plan_id if kept else None,
        revision=record.revision,
        created_at=record.created_at,
        timezone=problem.zone.key,
        summary=_summary(suggested, before, after),
        suggestions=suggested,
        conflicts_resolved=resolved,
        time_saved_minutes=sum(one.time_saved_minutes for one in suggested),
        metrics=BeforeAndAfter(before=CalendarNumbers.of(before), after=CalendarNumbers.of(after)),
        score=_tiers(score(problem, nothing), record.solution.score),
        proof=Proof.of(record.solution, record.proof),
        unmet=unmet(problem, plan),
        constraints=record.constraints,
    )


def _tiers(before: Score, after: Score) -> BeforeAndAfter[Tiers]:
    return BeforeAndAfter(before=Tiers.of(before), after=Tiers.of(after))


def _summary(suggested: tuple[Suggestion, ...], before: Metrics, after: Metrics) -> str:
    counted = "1 suggestion" if len(suggested) == 1 else f"{len(suggested)} suggestions"
    return (
        f"{counted}: conflicts {before.conflicts} to {after.conflicts}, protected focus minutes "
        f"{before.protected_focus_minutes} to {after.protected_focus_minutes}"
    )
