"""A plan as suggestions: each with its times, its reason, its worth, and the others it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from assistant.domain.calendar.changes import Change, ChangeType, changes, dependencies, dependents, plan_of
from assistant.domain.calendar.metrics import metrics
from assistant.domain.calendar.objective import Score, best_focus, score
from assistant.domain.calendar.plan import Plan, placed
from assistant.domain.calendar.problem import Event, Problem, people
from assistant.domain.calendar.reasoning import UNTITLED_TASK, Effect, Titles, instruction, reasoning, shown_title
from assistant.domain.calendar.rules import Rule, Violation

_BLOCKS = frozenset({ChangeType.FOCUS_BLOCK, ChangeType.TASK_BLOCK})


class Tiers(BaseModel):
    """The three tiers of the objective; a lower one counts only between plans equal in those above."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    conflicts: int
    """Pairs of events that overlap."""
    unmet: int
    """Minutes outside meeting hours, 60 for each meeting over the maximum, 30 to 240 for a task without time."""
    cost: int
    """Minutes of focus missing, 15 for each short buffer, and the price of the changes."""

    @classmethod
    def of(cls, reached: Score) -> "Tiers":
        """Return a score as a caller sees it."""
        return cls(conflicts=reached.conflicts, unmet=reached.unmet, cost=reached.cost)

    @classmethod
    def between(cls, better: Score, worse: Score) -> "Tiers":
        """Return how much higher each tier of the second is."""
        conflicts, unmet, cost = (more - less for less, more in zip(better.tiers, worse.tiers, strict=True))
        return cls(conflicts=conflicts, unmet=unmet, cost=cost)


class Suggestion(BaseModel):
    """One change of the plan; nothing is done before the user accepts it."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    suggestion_id: str = Field(examples=["1-3"])
    """The revision of the plan and the number in it."""
    type: ChangeType
    event_id: str | None
    event_ids: tuple[str, ...]
    """The events it is about: two for a merge, and for the buffer between two meetings."""
    task_id: str | None
    new_start: datetime | None
    new_end: datetime | None
    """Both in the user's zone; none for a declined meeting."""
    suggestion: str
    reasoning: str
    time_saved_minutes: int
    """Meeting minutes the user gets back: all of a declined meeting, what a shortened or merged one is shorter.

    A moved meeting takes as long as before, and a block only protects what is free: both save nothing.
    """
    attendees_affected: int
    """People who get another invitation or an answer."""
    depends_on: tuple[str, ...]
    """Suggestions without which this one would break a rule."""
    if_left_out: Tiers
    """How much higher the plan scores without it and all that depend on it, focus time placed anew."""


class AskedChange(BaseModel):
    """A change of a connected calendar, as the user is asked about it."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    effect_id: str
    """The effect it is: what waits is approved under the user's effects."""
    state: str = Field(examples=["waiting"])
    rendered: str
    """The sentence the user approves."""
    action_hash: str
    """What approving has to name."""


@dataclass(frozen=True, slots=True)
class Review:
    """The changes of a plan in the order they are suggested, and for each what it needs and what is lost without."""

    problem: Problem
    plan: Plan
    changes: tuple[Change, ...]
    needs: tuple[frozenset[int], ...]
    without: tuple[Plan, ...]
    """The plan without a change and all that depend on it; unless it is a block, focus is placed anew."""
    worth: tuple[Tiers, ...]
    """How much higher each of these scores."""


def reviewed(problem: Problem, plan: Plan) -> Review:
    """Return the changes of an allowed plan: those to events by worth, then buffers, tasks and focus by time.

    Each is left out once, which takes most of the time: it grows with the square of the number of events.
    """
    listed = changes(problem, plan)
    needs = dependencies(problem, listed)
    without = [_without(problem, listed, needs, index) for index in range(len(listed))]
    reached = score(problem, plan)
    worth = [Tiers.between(reached, score(problem, rest)) for rest in without]
    altering = sum(bool(change.altered) for change in listed)
    order = sorted(range(altering), key=lambda one: (-worth[one].conflicts, -worth[one].unmet, -worth[one].cost, one))
    order += range(altering, len(listed))
    place = {index: number for number, index in enumerate(order)}
    return Review(
        problem,
        plan,
        changes=tuple(listed[index] for index in order),
        needs=tuple(frozenset(place[needed] for needed in needs[index]) for index in order),
        without=tuple(without[index] for index in order),
        worth=tuple(worth[index] for index in order),
    )


def _without(problem: Problem, listed: Sequence[Change], needs: Sequence[frozenset[int]], index: int) -> Plan:
    left = dependents(index, needs)
    rest = plan_of(change for other, change in enumerate(listed) if other not in left)
    return rest if listed[index].type in _BLOCKS else replace(rest, focus=best_focus(problem, rest))


def suggestions(review: Review, *, revision: int) -> tuple[Suggestion, ...]:
    """Return the suggestions of a plan, numbered from 1."""
    numbers = metrics(review.problem, review.plan)
    calendar = placed(review.problem, review.plan)
    events = {event.id: event for event in review.problem.events}
    labels = titles(review.problem)
    found = []
    for index, change in enumerate(review.changes):
        otherwise = metrics(review.problem, review.without[index])
        effect = Effect(numbers, otherwise, calendar, _enabled(review, index, labels))
        found.append(
            Suggestion(
                suggestion_id=suggestion_id(revision, index + 1),
                type=change.type,
                event_id=change.events[0] if change.events else None,
                event_ids=change.events,
                task_id=change.task,
                new_start=review.problem.local(change.at.start) if change.at else None,
                new_end=review.problem.local(change.at.end) if change.at else None,
                suggestion=instruction(review.problem, change, labels),
                reasoning=reasoning(review.problem, change, effect, events),
                time_saved_minutes=saved_minutes(change, events),
                attendees_affected=people(events[name] for name in change.altered),
                depends_on=tuple(suggestion_id(revision, needed + 1) for needed in sorted(review.needs[index])),
                if_left_out=review.worth[index],
            )
        )
    return tuple(found)


def unmade_buffers(review: Review, chosen: frozenset[int]) -> tuple[Violation, ...]:
    """Return the chosen buffers that would not be there: what moves the meetings beside them is not chosen."""
    return tuple(
        Violation(Rule.BUFFER, change.events, change.at)
        for index, change in enumerate(review.changes)
        if change.type is ChangeType.ADD_BUFFER and index in chosen and review.needs[index] - chosen
    )


def suggestion_id(revision: int, number: int) -> str:
    """Return the id of a suggestion: a better plan has other suggestions under other ids."""
    return f"{revision}-{number}"


def saved_minutes(change: Change, events: Mapping[str, Event]) -> int:
    """Return the meeting minutes a change gives back."""
    if change.type not in {ChangeType.DECLINE, ChangeType.SHORTEN, ChangeType.MERGE}:
        return 0
    return sum(events[name].minutes for name in change.events) - (change.at.minutes if change.at else 0)


def titles(problem: Problem) -> Titles:
    """Return the titles of events and tasks."""
    return Titles({event.id: event.title for event in problem.events}, {task.id: task.title for task in problem.tasks})


def _enabled(review: Review, index: int, titles: Titles) -> tuple[str, ...]:
    """Return what could not be done without the change, events first."""
    needing = [other for other, needs in enumerate(review.needs) if index in needs]
    return tuple(_label(review.changes[other], titles) for other in needing)


def _label(change: Change, titles: Titles) -> str:
    match change.type:
        case ChangeType.FOCUS_BLOCK:
            return "focus time"
        case ChangeType.ADD_BUFFER:
            return "a buffer"
        case ChangeType.TASK_BLOCK:
            return shown_title(titles.tasks[change.task or ""], untitled=UNTITLED_TASK)
        case _:
            return shown_title(titles.events[change.events[0]])
