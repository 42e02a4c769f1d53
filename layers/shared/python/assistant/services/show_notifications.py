"""Use cases: list what a user was told, and note that they read it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from assistant.domain.errors import NotFound, unknown_cursor
from assistant.domain.notifications import KeptNotification, Notification
from assistant.domain.users import Identity
from assistant.ports.notifications import NotificationStore
from assistant.ports.runtime import Clock
from assistant.services.matching_page import CHUNK, chunked, matching_page

_ID: Final = re.compile(r"\d{13}-[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class NotificationPorts:
    """The ports notifications need."""

    notifications: NotificationStore
    clock: Clock


class NotificationQuery(BaseModel):
    """Which notifications are listed, and which page of them."""

    model_config = ConfigDict(frozen=True)

    unread: bool = Field(default=False, description="Only those that are not read")
    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=64, description="The next_cursor of the page before")


class NotificationList(BaseModel):
    """Notifications, the newest first; ``next_cursor`` asks for what follows.

    Where few are unread there may be a cursor behind fewer than asked for, or none.
    """

    user_id: str
    notifications: tuple[Notification, ...]
    next_cursor: str | None = None


class ReadState(BaseModel):
    """Whether a notification is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    read: bool


def list_notifications(
    user_id: str, wanted: NotificationQuery, caller: Identity, *, ports: NotificationPorts
) -> NotificationList:
    """Return a page of notifications.

    Raises:
        Forbidden: they are of another user.
        InvalidRequest: the cursor is none of this list.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    if wanted.cursor and not _ID.fullmatch(wanted.cursor):
        raise unknown_cursor("notifications")
    now = ports.clock.now()
    newest = newest_notifications(user_id, ports.notifications, before=wanted.cursor)

    def matches(one: KeptNotification) -> bool:
        return one.shown.expires_at > now and not (wanted.unread and one.shown.read_at)

    page, last = matching_page(newest, matches, limit=wanted.limit)
    return NotificationList(
        user_id=user_id,
        notifications=tuple(one.shown for one in page),
        next_cursor=last.shown.id if last else None,
    )


def mark_notification(
    user_id: str, notification_id: str, state: ReadState, caller: Identity, *, ports: NotificationPorts
) -> Notification:
    """Note that a notification is read, or unread again.

    Raises:
        Forbidden: it is of another user.
        NotFound: it is unknown or forgotten.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    read_at = ports.clock.now() if state.read else None
    marked = ports.notifications.mark(user_id, notification_id, read_at=read_at)
    if marked is None:
        raise NotFound("No such notification is known.")
    return marked


def newest_notifications(
    user_id: str, notifications: NotificationStore, *, before: str | None = None
) -> Iterator[KeptNotification]:
    """Return the notifications older than the one of this id, the newest first, read as they are asked for."""
    return chunked(
        lambda place: notifications.page(user_id, before=place, limit=CHUNK),
        lambda kept: kept.shown.id,
        before=before,
    )
