"""A mailbox at a provider: messages with their state there, changes, and mail to be sent."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from assistant.domain.mail import Mail

_MOST_REFERENCES = 20


class Folder(StrEnum):
    """Where a message lies; ``archive`` is every place of the user's own that is not the inbox."""

    INBOX = "inbox"
    ARCHIVE = "archive"
    SENT = "sent"
    DRAFTS = "drafts"
    JUNK = "junk"
    TRASH = "trash"


@dataclass(frozen=True, slots=True)
class MessageState:
    """What the user or the assistant may change of a message.

    ``labels`` are the user's own, by the name the user sees (Gmail labels, Outlook categories).
    """

    folder: Folder
    labels: frozenset[str] = frozenset()
    unread: bool = True


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is attached to a message; ``size`` in bytes."""

    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class MailboxMessage:
    """A message: ``mail.id`` and ``mail.thread_id`` are the provider's."""

    mail: Mail
    state: MessageState
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Ids of messages, the newest first; ``next_page`` asks for those that follow, None at the end."""

    message_ids: tuple[str, ...]
    next_page: str | None = None


@dataclass(frozen=True, slots=True)
class MailQuery:
    """What to look for: words as the provider searches them, a folder, and a time of arrival."""

    words: str = ""
    folder: Folder | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class MailboxChanges:
    """Ids of what changed since a cursor, and the ``cursor`` to go on from; ``more`` is there.

    ``arrived`` came into the inbox, the oldest first; a provider that cannot tell names other changes there too.
    ``removed`` is gone, or, where only the inbox is followed, left it.
    """

    arrived: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    cursor: str
    more: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it lies in the mailbox; ``id`` is what it is deleted by."""

    id: str
    mail: Mail


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail to be drafted or sent; plain text.

    ``message_id`` is an RFC 5322 Message-ID of our own, the same however often the same mail is tried.
    """

    message_id: str
    to: tuple[str, ...]
    subject: str
    text: str
    cc: tuple[str, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    thread_id: str | None = None


def in_conversation(mail: OutgoingMail, before: Mail) -> OutgoingMail:
    """Return the mail as one that follows another (RFC 5322, 3.6.4)."""
    message_id = "".join(before.headers.get("message-id", "").split())
    references = before.headers.get("references", "").split()
    return replace(
        mail,
        in_reply_to=message_id or None,
        references=(*references[-_MOST_REFERENCES:], *((message_id,) if message_id else ())),
        thread_id=before.thread_id,
    )


class CursorExpired(Exception):
    """The provider no longer knows what changed since the cursor: read the mailbox, or the calendar, anew."""
