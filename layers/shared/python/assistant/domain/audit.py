"""The audit trail: who did what to which thing, when. Ids and counts only, never content."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from assistant.domain.users import Identity


class AuditAction(StrEnum):
    """What was done."""

    EMAILS_TRIAGED = "emails.triaged"
    BACKLOG_DECIDED = "emails.backlog_decided"
    EMAIL_CORRECTED = "email.corrected"
    TASKS_PRIORITIZED = "tasks.prioritized"
    TASK_CREATED = "task.created"
    TASK_CHANGED = "task.changed"
    TASK_DELETED = "task.deleted"
    PREFERENCES_CHANGED = "preferences.changed"
    MEMORY_ADDED = "memory.added"
    MEMORY_CORRECTED = "memory.corrected"
    MEMORY_APPROVED = "memory.approved"
    MEMORIES_FORGOTTEN = "memories.forgotten"
    LEARNED_FORGOTTEN = "learned.forgotten"
    CALENDAR_OPTIMIZED = "calendar.optimized"
    CALENDAR_PLAN_PROVEN = "calendar.plan_proven"
    CALENDAR_SUGGESTIONS_CHECKED = "calendar.suggestions_checked"
    ACCOUNT_CONNECTED = "account.connected"
    ACCOUNT_DISCONNECTED = "account.disconnected"
    MEETING_PREPARED = "meeting.prepared"
    MEETING_KEPT = "meeting.kept"
    MEETING_FORGOTTEN = "meeting.forgotten"
    EFFECT_PROPOSED = "effect.proposed"
    EFFECT_APPROVED = "effect.approved"
    EFFECT_REJECTED = "effect.rejected"
    EFFECTS_UNDONE = "effects.undone"
    DELEGATE_NAMED = "delegate.named"
    DELEGATION_ENDED = "delegation.ended"


class AuditEvent(BaseModel):
    """One entry of the trail; also the message body of the queue ``audit``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID
    user_id: str
    delegate_id: str | None = Field(default=None, description="Who did it for the user; null where the user did")
    action: AuditAction
    occurred_at: AwareDatetime
    request_id: str
    counts: Mapping[str, int] = Field(default_factory=dict)
    subject_id: str | None = Field(
        default=None,
        description="Id of the mail, plan, meeting, task, memory, effect or delegate, where it has one subject",
    )


def audit_event(
    action: AuditAction,
    caller: Identity,
    now: datetime,
    *,
    counts: Mapping[str, int] | None = None,
    subject_id: str | None = None,
) -> AuditEvent:
    """Return a new event with its own id, which makes recording it twice harmless."""
    return AuditEvent(
        id=uuid4(),
        user_id=caller.user_id,
        delegate_id=caller.delegate_id,
        action=action,
        occurred_at=now,
        request_id=caller.request_id,
        counts=counts or {},
        subject_id=subject_id,
    )
