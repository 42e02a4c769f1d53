"""Mailboxes in memory, and what happens in a mailbox without the assistant."""

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import ConnectionBroken, NotFound
from assistant.domain.mail import Mail
from assistant.domain.mailbox import (
    CursorExpired,
    Draft,
    Folder,
    MailboxChanges,
    MailboxMessage,
    MailQuery,
    MessagePage,
    MessageState,
    OutgoingMail,
)
from assistant.ports.mailbox import MailBox
from assistant.ports.runtime import Clock
from tests.fakes.stores import Outage

OWN_ADDRESS = "user@company.com"
WATCHED_FOR = timedelta(days=7)
_CHANGES_A_PAGE = 100


class MailboxSide(Protocol):
    """The mailbox as its user and the senders see it: what the assistant has to notice."""

    def receive(self, mail: Mail, *, folder: Folder = Folder.INBOX) -> str:
        """A mail arrives; return the id the provider gave it. One of a known ``thread_id`` joins that thread."""
        ...

    def change(self, message_id: str, state: MessageState) -> None:
        """The user moves, labels or reads a message."""
        ...

    def erase(self, message_id: str) -> None:
        """The user deletes a message for good."""
        ...

    def sent(self) -> Sequence[Mail]:
        """Return what left the mailbox, the oldest first."""
        ...

    def drafts(self) -> Sequence[Mail]:
        """Return the drafts, the oldest first."""
        ...

    def find_loosely(self) -> None:
        """The provider finds others, too, by a Message-ID."""
        ...

    def forget_changes(self) -> None:
        """The provider no longer knows what changed until now."""
        ...


@dataclass(frozen=True)
class _Change:
    kind: str
    message_id: str


@dataclass
class MemoryMailBox:
    """Implements ``ports.MailBox`` and ``MailboxSide``."""

    clock: Clock
    outage: Outage = field(default_factory=Outage)

    def __post_init__(self) -> None:
        self._messages: dict[str, MailboxMessage] = {}
        self._log: list[_Change] = []
        self._generation = 0
        self._count = 0
        self.watched_until: datetime | None = None
        self.unreadable: dict[str, Exception] = {}

    def search(self, query: MailQuery, *, page: str | None = None, limit: int = 100) -> MessagePage:
        self.outage.check()
        start = int(page or 0)
        found = [one.mail.id for one in reversed(self._messages.values()) if _matches(one, query)]
        more = start + limit < len(found)
        return MessagePage(tuple(found[start : start + limit]), str(start + limit) if more else None)

    def get(self, message_id: str) -> MailboxMessage:
        self.outage.check()
        if message_id not in self._messages:
            raise NotFound("The message is gone.")
        if message_id in self.unreadable:
            raise self.unreadable[message_id]
        return self._messages[message_id]

    def state(self, message_id: str) -> MessageState:
        return self.get(message_id).state

    def thread(self, thread_id: str) -> Sequence[MailboxMessage]:
        self.outage.check()
        found = [one for one in self._messages.values() if one.mail.thread_id == thread_id]
        if not found:
            raise NotFound("The conversation is gone.")
        return found

    def label(self, message_id: str, *, add: Set[str] = frozenset(), remove: Set[str] = frozenset()) -> None:
        state = self.state(message_id)
        self.change(message_id, replace(state, labels=frozenset((state.labels | add) - remove)))

    def move(self, message_id: str, folder: Folder) -> str:
        self.change(message_id, replace(self.state(message_id), folder=folder))
        return message_id

    def draft(self, mail: OutgoingMail) -> str:
        return self._written(mail, Folder.DRAFTS)

    def find_draft(self, message_id: str) -> Draft | None:
        self.outage.check()
        found = (one for one in self.drafts() if one.headers.get("message-id") == message_id)
        return next((Draft(one.id, one) for one in found), None)

    def rewrite(self, message_id: str, text: str) -> None:
        """The user writes on at a draft."""
        known = self._messages[message_id]
        self._messages[message_id] = replace(known, mail=known.mail.model_copy(update={"body": text}))

    def delete_draft(self, draft_id: str) -> None:
        self.outage.check()
        if draft_id in self._messages:
            self.erase(draft_id)

    def send(self, mail: OutgoingMail) -> str:
        return self._written(mail, Folder.SENT)

    def cursor(self) -> str:
        self.outage.check()
        return f"{self._generation}:{len(self._log)}"

    def changes(self, cursor: str) -> MailboxChanges:
        self.outage.check()
        generation, _, position = cursor.partition(":")
        if int(generation) != self._generation:
            raise CursorExpired
        since = int(position)
        news = self._log[since : since + _CHANGES_A_PAGE]
        kinds: dict[str, str] = {}
        for one in news:
            arrived_before = kinds.get(one.message_id) == "arrived" and one.kind == "changed"
            kinds[one.message_id] = "arrived" if arrived_before else one.kind
        by_kind: defaultdict[str, list[str]] = defaultdict(list)
        for message_id, kind in kinds.items():
            by_kind[kind].append(message_id)
        reached = since + len(news)
        return MailboxChanges(
            arrived=tuple(by_kind["arrived"]),
            changed=tuple(by_kind["changed"]),
            removed=tuple(by_kind["removed"]),
            cursor=f"{generation}:{reached}",
            more=reached < len(self._log),
        )

    def watch(self) -> datetime:
        self.outage.check()
        self.watched_until = self.clock.now() + WATCHED_FOR
        return self.watched_until

    def unwatch(self) -> None:
        self.outage.check()
        self.watched_until = None

    def receive(self, mail: Mail, *, folder: Folder = Folder.INBOX) -> str:
        message_id = self._next_id()
        arrived = mail.model_copy(
            update={
                "id": message_id,
                "thread_id": mail.thread_id or f"thread-{message_id}",
                "received_at": mail.received_at or self.clock.now(),
            }
        )
        self._messages[message_id] = MailboxMessage(arrived, MessageState(folder))
        self._log.append(_Change("arrived" if folder is Folder.INBOX else "changed", message_id))
        return message_id

    def change(self, message_id: str, state: MessageState) -> None:
        known = self._messages[message_id]
        if known.state == state:
            return
        self._messages[message_id] = replace(known, state=state)
        into_inbox = state.folder is Folder.INBOX is not known.state.folder
        self._log.append(_Change("arrived" if into_inbox else "changed", message_id))

    def erase(self, message_id: str) -> None:
        del self._messages[message_id]
        self._log.append(_Change("removed", message_id))

    def sent(self) -> Sequence[Mail]:
        return self._in(Folder.SENT)

    def drafts(self) -> Sequence[Mail]:
        return self._in(Folder.DRAFTS)

    def find_loosely(self) -> None:
        """Nothing is searched here."""

    def forget_changes(self) -> None:
        self._generation += 1

    def _in(self, folder: Folder) -> Sequence[Mail]:
        return [one.mail for one in self._messages.values() if one.state.folder is folder]

    def _next_id(self) -> str:
        self._count += 1
        return f"m{self._count}"

    def _written(self, mail: OutgoingMail, folder: Folder) -> str:
        self.outage.check()
        for written in self._in(folder):
            if written.headers["message-id"] == mail.message_id:
                return written.id
        message_id = self._next_id()
        headers = {
            "message-id": mail.message_id,
            "in-reply-to": mail.in_reply_to or "",
            "references": " ".join(mail.references),
        }
        message = Mail(
            id=message_id,
            sender=OWN_ADDRESS,
            to=mail.to,
            cc=mail.cc,
            subject=mail.subject,
            body=mail.text,
            received_at=self.clock.now(),
            headers={name: value for name, value in headers.items() if value},
            thread_id=mail.thread_id or f"thread-{message_id}",
        )
        self._messages[message_id] = MailboxMessage(message, MessageState(folder, unread=False))
        self._log.append(_Change("changed", message_id))
        return message_id


class TwoSides:
    """A mailbox behind an adapter, and what happens at its provider, as one object."""

    def __init__(self, box: MailBox, side: MailboxSide) -> None:
        self._box = box
        self._side = side

    def __getattr__(self, name: str) -> Any:
        return getattr(self._box if hasattr(MailBox, name) else self._side, name)


class MemoryMailBoxes:
    """Implements ``ports.MailBoxes``: a mailbox for each connection, made when it is first opened."""

    def __init__(self, clock: Clock, outage: Outage | None = None) -> None:
        self._clock = clock
        self._outage = outage or Outage()
        self._boxes: dict[str, MemoryMailBox] = {}

    def open(self, connection: Connection) -> MemoryMailBox:
        if connection.status is ConnectionStatus.BROKEN:
            raise ConnectionBroken("The account has to be connected again.")
        return self._boxes.setdefault(connection.id, MemoryMailBox(self._clock, self._outage))


def _matches(message: MailboxMessage, query: MailQuery) -> bool:
    mail, state = message.mail, message.state
    hidden = query.folder is None and state.folder in (Folder.JUNK, Folder.TRASH)
    late = query.since is None or (mail.received_at is not None and mail.received_at >= query.since)
    found = all(word in f"{mail.subject} {mail.body}".casefold() for word in query.words.casefold().split())
    return found and late and not hidden and query.folder in (None, state.folder)
