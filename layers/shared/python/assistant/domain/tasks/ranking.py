"""Tasks in the Eisenhower matrix: quadrant, rank, and what would change it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.tasks.dependencies import blockers_first
from assistant.domain.tasks.free_time import FreeTime
from assistant.domain.tasks.importance import IMPORTANT_FROM, Importance, turning_rating, weigh_importance
from assistant.domain.tasks.task import Task
from assistant.domain.tasks.urgency import TIGHT_WORKDAYS, URGENT_FROM, Urgency, shown_time, weigh_urgency

_URGENCY_SHARE: Final = 0.5


class Quadrant(StrEnum):
    """Of the Eisenhower matrix: do first, schedule, delegate, eliminate."""

    Q1 = "Q1"
    Q2 = "Q2"
    Q3 = "Q3"
    Q4 = "Q4"

    @classmethod
    def of(cls, *, urgent: bool, important: bool) -> "Quadrant":
        """Return the quadrant of these two answers."""
        if important:
            return cls.Q1 if urgent else cls.Q2
        return cls.Q3 if urgent else cls.Q4


@dataclass(frozen=True)
class Ranked:
    """A task with its two weights."""

    task: Task
    urgency: Urgency
    importance: Importance
    adjusted: float = 0.0
    """Points by which Claude moved the importance."""

    @cached_property
    def quadrant(self) -> Quadrant:
        """Where in the matrix it stands."""
        return Quadrant.of(urgent=self.urgency.urgent, important=self.importance.important)

    @property
    def score(self) -> float:
        """Urgency and importance in equal shares, 0 to 100."""
        return _URGENCY_SHARE * self.urgency.score + (1 - _URGENCY_SHARE) * self.importance.score


def rank(tasks: Sequence[Task], free: FreeTime, zone: ZoneInfo, priority_people: Collection[str]) -> tuple[Ranked, ...]:
    """Return the tasks, most pressing first; none before one it depends on."""
    urgency = weigh_urgency(tasks, free, zone)
    importance = weigh_importance(tasks, priority_people)
    return ordered(Ranked(task, urgency[task.id], importance[task.id]) for task in tasks)


def ordered(ranked: Iterable[Ranked]) -> tuple[Ranked, ...]:
    """Return them by quadrant, score, due time and id, blockers first."""
    by_id = {one.task.id: one for one in ranked}
    wanted = sorted(by_id.values(), key=_precedence)
    return tuple(by_id[task.id] for task in blockers_first([one.task for one in wanted]))


def _precedence(one: Ranked) -> tuple[str, float, bool, float, str]:
    due = one.urgency.due
    return (one.quadrant.value, -one.score, due is None, due.timestamp() if due else 0.0, one.task.id)


def adjusted(one: Ranked, points: float, reason: str) -> Ranked:
    """Return it with its importance moved by so many points."""
    score = min(100.0, max(0.0, one.importance.score + points))
    return replace(one, importance=replace(one.importance, score=score, reason=reason), adjusted=points)


def what_would_change(one: Ranked, free: FreeTime, zone: ZoneInfo) -> tuple[str, ...]:
    """Return what would move the task to another quadrant: one sentence for its urgency, one for its importance."""
    return (_other_urgency(one, free, zone), _other_importance(one))


def _other_urgency(one: Ranked, free: FreeTime, zone: ZoneInfo) -> str:
    there = Quadrant.of(urgent=not one.urgency.urgent, important=one.importance.important)
    if one.urgency.inherited >= URGENT_FROM:
        return f"{there} once nothing urgent waits for it."
    limit = free.last_within(one.task.effort.minutes + round(TIGHT_WORKDAYS * free.workday))
    shown = shown_time(datetime.fromtimestamp(limit * 60, UTC), zone)
    return f"{there} if it were due after {shown}." if one.urgency.urgent else f"{there} if it were due by {shown}."


def _other_importance(one: Ranked) -> str:
    there = Quadrant.of(urgent=one.urgency.urgent, important=not one.importance.important)
    if one.importance.inherited >= IMPORTANT_FROM:
        return f"{there} once nothing important waits for it."
    rating = turning_rating(one.importance)
    if rating is None:
        return f"{there} if what makes it matter fell away."
    if one.importance.important:
        return f"{there} if you rated it {rating} of 10{' or lower' if rating > 1 else ''}."
    return f"{there} if you rated it {rating} of 10 or higher, or it served a goal that matters enough."


def matrix(ranked: Sequence[Ranked]) -> Mapping[Quadrant, tuple[str, ...]]:
    """Return the ids of each quadrant, in rank."""
    return {quadrant: tuple(one.task.id for one in ranked if one.quadrant is quadrant) for quadrant in Quadrant}
