"""Use case: accept some of a plan's suggestions: what they bring alone, and what they would break without the others.

Where they break nothing, the user is asked to approve what they change in connected calendars; before that nothing is
written.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.bounds import at_most
from assistant.domain.calendar.changes import closure, plan_of
from assistant.domain.calendar.metrics import metrics
from assistant.domain.calendar.objective import best_focus, do_nothing, score
from assistant.domain.calendar.plan import Plan
from assistant.domain.calendar.problem import Problem
from assistant.domain.calendar.rules import Rule, Violation, violations
from assistant.domain.calendar.suggestions import (
    AskedChange,
    Review,
    Tiers,
    reviewed,
    suggestion_id,
    unmade_buffers,
)
from assistant.domain.calendar.unmet import Unmet, unmet
from assistant.domain.errors import Conflict, FieldError, InvalidRequest
from assistant.domain.languages import WrittenLanguage
from assistant.domain.users import Identity
from assistant.ports.calendar import PlanProposer, PlanStore
from assistant.ports.runtime import AuditTrail, Clock
from assistant.services.show_plan import BeforeAndAfter, CalendarNumbers, kept_plan

_MOST_SUGGESTIONS = 20_000


def _once(ids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


class AcceptRequest(BaseModel):
    """Which suggestions of a plan to make use of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    suggestion_ids: Annotated[
        tuple[Annotated[str, Field(max_length=32, examples=["1-3"])], ...],
        BeforeValidator(at_most(_MOST_SUGGESTIONS)),
        AfterValidator(_once),
    ]
    propose: bool = Field(
        default=True,
        description="Whether to ask the user to approve what they change in connected calendars; else check only",
    )
    language: WrittenLanguage = Field(
        default=WrittenLanguage.ENGLISH, description="Of the title of focus time that is entered into a calendar"
    )


class MissingDependency(BaseModel):
    """A suggestion that needs others which were not chosen."""

    suggestion_id: str
    needs: tuple[str, ...]


class BrokenRule(BaseModel):
    """What the chosen suggestions would break by themselves; ``ids`` are events or tasks."""

    rule: Rule
    ids: tuple[str, ...]
    suggestion_ids: tuple[str, ...]


class Outcome(BaseModel):
    """The calendar with the chosen changes of events, beside the one without; each with its best focus blocks."""

    metrics: BeforeAndAfter[CalendarNumbers]
    score: BeforeAndAfter[Tiers]
    unmet: tuple[Unmet, ...]


class AcceptResponse(BaseModel):
    """The chosen suggestions judged alone.

    ``applied`` is false: no calendar is written to before the user approves what is ``asked``.
    """

    plan_id: str
    safe: bool = Field(description="Whether they break nothing without the others")
    applied: bool = False
    accepted: tuple[str, ...]
    missing: tuple[MissingDependency, ...]
    breaks: tuple[BrokenRule, ...]
    safe_together_with: tuple[str, ...] = Field(description="What to add so that nothing breaks")
    outcome: Outcome | None = Field(description="Null where a rule would be broken")
    asked: tuple[AskedChange, ...] = Field(
        default=(), description="Changes of connected calendars, for the user to approve"
    )


@dataclass(frozen=True, slots=True)
class AcceptPorts:
    """The ports accepting needs."""

    plans: PlanStore
    audit: AuditTrail
    clock: Clock
    propose: PlanProposer


def accept_suggestions(plan_id: str, request: AcceptRequest, caller: Identity, *, ports: AcceptPorts) -> AcceptResponse:
    """Check the chosen suggestions against the rules, and propose those that keep them.

    Raises:
        NotFound: no such plan is known, or it is forgotten.
        Conflict: a better plan was found since; its suggestions have other ids. Or the same was refused too often.
        InvalidRequest: the plan has no such suggestion; names it.
        Unavailable: the store, the queue or the notifier is down; accept them again.
    """
    record = kept_plan(plan_id, caller, plans=ports.plans)
    review = reviewed(record.problem, record.solution.plan)
    chosen = _chosen(request.suggestion_ids, review, record.revision)
    subset = plan_of(review.changes[index] for index in chosen)
    broken = (*violations(record.problem, subset), *unmade_buffers(review, chosen))
    counts = {"chosen": len(chosen), "broken": len(broken)}
    ports.audit.record(
        audit_event(
            AuditAction.CALENDAR_SUGGESTIONS_CHECKED, caller, ports.clock.now(), counts=counts, subject_id=plan_id
        )
    )
    ids = partial(_ids, record.revision)
    wanted = [review.changes[index] for index in sorted(chosen)] if request.propose and not broken else []
    asked = ports.propose(record, wanted, language=request.language, request_id=caller.request_id) if wanted else ()
    lacking = {index: review.needs[index] - chosen for index in sorted(chosen)}
    return AcceptResponse(
        plan_id=plan_id,
        safe=not broken,
        accepted=ids(chosen),
        missing=tuple(
            MissingDependency(suggestion_id=suggestion_id(record.revision, index + 1), needs=ids(needed))
            for index, needed in lacking.items()
            if needed
        ),
        breaks=tuple(
            BrokenRule(rule=one.rule, ids=one.ids, suggestion_ids=ids(_causes(one, review, chosen))) for one in broken
        ),
        safe_together_with=ids(closure(chosen, review.needs) - chosen),
        outcome=None if broken else _outcome(record.problem, subset),
        asked=tuple(asked),
    )


def _outcome(problem: Problem, subset: Plan) -> Outcome:
    nothing, after = do_nothing(problem), replace(subset, focus=best_focus(problem, subset))
    return Outcome(
        metrics=BeforeAndAfter(
            before=CalendarNumbers.of(metrics(problem, nothing)), after=CalendarNumbers.of(metrics(problem, after))
        ),
        score=BeforeAndAfter(before=Tiers.of(score(problem, nothing)), after=Tiers.of(score(problem, after))),
        unmet=unmet(problem, after),
    )


def _ids(revision: int, indexes: Iterable[int]) -> tuple[str, ...]:
    return tuple(suggestion_id(revision, index + 1) for index in sorted(indexes))


def _chosen(given: tuple[str, ...], review: Review, revision: int) -> frozenset[int]:
    known = {suggestion_id(revision, number): number - 1 for number in range(1, len(review.changes) + 1)}
    if any(re.fullmatch(r"[0-9]+-[0-9]+", name) and name.partition("-")[0] != str(revision) for name in given):
        raise Conflict("The plan is not the one these suggestions belong to. Read it again, then choose.")
    unknown = tuple(
        FieldError(f"suggestion_ids[{index}]", "is no suggestion of this plan")
        for index, name in enumerate(given)
        if name not in known
    )
    if unknown:
        raise InvalidRequest("The plan has no such suggestion.", errors=unknown)
    return frozenset(known[name] for name in given)


def _causes(violation: Violation, review: Review, chosen: frozenset[int]) -> frozenset[int]:
    """Return the chosen changes a broken rule is about."""
    return frozenset(
        index
        for index in chosen
        if not {*review.changes[index].altered, review.changes[index].task}.isdisjoint(violation.ids)
        or (violation.at is not None and review.changes[index].at == violation.at)
    )
