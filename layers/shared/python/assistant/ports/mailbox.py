"""A connected mailbox. Adapters: Gmail, Microsoft Graph, IMAP; one suite of tests holds all of them to this."""

from collections.abc import Sequence, Set
from datetime import datetime
from typing import Protocol

from assistant.domain.connections import Connection
from assistant.domain.mailbox import (
    Draft,
    Folder,
    MailboxChanges,
    MailboxMessage,
    MailQuery,
    MessagePage,
    MessageState,
    OutgoingMail,
)


class MailBox(Protocol):
    """One mailbox.

    Every method waits where the provider throttles, and raises Unavailable while it is down, ConnectionBroken when the
    consent is gone, Forbidden when a scope is missing, NotFound where the message is gone.
    """

    def search(self, query: MailQuery, *, page: str | None = None, limit: int = 100) -> MessagePage:
        """Return ids of messages, the newest first."""
        ...

    def get(self, message_id: str) -> MailboxMessage:
        """Return a message with its text."""
        ...

    def state(self, message_id: str) -> MessageState:
        """Return where a message lies and how it is marked, without its text."""
        ...

    def thread(self, thread_id: str) -> Sequence[MailboxMessage]:
        """Return the messages of a conversation, the oldest first."""
        ...

    def label(self, message_id: str, *, add: Set[str] = frozenset(), remove: Set[str] = frozenset()) -> None:
        """Add and remove labels by name; a label that does not exist is made. Again changes nothing."""
        ...

    def move(self, message_id: str, folder: Folder) -> str:
        """Move to inbox, archive, junk or trash; return the id it has there. Again changes nothing."""
        ...

    def draft(self, mail: OutgoingMail) -> str:
        """Keep a draft and return its id; the one of this Message-ID where there is one."""
        ...

    def find_draft(self, message_id: str) -> Draft | None:
        """Return the draft of this Message-ID as its user left it; None where there is none, or no longer."""
        ...

    def delete_draft(self, draft_id: str) -> None:
        """Delete a draft; one that is gone is no error."""
        ...

    def send(self, mail: OutgoingMail) -> str:
        """Send, once for each Message-ID, and return the id of the message in the folder of sent mail."""
        ...

    def cursor(self) -> str:
        """Return the cursor of now."""
        ...

    def changes(self, cursor: str) -> MailboxChanges:
        """Return what changed since the cursor, a page at a time; raises CursorExpired."""
        ...

    def watch(self) -> datetime | None:
        """Ask for notifications, or for more time, and return until when they come.

        None where the deployment takes none of this provider.
        """
        ...

    def unwatch(self) -> None:
        """Ask for no more notifications."""
        ...


class MailBoxes(Protocol):
    """Opens mailboxes."""

    def open(self, connection: Connection) -> MailBox:
        """Return the mailbox of a connection, without a call to its provider."""
        ...
