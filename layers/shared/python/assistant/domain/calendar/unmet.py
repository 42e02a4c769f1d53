"""What a plan could not meet, item by item: a wish that cannot be met is reported, never an error."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from itertools import islice

from pydantic import BaseModel, ConfigDict

from assistant.domain.calendar.objective import focus_missing, outside_minutes, over_maximum
from assistant.domain.calendar.plan import Plan, placed
from assistant.domain.calendar.problem import Problem, Task
from assistant.domain.calendar.reasoning import UNTITLED_TASK, duration, shown_title, when

_MOST_SHOWN = 100


class UnmetKind(StrEnum):
    """What was wanted."""

    OVERLAP = "overlap"
    OUTSIDE_HOURS = "outside_hours"
    OVER_MAXIMUM = "over_maximum"
    UNSCHEDULED_TASK = "unscheduled_task"
    FOCUS_TIME = "focus_time"
    BUFFER = "buffer"


class Unmet(BaseModel):
    """One wish the plan leaves unmet; ``minutes`` of it where it has a length."""

    model_config = ConfigDict(frozen=True)

    kind: UnmetKind
    detail: str
    event_ids: tuple[str, ...] = ()
    task_id: str | None = None
    day: date | None = None
    minutes: int | None = None


def unmet(problem: Problem, plan: Plan) -> tuple[Unmet, ...]:
    """Return what an allowed plan leaves unmet, the gravest first; at most 100."""
    parts = (_overlaps, _outside, _over_maximum, _unscheduled, _focus, _buffers)
    return tuple(islice((one for part in parts for one in part(problem, plan)), _MOST_SHOWN))


def _overlaps(problem: Problem, plan: Plan) -> Iterator[Unmet]:
    calendar = placed(problem, plan)
    for index, one in enumerate(calendar):
        for other in islice(calendar, index + 1, None):
            if other.at.start >= one.at.end:
                break
            both = f"{shown_title(one.event.title)} and {shown_title(other.event.title)}"
            shared = min(one.at.end, other.at.end) - other.at.start
            yield Unmet(
                kind=UnmetKind.OVERLAP,
                detail=f"{both} overlap for {duration(shared)} ({when(problem, other.at)}).",
                event_ids=(one.event.id, other.event.id),
                day=problem.local(other.at.start).date(),
                minutes=shared,
            )


def _outside(problem: Problem, plan: Plan) -> Iterator[Unmet]:
    for one in placed(problem, plan):
        minutes = outside_minutes(problem, one.at) if one.event.is_meeting else 0
        if minutes:
            title = shown_title(one.event.title)
            yield Unmet(
                kind=UnmetKind.OUTSIDE_HOURS,
                detail=f"{title} ({when(problem, one.at)}) takes {duration(minutes)} you keep free of meetings.",
                event_ids=(one.event.id,),
                day=problem.local(one.at.start).date(),
                minutes=minutes,
            )


def _over_maximum(problem: Problem, plan: Plan) -> Iterator[Unmet]:
    for day, more in sorted(over_maximum(problem, placed(problem, plan)).items(), key=lambda found: found[0].date):
        most = problem.max_per_day or 0
        yield Unmet(
            kind=UnmetKind.OVER_MAXIMUM,
            detail=f"{day.date:%A} {day.date.day} {day.date:%B} has {most + more} meetings; you want at most {most}.",
            day=day.date,
        )


def _unscheduled(problem: Problem, plan: Plan) -> Iterator[Unmet]:
    for task in problem.tasks:
        pieces = len(plan.tasks.get(task.id, ()))
        if task.rest:
            piece = f"a piece of {duration(task.chunk)}"
            yield Unmet(
                kind=UnmetKind.UNSCHEDULED_TASK,
                detail=f"{_task_title(task)}: {duration(task.rest)} are less than {piece}, and are not planned.",
                task_id=task.id,
                minutes=task.rest,
            )
        if pieces < task.chunks:
            minutes = (task.chunks - pieces) * task.chunk
            yield Unmet(
                kind=UnmetKind.UNSCHEDULED_TASK,
                detail=f"{_task_title(task)} does not fit before it is due: {duration(minutes)} have no time.",
                task_id=task.id,
                minutes=minutes,
            )


def _task_title(task: Task) -> str:
    return shown_title(task.title, untitled=UNTITLED_TASK)


def _focus(problem: Problem, plan: Plan) -> Iterator[Unmet]:
    missing = focus_missing(problem, plan.focus)
    for day in problem.days:
        minutes = missing.get(day, 0) + day.focus_beyond
        if not minutes:
            continue
        wanted = day.focus_kept + day.focus_wanted + day.focus_beyond
        yield Unmet(
            kind=UnmetKind.FOCUS_TIME,
            detail=(
                f"{day.date:%A} {day.date.day} {day.date:%B} has {duration(wanted - minutes)} of focus time; "
                f"you want {duration(wanted)}."
            ),
            day=day.date,
            minutes=minutes,
        )


def _buffers(problem: Problem, plan: Plan) -> Iterator[Unmet]:
    meetings = [one for one in placed(problem, plan) if one.event.is_meeting]
    for index, one in enumerate(meetings):
        for other in islice(meetings, index + 1, None):
            gap = other.at.start - one.at.end
            if gap >= problem.buffer:
                break
            if gap >= 0:
                both = f"{shown_title(one.event.title)} and {shown_title(other.event.title)}"
                room = f"{duration(gap)} between them ({when(problem, other.at)})"
                yield Unmet(
                    kind=UnmetKind.BUFFER,
                    detail=f"{both} have {room}; you want {duration(problem.buffer)}.",
                    event_ids=(one.event.id, other.event.id),
                    day=problem.local(other.at.start).date(),
                    minutes=problem.buffer - gap,
                )
