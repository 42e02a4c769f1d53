"""What the assistant tells a user unasked, and where."""

from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from assistant.domain.preferences import Channel

KEPT_FOR: Final = timedelta(days=90)
_DIGITS: Final = 16


class NotificationKind(StrEnum):
    """What a notification is about."""

    MEETING_BRIEFING = "meeting_briefing"
    APPROVAL_ASKED = "approval_asked"
    UNDO_CONFLICT = "undo_conflict"
    STATUS_NOT_WRITTEN = "status_not_written"


class Notification(BaseModel):
    """One message to a user.

    ``id`` sorts by time and is the same however often the same thing is told. ``wanted`` is the channel the user
    prefers, ``channel`` the one it went to; ``link`` is an address of this API; ``read_at`` is None while unread.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    kind: NotificationKind
    title: str
    text: str
    link: str
    created_at: AwareDatetime
    wanted: Channel
    channel: Channel
    read_at: AwareDatetime | None = None

    @property
    def expires_at(self) -> datetime:
        """When it is forgotten."""
        return self.created_at + KEPT_FOR


def notification_id(created_at: datetime, *about: str) -> str:
    """Return the id of what is told about these things at this time."""
    digest = sha256("\n".join(about).encode()).hexdigest()[:_DIGITS]
    return f"{int(created_at.timestamp() * 1000):013d}-{digest}"
