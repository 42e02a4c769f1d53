"""How important a task is: from the user's goals, who waits, what follows if it is missed, and what it is about.

What the user says rules: a rating is ten points a step, and evidence moves it half as far as where there is none.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from assistant.domain.calendar.reasoning import shown_title
from assistant.domain.tasks.dependencies import blockers_first, blocks
from assistant.domain.tasks.lexicon import ROUTINE, WEIGHTY
from assistant.domain.tasks.task import Task
from assistant.domain.triage.cues import Cue

IMPORTANT_FROM: Final = 50.0
_BASE: Final = 35.0
_GOAL: Final = 10.0
_GOAL_OF_ALL_WEIGHT: Final = 25.0
_PRIORITY_PERSON: Final = 25.0
_PERSON: Final = 10.0
_PEOPLE: Final = 15.0
_CONSEQUENCE: Final = 20.0
_CONSEQUENCES: Final = 25.0
_WEIGHTY: Final = 15.0
_ROUTINE: Final = -15.0
_STATED_STEP: Final = 10.0
_STATED_OFFSET: Final = 5.0
_BESIDE_STATED: Final = 0.5
_OF_BLOCKED: Final = 10.0
_GRAVE: Final = (
    Cue.CONSEQUENCE, Cue.LEGAL, Cue.LOSS, Cue.SAFETY, Cue.SECURITY, Cue.OUTAGE, Cue.ESCALATION, Cue.IMPACT
)  # fmt: skip
_NAMED: Final = 2
_LEAST_RATING, _MOST_RATING = 1, 10


@dataclass(frozen=True, slots=True)
class Importance:
    """``score`` from 0 to 100, important from 50; ``inherited`` what it has at least from tasks it blocks."""

    score: float
    reason: str
    evidence: float = 0.0
    """Points for and against it beside the user's own word."""
    inherited: float = 0.0

    @property
    def important(self) -> bool:
        """Whether it matters."""
        return self.score >= IMPORTANT_FROM


@dataclass(frozen=True, slots=True)
class _Ground:
    points: float
    words: str


def weigh_importance(tasks: Sequence[Task], priority_people: Collection[str]) -> Mapping[str, Importance]:
    """Return by id how important each task is; a blocker is at most ten points below what it blocks."""
    by_id = {task.id: task for task in tasks}
    waiting = blocks(tasks)
    found: dict[str, Importance] = {}
    for task in reversed(blockers_first(tasks)):
        own = _own(task, priority_people)
        blocked = max(waiting[task.id], key=lambda name: found[name].score, default=None)
        if blocked is not None:
            inherited = max(0.0, found[blocked].score - _OF_BLOCKED)
            reason = own.reason if own.score >= inherited else f"Blocks {shown_title(by_id[blocked].title)}."
            own = Importance(max(own.score, inherited), reason, own.evidence, inherited)
        found[task.id] = own
    return found


def _own(task: Task, priority_people: Collection[str]) -> Importance:
    grounds = sorted(_grounds(task, priority_people), key=lambda ground: -abs(ground.points))
    evidence = sum(ground.points for ground in grounds)
    said = [ground.words for ground in grounds[:_NAMED]]
    if task.stated is None:
        reason = " ".join(said) or "Nothing says that it matters much: no goal, no one waiting, no consequence."
        return Importance(_within(_BASE + evidence), reason, evidence)
    reason = " ".join([f"You rate it {task.stated} of 10.", *said])
    return Importance(_rated(task.stated, evidence), reason, evidence)


def turning_rating(importance: Importance) -> int | None:
    """Return the highest rating at which the task would not matter, if it does; else the lowest at which it would.

    None where the evidence outweighs every rating, or what it blocks matters.
    """
    if importance.inherited >= IMPORTANT_FROM:
        return None
    ratings = range(_LEAST_RATING, _MOST_RATING + 1)
    if importance.important:
        return max((one for one in ratings if _rated(one, importance.evidence) < IMPORTANT_FROM), default=None)
    return min((one for one in ratings if _rated(one, importance.evidence) >= IMPORTANT_FROM), default=None)


def _rated(rating: int, evidence: float) -> float:
    return _within(_STATED_STEP * rating - _STATED_OFFSET + _BESIDE_STATED * evidence)


def _grounds(task: Task, priority_people: Collection[str]) -> Iterator[_Ground]:
    if task.goals:
        goal = max(task.goals, key=lambda goal: goal.weight)
        yield _Ground(_GOAL + _GOAL_OF_ALL_WEIGHT * goal.weight, f"Serves your goal {shown_title(goal.title)}.")
    yield from _waiting(task, priority_people)
    grave = task.said(*_GRAVE)
    if grave:
        points = _CONSEQUENCES if len(grave) > 1 else _CONSEQUENCE
        yield _Ground(points, f"Has consequences: it says {' and '.join(map(shown_title, grave[:_NAMED]))}.")
    weighty, routine = task.saying(WEIGHTY), task.saying(ROUTINE)
    if weighty:
        yield _Ground(_WEIGHTY, f"Is about something that weighs: {shown_title(weighty)}.")
    elif routine:
        yield _Ground(_ROUTINE, f"Looks like routine: {shown_title(routine)}.")


def _waiting(task: Task, priority_people: Collection[str]) -> Iterator[_Ground]:
    first = next((person for person in task.waiting if person in priority_people), None)
    if first:
        yield _Ground(_PRIORITY_PERSON, f"{first}, one of your priority senders, waits for it.")
    elif len(task.waiting) > 1:
        yield _Ground(_PEOPLE, f"{len(task.waiting)} people wait for it.")
    elif task.waiting:
        yield _Ground(_PERSON, f"{task.waiting[0]} waits for it.")


def _within(score: float) -> float:
    return min(100.0, max(0.0, score))
