"""Following a connected mailbox: what makes it be looked at, how far it was read, and what became of each mail."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from assistant.domain.connections import Connection
from assistant.domain.triage.decision import Category, DecidedBy

# How far back a mailbox is read when nobody knows what changed: before it was connected, or before it was last read.
LOOKED_BACK: Final = timedelta(days=7)
# What is older than this is no news, however long a mailbox was out of reach.
OLDEST_NEWS: Final = timedelta(days=30)
# A place that nobody wrote for so long belongs to an account that is no longer connected.
PLACE_KEPT_FOR: Final = timedelta(days=100)
RECEIPT_KEPT_FOR: Final = timedelta(days=90)
_ONE_RUN: Final = timedelta(minutes=5)


class SyncReason(StrEnum):
    """Why a mailbox is looked at; ``unwatched``: its provider will stop notifying, or has."""

    CONNECTED = "connected"
    NOTIFIED = "notified"
    RECONCILED = "reconciled"
    CONTINUED = "continued"
    UNWATCHED = "unwatched"
    DISCONNECTED = "disconnected"

    @property
    def asks_to_watch(self) -> bool:
        """Whether its provider is to be asked for notifications before it is looked at."""
        return self in (SyncReason.CONNECTED, SyncReason.UNWATCHED)


class MailboxSync(BaseModel):
    """A mailbox, or a calendar, to be looked at; also the message body of the queues ``mailboxes`` and ``calendars``.

    ``id`` is the same for the same news: a notification's at its provider.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    user_id: str
    connection_id: str
    reason: SyncReason
    noticed_at: AwareDatetime

    @classmethod
    def of(cls, connection: Connection, reason: SyncReason, now: datetime, *, job_id: str) -> Self:
        """Return the job to look at what is followed of a connection."""
        return cls(id=job_id, user_id=connection.user_id, connection_id=connection.id, reason=reason, noticed_at=now)


def reconciled(connection: Connection, reason: SyncReason, now: datetime) -> MailboxSync:
    """Return the job for what nothing was told of: one while a run is likely under way, however often it is asked."""
    window = int(now.timestamp() // _ONE_RUN.total_seconds())
    return MailboxSync.of(connection, reason, now, job_id=f"reconcile-{connection.id[:64]}-{window}")


class MailboxPlace(BaseModel):
    """How far a mailbox was read, at the provider's ``cursor``, and until when its provider sends notifications.

    ``unknown_since`` is when a look first could not tell what waits in it; None where the last one could.
    """

    model_config = ConfigDict(frozen=True)

    user_id: str
    connection_id: str
    cursor: str | None = None
    synced_at: AwareDatetime | None = None
    watched_until: AwareDatetime | None = None
    unknown_since: AwareDatetime | None = None
    version: int = 0

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """Return the place of a mailbox nobody read yet."""
        return cls(user_id=connection.user_id, connection_id=connection.id)


def news_begin(place: MailboxPlace, connection: Connection, now: datetime) -> datetime:
    """Return from when on mail is new to the assistant where no cursor says it."""
    read = place.synced_at or connection.connected_at
    return max(read - LOOKED_BACK, now - OLDEST_NEWS)


class MailOutcome(StrEnum):
    """What became of a mail that arrived.

    ``moved``: it had left the inbox, where the user or a filter of theirs put it; ``gone``: it was erased before it was
    read; ``unreadable``: it holds neither a sender nor text; ``failed``: reading it or deciding about it broke, and an
    alarm tells of it.
    """

    DECIDED = "decided"
    MOVED = "moved"
    GONE = "gone"
    UNREADABLE = "unreadable"
    FAILED = "failed"


class Receipt(BaseModel):
    """What became of one mail, when and why; no text of the mail. There is one for each mail that arrived.

    ``problem`` says for the user why one ``failed``.
    """

    model_config = ConfigDict(frozen=True)

    user_id: str
    connection_id: str
    message_id: str
    outcome: MailOutcome
    noticed_at: AwareDatetime
    closed_at: AwareDatetime
    received_at: AwareDatetime | None = None
    category: Category | None = None
    decided_by: DecidedBy | None = None
    confidence: float | None = None
    problem: str | None = None

    @property
    def place(self) -> str:
        """Return a text that sorts receipts by when their mails were noticed."""
        return f"{int(self.noticed_at.timestamp() * 1000):013d}-{self.connection_id}#{self.message_id}"

    @property
    def expires_at(self) -> datetime:
        """When it is forgotten."""
        return self.closed_at + RECEIPT_KEPT_FOR

    @property
    def seconds(self) -> float | None:
        """How long the mail waited, since it arrived."""
        return (self.closed_at - self.received_at).total_seconds() if self.received_at else None
