"""What follows for a task that is kept elsewhere from the status its user set here."""

from datetime import datetime

from assistant.domain.effects.actions import SetTaskStatus
from assistant.domain.effects.effect import LONGEST_TITLE, Capability, Effect, Origin, Target
from assistant.domain.effects.provenance import Traced
from assistant.domain.sources import Source, SourceKind
from assistant.domain.tasks.kept import KeptTask, TaskOrigin
from assistant.domain.triage.decision import DecidedBy


def status_effect(
    user_id: str, task: KeptTask, origin: TaskOrigin, word: str, *, version: int, run_id: str, now: datetime
) -> Effect:
    """Return the effect that sets the status there to this word; ``version`` of the task tells occasions apart."""
    return Effect(
        user_id=user_id,
        target=Target(connection_id=origin.connection_id, object_id=origin.page_id, title=task.title[:LONGEST_TITLE]),
        action=SetTaskStatus(was=Traced(value=origin.status_name), status=Traced(value=word)),
        origin=Origin(
            capability=Capability.TASKS, run_id=run_id, decided_by=DecidedBy.USER, occasion=f"{task.task_id}/{version}"
        ),
        confidence=1.0,
        reasoning="You set it here.",
        evidence=(Source.whole(SourceKind.TASK, task.task_id),),
        proposed_at=now,
    )
