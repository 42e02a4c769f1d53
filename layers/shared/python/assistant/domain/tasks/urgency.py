"""How urgent a task is: from dates, and the working time left free until then against the time it needs.

A task is urgent while at most two working days of slack are left: the free working time until it is due, less what it
needs. The score falls as slack grows and for no other reason, so an earlier deadline never makes a task less urgent.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.calendar.reasoning import duration, shown_title
from assistant.domain.calendar.wall_clock import minute_of
from assistant.domain.tasks.dependencies import blockers_first, blocks
from assistant.domain.tasks.free_time import FreeTime
from assistant.domain.tasks.task import Task
from assistant.domain.triage.cues import Cue

URGENT_FROM: Final = 50.0
TIGHT_WORKDAYS: Final = 2.0
_NO_SLACK: Final = 95.0
_SHORT_OF_TIME: Final = 96.0
_OVERDUE: Final = 97.0
_MOST: Final = 100.0
_SAYS_SO: Final = 60.0
_SOMEBODY_WAITS: Final = 30.0
_UNDATED: Final = 10.0
_MINUTES_A_DAY: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Urgency:
    """``score`` from 0 to 100, urgent from 50; ``slack`` in minutes, None without a due time.

    ``via`` is the task it blocks that makes it so; ``inherited`` is the highest score it would keep through such tasks.
    """

    score: float
    reason: str
    slack: float | None
    due: datetime | None
    """The earliest due time it has to hold: its own, or that of a task it blocks."""
    via: str | None = None
    inherited: float = 0.0

    @property
    def urgent(self) -> bool:
        """Whether it cannot wait."""
        return self.score >= URGENT_FROM


def weigh_urgency(tasks: Sequence[Task], free: FreeTime, zone: ZoneInfo) -> Mapping[str, Urgency]:
    """Return by id how urgent each task is; a task is at least as urgent as any it blocks."""
    by_id = {task.id: task for task in tasks}
    waiting = blocks(tasks)
    found: dict[str, Urgency] = {}
    for task in reversed(blockers_first(tasks)):
        own = _own(task, free, zone)
        through = [_through(by_id[name], found[name], task, free) for name in waiting[task.id]]
        inherited = max((one.score for one in through), default=0.0)
        found[task.id] = replace(max([own, *through], key=lambda one: one.score), inherited=inherited)
    return found


def score_of(slack: float, workday: int) -> float:
    """Return the score of so many minutes of slack, before the task is due."""
    days = slack / workday
    left = math.pow(URGENT_FROM / _NO_SLACK, max(days, -1.0) / TIGHT_WORKDAYS)
    return min(_SHORT_OF_TIME, _NO_SLACK * left)


def _own(task: Task, free: FreeTime, zone: ZoneInfo) -> Urgency:
    if task.due is None:
        return _undated(task)
    due = minute_of(task.due.at, zone)
    shown = shown_time(task.due.at, zone)
    left = free.until(due)
    slack = left - task.effort.minutes
    if due < free.now:
        days = (free.now - due) / _MINUTES_A_DAY
        score = _OVERDUE + (_MOST - _OVERDUE) * (1 - 0.5**days)
        return Urgency(score, f"Overdue since {shown}.", slack, task.due.at)
    score = score_of(slack, free.workday)
    return Urgency(score, _dated_reason(shown, left, task, slack), slack, task.due.at)


def _dated_reason(shown: str, left: float, task: Task, slack: float) -> str:
    needs = duration(task.effort.minutes)
    if slack < 0:
        return f"Due {shown}; needs {needs}, but only {duration(int(left))} of working time is free until then."
    return f"Due {shown}; needs {needs} of the {duration(int(left))} of working time free until then."


def _undated(task: Task) -> Urgency:
    said = task.said(Cue.IMMEDIATE, Cue.OUTAGE, Cue.SECURITY)
    if said:
        return Urgency(_SAYS_SO, f"Has no due date, but says {shown_title(said[0])}.", None, None)
    if task.waiting:
        return Urgency(_SOMEBODY_WAITS, f"Has no due date; {task.waiting[0]} waits for it.", None, None)
    return Urgency(_UNDATED, "Has no due date.", None, None)


def _through(blocked: Task, urgency: Urgency, task: Task, free: FreeTime) -> Urgency:
    """Return how urgent a task is because of one that waits for it."""
    slack = None if urgency.slack is None else urgency.slack - task.effort.minutes
    score = urgency.score
    if slack is not None and score < _OVERDUE:
        score = max(score, score_of(slack, free.workday))
    reason = f"Blocks {shown_title(blocked.title)}: {urgency.reason[0].lower()}{urgency.reason[1:]}"
    return Urgency(score, reason if urgency.via is None else _first(reason), slack, urgency.due, via=blocked.id)


def _first(reason: str) -> str:
    """Return a reason that goes through several tasks without those in the middle."""
    head, _, rest = reason.partition(": ")
    return f"{head}: {rest.rpartition('”: ')[2] or rest}"


@lru_cache(maxsize=5_000)
def shown_time(at: datetime, zone: ZoneInfo) -> str:
    """Return ``Wed 22 Jan 2025, 17:00`` in the user's zone."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b} {local.year}, {local:%H:%M}"
