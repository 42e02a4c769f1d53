"""How ranked tasks and plans are shown: times in the user's zone, minutes, reasons."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from assistant.domain.calendar.problem import Day, Minute
from assistant.domain.sources import Source
from assistant.domain.tasks.daily_plan import Block, DailyPlan, Left
from assistant.domain.tasks.dependencies import blocks
from assistant.domain.tasks.effort import EffortSource
from assistant.domain.tasks.free_time import FreeTime
from assistant.domain.tasks.ranking import Quadrant, Ranked, what_would_change
from assistant.domain.triage.decision import DecidedBy

_ACTIONS: Final[Mapping[Quadrant, str]] = {
    Quadrant.Q1: "Do first",
    Quadrant.Q2: "Schedule",
    Quadrant.Q3: "Delegate",
    Quadrant.Q4: "Drop or postpone",
}


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Weight(_View):
    """One of the two weights of a task, 0 to 100; from 50 on it is urgent, or important."""

    score: float = Field(ge=0, le=100)
    reason: str


class PrioritizedTask(_View):
    """A task with its place, its two reasons and what would change it."""

    task_id: str
    title: str
    rank: int
    quadrant: Quadrant
    priority_score: float = Field(ge=0, le=100)
    """Urgency and importance in equal shares."""
    urgency: Weight
    importance: Weight
    what_would_change: tuple[str, ...]
    suggested_action: str
    due_at: datetime | None
    """In the user's zone; a day without a time of day ends with the business day."""
    overdue: bool
    estimated_minutes: int
    estimate_source: EffortSource
    estimate_confidence: float = Field(ge=0, le=1)
    depends_on: tuple[str, ...]
    blocks: tuple[str, ...]
    decided_by: DecidedBy
    source: Source | None
    """Where a task found in a mail stands."""


class PlannedBlock(_View):
    """Time to work on a task, in the user's zone."""

    task_id: str
    title: str
    start: datetime
    end: datetime
    part: int
    parts: int
    peak: bool
    """Within the peak hours of the preferences."""
    late: bool
    """Ends after the task is due."""


class PlannedDay(_View):
    """A working day; ``free_minutes`` before the blocks, ``left_minutes`` after them."""

    date: date
    blocks: tuple[PlannedBlock, ...]
    free_minutes: int
    left_minutes: int


class UnplannedTask(_View):
    """A task the plan leaves out, and why."""

    task_id: str
    reason: Left
    detail: str


class DailyPlanView(_View):
    """What to do when, in free working time."""

    timezone: str
    days: tuple[PlannedDay, ...]
    unplanned: tuple[UnplannedTask, ...]


class EisenhowerMatrix(_View):
    """Ids by quadrant, in rank: do first, schedule, delegate, drop."""

    Q1: tuple[str, ...] = ()
    Q2: tuple[str, ...] = ()
    Q3: tuple[str, ...] = ()
    Q4: tuple[str, ...] = ()


def shown_tasks(
    ranked: Sequence[Ranked], free: FreeTime, now: datetime, zone: ZoneInfo, *, delegate_to: str | None
) -> tuple[PrioritizedTask, ...]:
    """Return the tasks as they are answered, in rank."""
    waiting = blocks([one.task for one in ranked])
    return tuple(
        PrioritizedTask(
            task_id=one.task.id,
            title=one.task.title,
            rank=number,
            quadrant=one.quadrant,
            priority_score=round(one.score, 1),
            urgency=Weight(score=round(one.urgency.score, 1), reason=one.urgency.reason),
            importance=Weight(score=round(one.importance.score, 1), reason=one.importance.reason),
            what_would_change=what_would_change(one, free, zone),
            suggested_action=_action(one, delegate_to),
            due_at=one.task.due.at.astimezone(zone) if one.task.due else None,
            overdue=one.task.due is not None and one.task.due.at < now,
            estimated_minutes=one.task.effort.minutes,
            estimate_source=one.task.effort.source,
            estimate_confidence=one.task.effort.confidence,
            depends_on=one.task.depends_on,
            blocks=waiting[one.task.id],
            decided_by=DecidedBy.CLAUDE if one.adjusted else DecidedBy.CORE,
            source=one.task.source,
        )
        for number, one in enumerate(ranked, start=1)
    )


def _action(one: Ranked, delegate_to: str | None) -> str:
    action = _ACTIONS[one.quadrant]
    return f"{action} to {delegate_to}" if one.quadrant is Quadrant.Q3 and delegate_to else action


def shown_plan(
    plan: DailyPlan, ranked: Sequence[Ranked], days: Sequence[Day], free: FreeTime, zone: ZoneInfo
) -> DailyPlanView:
    """Return the plan as it is answered, day by day."""
    titles = {one.task.id: one.task.title for one in ranked}
    return DailyPlanView(
        timezone=zone.key,
        days=tuple(_shown_day(day, plan.blocks, titles, free, zone) for day in days),
        unplanned=tuple(
            UnplannedTask(task_id=one.task_id, reason=one.reason, detail=one.detail) for one in plan.left_out
        ),
    )


def _shown_day(
    day: Day, planned: Sequence[Block], titles: Mapping[str, str], free: FreeTime, zone: ZoneInfo
) -> PlannedDay:
    of_day = [block for block in planned if block.at.overlaps(day.whole)]
    whole = sum(gap.minutes for gap in free.gaps if gap.overlaps(day.whole))
    return PlannedDay(
        date=day.date,
        blocks=tuple(_shown_block(block, titles[block.task_id], zone) for block in of_day),
        free_minutes=whole,
        left_minutes=whole - sum(block.at.minutes for block in of_day),
    )


def _shown_block(block: Block, title: str, zone: ZoneInfo) -> PlannedBlock:
    return PlannedBlock(
        task_id=block.task_id,
        title=title,
        start=_time(block.at.start, zone),
        end=_time(block.at.end, zone),
        part=block.part,
        parts=block.parts,
        peak=block.peak,
        late=block.late,
    )


def _time(minute: Minute, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(minute * 60, zone)
