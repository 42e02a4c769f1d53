"""Following connected mailboxes: their places, receipts of mails, and the queue of mailboxes to look at."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from assistant.domain.connections import Connection
from assistant.domain.mail import Mail
from assistant.domain.mailbox_sync import MailboxPlace, MailboxSync, Receipt
from assistant.domain.triage.decision import TriagedEmail


class MailboxPlaces(Protocol):
    """How far mailboxes were read. Every method raises Unavailable while it is down."""

    def read(self, connection: Connection) -> MailboxPlace:
        """Return the place, read consistently; version 0 where there is none."""
        ...

    def replace(self, place: MailboxPlace) -> MailboxPlace | None:
        """Store as the next version and return it; None when the stored version is another."""
        ...


class Receipts(Protocol):
    """What became of mails. Every method raises Unavailable while it is down."""

    def known(self, connection: Connection, message_ids: Iterable[str]) -> frozenset[str]:
        """Return those of the ids that have a receipt, read consistently."""
        ...

    def save(self, receipts: Sequence[Receipt]) -> None:
        """Store receipts; the same one again changes nothing."""
        ...

    def page(self, user_id: str, *, before: str | None, since: datetime | None, limit: int) -> Sequence[Receipt]:
        """Return receipts of mails noticed since then, before the one of this place, the newest first."""
        ...


class MailboxQueue(Protocol):
    """Mailboxes to be looked at, in order for each connection."""

    def request(self, syncs: Sequence[MailboxSync]) -> None:
        """Queue them; what has the same id within five minutes is queued once. Raises Unavailable."""
        ...


class DecisionFollower(Protocol):
    """What follows from decisions about mails of a connected mailbox."""

    def __call__(self, connection: Connection, decided: Sequence[tuple[Mail, TriagedEmail]], *, run_id: str) -> object:
        """Act on decisions that are kept; the same ones again change nothing. Raises Unavailable."""
        ...
