"""Tasks that are kept: what the user changes, what completing does, and what comes after a recurring one."""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime

from assistant.domain.calendar.recurrence import Rule, periods, read_rule
from assistant.domain.errors import FieldError
from assistant.domain.providers import Provider
from assistant.domain.tasks.due import Due, read_due
from assistant.domain.tasks.effort import read_effort
from assistant.domain.tasks.request import TaskFields, TaskId, TaskPart, TaskStatus
from assistant.domain.tasks.task import Frame, require_readable

KEPT_AFTER_CLOSING: Final = timedelta(days=400)
# Longer than from one 29 February to the next but one, over a century that has none.
_LONGEST_WAIT: Final = timedelta(days=366 * 13)
_ONE_DAY: Final = timedelta(days=1)


class TaskChanges(TaskFields):
    """What a user may set of a kept task."""

    status: TaskStatus = TaskStatus.OPEN


class TaskOrigin(TaskPart):
    """Where a task is really kept, and what was read there: title, due date and estimate are changed there only."""

    provider: Provider
    connection_id: str
    page_id: str
    url: str
    status_name: str
    """The status in the words used there."""
    edited_at: AwareDatetime
    unwritten: TaskStatus | None = None
    """A status set here that is not written there yet."""


class KeptTask(TaskChanges):
    """A task as it is kept; its due date is ISO 8601, whatever words it was given in."""

    task_id: TaskId
    created_at: AwareDatetime
    completed_at: AwareDatetime | None = None
    """When it was done."""
    closed_at: AwareDatetime | None = None
    """When it was done or cancelled; it is forgotten 400 days later."""
    series_start: date | None = None
    """Of a recurring task the day its series counts from."""
    next_task_id: TaskId | None = None
    """The occurrence that completing this one opened."""
    origin: TaskOrigin | None = None
    """Where it is kept, of a task that is followed from another place."""


def new_task(task_id: str, given: TaskChanges, frame: Frame) -> KeptTask:
    """Return the task to keep.

    Raises:
        InvalidRequest: a date or an estimate cannot be read, or a recurrence has no due date to count from.
    """
    blank = KeptTask(task_id=task_id, title=given.title, created_at=frame.now)
    return changed_task(blank, given, frame)


def changed_task(task: KeptTask, given: TaskChanges, frame: Frame) -> KeptTask:
    """Return the task with these changes; raises InvalidRequest as ``new_task`` does."""
    due = _checked(given, frame)
    first = due.at.astimezone(frame.zone).date() if due and given.recurrence else None
    same_series = given.recurrence == task.recurrence and task.series_start is not None
    fields = {name: getattr(given, name) for name in TaskChanges.model_fields}
    status = given.status
    return task.model_copy(
        update=fields
        | {
            "due_date": _written(due, frame.zone),
            "series_start": task.series_start if same_series and first else first,
            "completed_at": (task.completed_at or frame.now) if status is TaskStatus.DONE else None,
            "closed_at": (task.closed_at or frame.now) if status.closed else None,
        }
    )


def _checked(given: TaskFields, frame: Frame) -> Due | None:
    due: Due | None = None
    problems: list[FieldError] = []
    try:
        due = read_due(given.due_date or "", now=frame.now, zone=frame.zone, day_end=frame.day_end)
    except ValueError as error:
        problems.append(FieldError("due_date", str(error)))
    try:
        if given.estimated_time is not None:
            read_effort(given.estimated_time, workday=frame.workday)
    except ValueError as error:
        problems.append(FieldError("estimated_time", str(error)))
    if given.recurrence and due is None and not problems:
        problems.append(FieldError("recurrence", "needs a due_date to count from"))
    require_readable(problems)
    return due


def _written(due: Due | None, zone: ZoneInfo) -> str | None:
    if due is None:
        return None
    local = due.at.astimezone(zone)
    return local.date().isoformat() if due.day_only else local.isoformat()


def following(task: KeptTask, task_id: str, frame: Frame) -> KeptTask | None:
    """Return the next occurrence of a recurring task that was done, on the first day of its series that is not past.

    Its wall-clock time stays; None where the task does not recur, or its series is over.
    """
    due = read_due(task.due_date or "", now=frame.now, zone=frame.zone, day_end=frame.day_end)
    if task.recurrence is None or task.series_start is None or due is None:
        return None
    local = due.at.astimezone(frame.zone)
    since = max(local.date() + _ONE_DAY, frame.now.astimezone(frame.zone).date())
    rule = read_rule(task.recurrence.strip().upper().removeprefix("RRULE:"))
    day = _next_day(rule, task.series_start, since)
    if day is None:
        return None
    at = datetime.combine(day, local.time(), tzinfo=frame.zone).astimezone(UTC)
    return task.model_copy(
        update={
            "task_id": task_id,
            "due_date": _written(Due(at, due.day_only), frame.zone),
            "status": TaskStatus.OPEN,
            "created_at": frame.now,
            "completed_at": None,
            "closed_at": None,
            "depends_on": (),
            "start_after": None,
            "origin": None,
        }
    )


def _next_day(rule: Rule, first: date, since: date) -> date | None:
    until = since + _LONGEST_WAIT
    if rule.until is not None:
        until = min(until, rule.until.date() if isinstance(rule.until, datetime) else rule.until)
    return next((day for days in periods(rule, first, since, until) for day in days), None)
