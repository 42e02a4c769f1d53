"""What the user is told of a status set here that does not stand where the task is kept."""

from datetime import datetime

from assistant.domain.notifications import News, NotificationKind, Urgency
from assistant.domain.tasks.kept import KeptTask
from assistant.domain.tasks.request import TaskStatus


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
