"""Telling users something unasked, and what they were told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from assistant.domain.notifications import Due, KeptNotification, News, Notification


class Notifier(Protocol):
    """Tells users something by the channel they prefer, each thing once however often it is handed over."""

    def notify(self, user_id: str, news: News) -> bool:
        """Tell it; False when the same, or something newer, was told about the thing before. Raises Unavailable."""
        ...


class NotificationStore(Protocol):
    """What users were told, as the dashboard shows it. Every method raises Unavailable while it is down."""

    def page(self, user_id: str, *, before: str | None, limit: int) -> Sequence[KeptNotification]:
        """Return the notifications older than the one of this id, the newest first; fewer than ``limit`` end it."""
        ...

    def mark(self, user_id: str, notification_id: str, *, read_at: datetime | None) -> Notification | None:
        """Note when it was read, or that it was not; None when it is unknown or forgotten."""
        ...

    def find(self, user_id: str, subject: str) -> KeptNotification | None:
        """Return what was last told about a thing unless it is unknown or forgotten."""
        ...

    def replace(self, user_id: str, kept: KeptNotification) -> bool:
        """Keep it as the next version; False when the kept version is another than its own, 0 for none."""
        ...


class DueIndex(Protocol):
    """What is to be done for users, by time. Every method raises Unavailable while it is down."""

    def plan(self, due: Due, *, taken_until: datetime | None = None) -> None:
        """Add a place; one that is there stays. It is taken until then by who adds it."""
        ...

    def until(self, now: datetime, *, limit: int) -> Sequence[Due]:
        """Return what is due by now and nobody has taken, the first first."""
        ...

    def claim(self, due: Due, *, now: datetime, until: datetime) -> bool:
        """Take a place for oneself ``until`` then; False when another has it or it is done."""
        ...

    def done(self, due: Due) -> None:
        """Remove the place."""
        ...


class DueQueue(Protocol):
    """The queue to what sends notifications."""

    def send(self, job: Due) -> None:
        """Hand over what is due now; raises Unavailable."""
        ...
