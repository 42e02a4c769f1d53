"""Telling users something unasked, and what they were told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from assistant.domain.notifications import Notification


class Notifier(Protocol):
    """Delivers notifications, each once however often it is handed over."""

    def notify(self, user_id: str, notification: Notification) -> bool:
        """Deliver it; False when one of this id was delivered before. Raises Unavailable."""
        ...


class NotificationStore(Protocol):
    """What a user was told on the dashboard. Every method raises Unavailable while it is down."""

    def page(self, user_id: str, *, before: str | None, limit: int) -> Sequence[Notification]:
        """Return the notifications older than the one of this id, the newest first; fewer than ``limit`` end it."""
        ...

    def mark(self, user_id: str, notification_id: str, *, read_at: datetime | None) -> Notification | None:
        """Note when it was read, or that it was not; None when it is unknown or forgotten."""
        ...
