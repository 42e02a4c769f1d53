"""Use cases: keep, list, show, change and delete a user's tasks.

Words like "tomorrow" and "a day" are read once, when they are sent, in the zone and working hours of the preferences.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.errors import Conflict, FieldError, InvalidRequest, NotFound, field_errors, used_key
from assistant.domain.preferences import Preferences
from assistant.domain.tasks.dependencies import broken_dependencies
from assistant.domain.tasks.kept import KeptTask, TaskChanges, changed_task, following, new_task
from assistant.domain.tasks.request import MOST_TASKS, TaskStatus
from assistant.domain.tasks.task import Frame
from assistant.domain.users import Identity
from assistant.domain.versions import Preconditions
from assistant.ports.runtime import AuditTrail, Clock
from assistant.ports.tasks import Idempotency, TaskStore, VersionedTask
from assistant.ports.users import PreferenceStore
from assistant.services.edit_preferences import merge_patched

_ATTEMPTS: Final = 3
_LONGEST_KEY: Final = 255
# Of a task that is kept elsewhere, what is changed there.
_ELSEWHERE: Final = ("title", "due_date", "estimated_time", "recurrence")
_ACTIVE: Final = (TaskStatus.OPEN, TaskStatus.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class TaskPorts:
    """The ports keeping tasks needs."""

    tasks: TaskStore
    preferences: PreferenceStore
    audit: AuditTrail
    clock: Clock


class TaskPage(BaseModel):
    """Some of a user's tasks, oldest first; ``next_cursor`` asks for those after them, None after the last."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    tasks: tuple[KeptTask, ...]
    next_cursor: str | None


def create_task(given: TaskChanges, caller: Identity, *, key: str | None, ports: TaskPorts) -> VersionedTask:
    """Keep a new task; a request repeated with the same key within a day returns the task of the first.

    Raises:
        InvalidRequest: a field cannot be read, or the key was used with another task.
        NotFound: the task the key stands for has been deleted.
        Unavailable: the store is down.
    """
    if key is not None and not 1 <= len(key) <= _LONGEST_KEY:
        raise _invalid("Idempotency-Key", f"needs 1 to {_LONGEST_KEY} characters")
    now = ports.clock.now()
    frame = frame_of(ports.preferences.read(caller.user_id).preferences, now)
    task = new_task(_new_id(now), given, frame)
    _require_order(task, caller.user_id, ports.tasks)
    digest = hashlib.sha256(given.model_dump_json().encode()).hexdigest()
    earlier = ports.tasks.create(caller.user_id, task, Idempotency(key, digest) if key else None)
    if earlier is None:
        ports.audit.record(audit_event(AuditAction.TASK_CREATED, caller, now, subject_id=task.task_id))
        return VersionedTask(task, 1)
    if earlier.digest != digest:
        raise used_key("task")
    return show_task(earlier.task_id, caller, tasks=ports.tasks)


def show_task(task_id: str, caller: Identity, *, tasks: TaskStore) -> VersionedTask:
    """Return a task with its version; raises NotFound."""
    found = tasks.find(caller.user_id, task_id)
    if found is None:
        raise NotFound("There is no task with this id.")
    return found


def list_tasks(
    caller: Identity, *, statuses: Collection[TaskStatus], cursor: str | None, limit: int, tasks: TaskStore
) -> TaskPage:
    """Return a page of tasks with one of the statuses, all where none is named; InvalidRequest for a foreign cursor."""
    wanted = statuses or tuple(TaskStatus)
    found = tasks.page(caller.user_id, statuses=wanted, after=_read_cursor(cursor), limit=limit + 1)
    page = tuple(one.task for one in found[:limit])
    return TaskPage(tasks=page, next_cursor=_cursor(page[-1].task_id) if len(found) > limit else None)


def active_tasks(user_id: str, tasks: TaskStore) -> tuple[Sequence[KeptTask], bool]:
    """Return the tasks that are open or in progress, oldest first, as many as can be ranked; and whether more are."""
    found = tasks.page(user_id, statuses=_ACTIVE, after=None, limit=MOST_TASKS + 1)
    return tuple(one.task for one in found[:MOST_TASKS]), len(found) > MOST_TASKS


def change_task(
    task_id: str, patch: Mapping[str, Any], caller: Identity, preconditions: Preconditions, *, ports: TaskPorts
) -> VersionedTask:
    """Apply a JSON merge patch (RFC 7396); completing a recurring task opens its next occurrence, once.

    The status of a task that is kept elsewhere is written there by the next sync.

    Raises:
        NotFound: there is no such task.
        InvalidRequest: the result breaks a rule or has an unknown key; names the fields.
        PreconditionFailed: a precondition does not hold.
        Conflict: the task kept changing meanwhile.
        Unavailable: the store is down.
    """
    now = ports.clock.now()
    frame = frame_of(ports.preferences.read(caller.user_id).preferences, now)
    for _ in range(_ATTEMPTS):
        current = show_task(task_id, caller, tasks=ports.tasks)
        preconditions.require(current.version)
        task = _to_write(current.task, changed_task(current.task, _patched(current.task, patch), frame))
        if set(task.depends_on) - set(current.task.depends_on):
            _require_order(task, caller.user_id, ports.tasks)
        task, after = _completed(current.task, task, frame)
        if ports.tasks.replace(caller.user_id, task, expected_version=current.version, following=after):
            ports.audit.record(audit_event(AuditAction.TASK_CHANGED, caller, now, subject_id=task_id))
            return VersionedTask(task, current.version + 1)
    raise Conflict("The task is being changed elsewhere. Please try again.")


def delete_task(task_id: str, caller: Identity, preconditions: Preconditions, *, ports: TaskPorts) -> None:
    """Forget a task; raises NotFound, PreconditionFailed, Conflict or Unavailable as ``change_task`` does."""
    for _ in range(_ATTEMPTS):
        current = show_task(task_id, caller, tasks=ports.tasks)
        preconditions.require(current.version)
        if current.task.origin:
            raise Conflict("This task is kept elsewhere, and would come back. Please delete it there.")
        if ports.tasks.delete(caller.user_id, task_id, expected_version=current.version):
            ports.audit.record(audit_event(AuditAction.TASK_DELETED, caller, ports.clock.now(), subject_id=task_id))
            return
    raise Conflict("The task is being changed elsewhere. Please try again.")


def _patched(task: KeptTask, patch: Mapping[str, Any]) -> TaskChanges:
    current = task.model_dump(mode="json", include=set(TaskChanges.model_fields))
    try:
        return TaskChanges.model_validate(merge_patched(current, patch))
    except ValidationError as error:
        raise InvalidRequest("Some fields need another value.", errors=field_errors(error.errors())) from None


def _to_write(before: KeptTask, task: KeptTask) -> KeptTask:
    """Return the task with its new status noted as one to write where it is kept; raises InvalidRequest."""
    if before.origin is None:
        return task
    problems = [
        FieldError(name, f"is kept in {before.origin.provider.row.label}: please change it there")
        for name in _ELSEWHERE
        if getattr(task, name) != getattr(before, name)
    ]
    if problems:
        raise InvalidRequest("Some fields need another value.", errors=tuple(problems))
    if task.status is before.status:
        return task
    return task.model_copy(update={"origin": before.origin.model_copy(update={"unwritten": task.status})})


def _completed(before: KeptTask, task: KeptTask, frame: Frame) -> tuple[KeptTask, KeptTask | None]:
    """Return the task and the occurrence that doing it opens, if it was not done before and recurs."""
    if task.status is not TaskStatus.DONE or before.status is TaskStatus.DONE or before.next_task_id is not None:
        return task, None
    after = following(task, _new_id(frame.now), frame)
    return task.model_copy(update={"next_task_id": after.task_id if after else None}), after


def _require_order(task: KeptTask, user_id: str, tasks: TaskStore) -> None:
    """Refuse ids of no task, and a cycle among the tasks that are not closed."""
    if not task.depends_on:
        return
    kept, _ = active_tasks(user_id, tasks)
    active = {one.task_id: one for one in kept} | {task.task_id: task}
    problems = [
        FieldError(f"depends_on[{index}]", "is the id of no task")
        for index, name in enumerate(task.depends_on)
        if name not in active and tasks.find(user_id, name) is None
    ]
    others = [(one.task_id, [name for name in one.depends_on if name in active]) for one in active.values()]
    cycles = broken_dependencies(others, closed=frozenset())
    problems += (FieldError("depends_on", problem.detail) for problem in cycles)
    if problems:
        raise InvalidRequest("Some fields need another value.", errors=tuple(problems))


def frame_of(preferences: Preferences, now: datetime) -> Frame:
    """Return what "tomorrow" and "a day" mean to the user at this time."""
    hours = preferences.working_hours
    start, end = (datetime.combine(now.date(), clock, tzinfo=UTC) for clock in (hours.start, hours.end))
    return Frame(now, ZoneInfo(hours.timezone), hours.end, int((end - start).total_seconds()) // 60)


def _new_id(now: datetime) -> str:
    """Return an id that sorts by time."""
    return f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}Z-{secrets.token_hex(6)}"


def _cursor(task_id: str) -> str:
    return base64.urlsafe_b64encode(task_id.encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise _invalid("cursor", "must be the next_cursor of an earlier answer") from None


def _invalid(field: str, detail: str) -> InvalidRequest:
    return InvalidRequest("Some fields need another value.", errors=(FieldError(field, detail),))
