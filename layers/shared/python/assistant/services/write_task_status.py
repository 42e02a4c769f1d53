"""Writing the status of a task where it is kept, without overwriting what others did there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from assistant.domain.errors import Conflict, InvalidRequest
from assistant.domain.notes.note import NotesTask, TaskState
from assistant.domain.notes.source import TaskSource
from assistant.domain.notifications import News, NotificationKind, Urgency
from assistant.domain.tasks.kept import KeptTask, TaskOrigin
from assistant.domain.tasks.request import TaskStatus
from assistant.ports.notes import Notes

_ATTEMPTS: Final = 2


@dataclass(frozen=True, slots=True)
class Written:
    """The task as it is there now; ``settled`` when nothing is left to write, without ``has_word`` as nothing can."""

    found: NotesTask
    settled: bool = True
    has_word: bool = True


def write_status(task: KeptTask, origin: TaskOrigin, source: TaskSource, notes: Notes) -> Written:
    """Write the status set here unless another was set there meanwhile; an edit of anything else is no obstacle.

    Raises:
        NotFound: the task is gone.
        Unavailable: the provider is down.

    """
    expected = TaskState(origin.status_name, origin.edited_at)
    wanted = origin.unwritten or task.status
    for _ in range(_ATTEMPTS):
        try:
            return Written(notes.set_status(source, origin.page_id, wanted, expected=expected))
        except InvalidRequest:
            return Written(notes.task(source, origin.page_id), has_word=False)
        except Conflict:
            found = notes.task(source, origin.page_id)
            if found.state.status_name != origin.status_name:
                break
            expected = found.state
    return Written(found, settled=False)


def not_written(task: KeptTask, status: TaskStatus, now: datetime) -> News:
    """Return what the user is told of a status set here that stands nowhere there."""
    said = status.value.replace("_", " ")
    there = task.origin.status_name if task.origin else ""
    return News(
        about=f"task_status:{task.task_id}",
        kind=NotificationKind.STATUS_NOT_WRITTEN,
        urgency=Urgency.ROUTINE,
        title=f"Not changed in Notion: {task.title}",
        text=f"You set it to {said} here. In Notion it is {there or 'without a status'}, and was left so.",
        link=f"/api/v1/tasks/{task.task_id}",
        at=now,
    )
