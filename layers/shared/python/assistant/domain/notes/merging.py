"""Tasks of a workspace among the kept ones: what is said there, over what the user said here."""

from dataclasses import dataclass
from typing import Final

from assistant.domain.connections import Connection
from assistant.domain.notes.note import NotesTask
from assistant.domain.tasks.due import read_due
from assistant.domain.tasks.effort import read_effort
from assistant.domain.tasks.kept import KeptTask, TaskChanges, TaskOrigin, changed_task, new_task
from assistant.domain.tasks.request import TaskStatus
from assistant.domain.tasks.task import Frame

# Ids of tasks made here begin with a digit.
PREFIX: Final = "notion-"


@dataclass(frozen=True, slots=True)
class Merged:
    """A task to keep; ``overruled`` is the status set here that another set there took the place of."""

    task: KeptTask
    overruled: TaskStatus | None = None


def kept_id(page_id: str) -> str:
    """Return the id under which a page is kept as a task."""
    return PREFIX + page_id.replace("-", "")


def merged(found: NotesTask, connection: Connection, kept: KeptTask | None, frame: Frame) -> Merged:
    """Return the task as it is to be kept: a status set there since it was read wins over one set here."""
    before = kept.origin if kept else None
    theirs = before is None or kept is None or found.state.status_name != before.status_name
    given = TaskChanges(
        **({name: getattr(kept, name) for name in TaskChanges.model_fields} if kept else {})
        | {
            "title": found.title,
            "due_date": _readable_due(found.due, frame),
            "estimated_time": _readable_effort(found.estimate, frame),
            "recurrence": None,
            "status": found.status if theirs or kept is None else kept.status,
        }
    )
    task = changed_task(kept, given, frame) if kept else new_task(kept_id(found.page_id), given, frame)
    unwritten = before.unwritten if before else None
    origin = TaskOrigin(
        provider=connection.provider,
        connection_id=connection.id,
        page_id=found.page_id,
        url=found.url,
        status_name=found.state.status_name,
        edited_at=found.state.edited_at,
        unwritten=None if theirs else unwritten,
    )
    overruled = unwritten if theirs and unwritten is not found.status else None
    return Merged(task.model_copy(update={"origin": origin}), overruled)


def without_unwritten(task: KeptTask) -> KeptTask:
    """Return the task with nothing left to write where it is kept."""
    return task.model_copy(update={"origin": task.origin and task.origin.model_copy(update={"unwritten": None})})


def released(task: KeptTask) -> KeptTask:
    """Return a task that is no longer followed, as one of the user's own."""
    return task.model_copy(update={"origin": None})


def closed(task: KeptTask, frame: Frame) -> KeptTask:
    """Return a task that is gone there: cancelled, unless it was done."""
    if task.status.closed:
        return released(task)
    given = TaskChanges(**{name: getattr(task, name) for name in TaskChanges.model_fields})
    return released(changed_task(task, given.model_copy(update={"status": TaskStatus.CANCELLED}), frame))


def is_for(found: NotesTask, connection: Connection) -> bool:
    """Whether the task is the user's: assigned to them, or to nobody, or nobody knows who they are there."""
    return not found.assignees or connection.member is None or connection.member in found.assignees


def _readable_due(text: str | None, frame: Frame) -> str | None:
    try:
        return text if read_due(text or "", now=frame.now, zone=frame.zone, day_end=frame.day_end) else None
    except ValueError:
        return None


def _readable_effort(text: str | None, frame: Frame) -> str | None:
    try:
        return text if text and read_effort(text, workday=frame.workday) else None
    except ValueError:
        return None
