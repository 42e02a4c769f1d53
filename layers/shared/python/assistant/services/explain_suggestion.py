"""Use case: say why a suggestion is made: what the plan is without it, and what could be done instead."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from assistant.domain.calendar.changes import ChangeType
from assistant.domain.calendar.counterfactual import Alternative, counterfactual
from assistant.domain.calendar.objective import Score
from assistant.domain.calendar.problem import Problem
from assistant.domain.calendar.reasoning import instruction
from assistant.domain.calendar.suggestions import Suggestion, Tiers, reviewed, suggestions, titles
from assistant.domain.calendar.unmet import Unmet
from assistant.domain.errors import NotFound
from assistant.domain.users import Identity
from assistant.ports.calendar import PlanStore
from assistant.services.show_plan import kept_plan


class AlternativeView(BaseModel):
    """The best other thing to do with the same event, task or focus time, all else kept that can be."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: ChangeType
    new_start: datetime | None
    new_end: datetime | None
    suggestion: str
    score: Tiers
    higher_by: Tiers
    """Than the plan as suggested; a tier may be lower where one above it is higher."""


class Explanation(BaseModel):
    """What a suggestion is worth."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    plan_id: str
    suggestion: Suggestion
    with_it: Tiers
    without: Tiers
    """Without it and all that depend on it, focus time placed anew."""
    unmet_without: tuple[Unmet, ...]
    """What only leaving it out leaves unmet."""
    alternative: AlternativeView | None
    """Null where nothing else is allowed."""


def explain_suggestion(plan_id: str, number: int, caller: Identity, *, plans: PlanStore) -> Explanation:
    """Return why suggestion ``number``, counted from 1, of the caller's plan is made.

    Raises:
        NotFound: no such plan is known, it is forgotten, or it has fewer suggestions.
        Unavailable: the store is down.
    """
    record = kept_plan(plan_id, caller, plans=plans)
    review = reviewed(record.problem, record.solution.plan)
    if number > len(review.changes):
        raise NotFound(f"The plan has {len(review.changes)} suggestions.")
    found = counterfactual(review, number - 1)
    return Explanation(
        plan_id=plan_id,
        suggestion=suggestions(review, revision=record.revision)[number - 1],
        with_it=Tiers.of(found.with_it),
        without=Tiers.of(found.without),
        unmet_without=found.unmet,
        alternative=_view(record.problem, found.alternative, record.solution.score) if found.alternative else None,
    )


def _view(problem: Problem, other: Alternative, suggested: Score) -> AlternativeView:
    at = other.change.at
    return AlternativeView(
        type=other.change.type,
        new_start=problem.local(at.start) if at else None,
        new_end=problem.local(at.end) if at else None,
        suggestion=instruction(problem, other.change, titles(problem)),
        score=Tiers.of(other.score),
        higher_by=Tiers.between(suggested, other.score),
    )
