"""Use case: decide about every mail that arrived in a connected mailbox, each once.

A job only says that a mailbox is worth a look; what is new its provider says, from the cursor on. The cursor moves when
every mail before it has a receipt, so that whatever breaks is done again, and a receipt keeps a mail from being decided
again. Where the provider no longer knows the cursor, or there is none, the inbox is read as far back as mail is news.
A run ends before its time does, and asks for another. Of an account that is no longer connected the mails kept for
meetings are forgotten.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Final

from assistant.domain import metric_names
from assistant.domain.connections import Connection
from assistant.domain.errors import OF_THE_ACCOUNT, AssistantError, Conflict, NotFound, Unavailable
from assistant.domain.mailbox import CursorExpired, Folder, MailboxMessage, MailQuery
from assistant.domain.mailbox_sync import (
    MailboxPlace,
    MailboxSync,
    MailOutcome,
    Receipt,
    news_begin,
)
from assistant.domain.subscriptions import Watched
from assistant.domain.triage.decision import TriagedEmail
from assistant.domain.users import Identity
from assistant.ports.connections import ConnectionStore
from assistant.ports.mailbox import MailBox, MailBoxes
from assistant.ports.mailbox_sync import DecisionFollower, MailboxPlaces, MailboxQueue, Receipts
from assistant.ports.meetings import PastMails
from assistant.ports.notifications import Notifier
from assistant.ports.subscriptions import SubscriptionStore
from assistant.services.ask_claude import LONGEST
from assistant.services.look_at_account import OutOfTime, look_at_account
from assistant.services.triage_emails import TriagePorts, TriageRequest, triage_emails

logger = logging.getLogger(__name__)

_AT_ONCE: Final = 20
_LISTED_AT_ONCE: Final = 100
# A message is not begun with less: reading it may take twenty, deciding and keeping what was read ten.
LEAST_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class SyncPorts:
    """The ports following mailboxes needs; ``triage.meter`` and ``triage.clock`` serve all of it."""

    connections: ConnectionStore
    boxes: MailBoxes
    places: MailboxPlaces
    receipts: Receipts
    queue: MailboxQueue
    followers: Sequence[DecisionFollower]
    triage: TriagePorts
    past_mails: PastMails
    subscriptions: SubscriptionStore
    notifier: Notifier


@dataclass(frozen=True, slots=True)
class Synced:
    """What a run did, in mails by outcome; ``ended`` says why there was nothing more to do, or that there is."""

    ended: str
    decided: int = 0
    moved: int = 0
    gone: int = 0
    unreadable: int = 0
    failed: int = 0


def sync_mailbox(job: MailboxSync, request_id: str, *, seconds: float, ports: SyncPorts) -> Synced:
    """Bring the mailbox up to now, for at most ``seconds``; what a provider's limits cut short goes on as another job.

    Raises:
        Unavailable: the provider, the store or the queue is down; the job is to be done again.
        Conflict: another run read the mailbox at the same time; the same.
    """
    until = ports.triage.clock.monotonic() + seconds
    outcomes: Counter[MailOutcome] = Counter()
    ended = look_at_account(
        job,
        request_id,
        connections=ports.connections,
        queue=ports.queue,
        notifier=ports.notifier,
        look=lambda connection: _go_on(_Look(connection, job, request_id, ports, until=until, outcomes=outcomes)),
        forget=lambda: _forget(job, ports),
    )
    return Synced(ended, **{outcome.value: count for outcome, count in outcomes.items()})


def _go_on(look: "_Look") -> None:
    """Look until the provider answers no more: where it did something, that is no failure, but for another look."""
    try:
        look.up_to_now()
    except Unavailable:
        if not look.outcomes:
            raise
        raise OutOfTime from None


def _forget(job: MailboxSync, ports: SyncPorts) -> None:
    """Forget the webhook of a mailbox that is gone, and its mails that are evidence for meetings."""
    ports.subscriptions.forget(job.user_id, job.connection_id, Watched.MAIL)
    ports.past_mails.forget(job.user_id, lambda mail: mail.connection_id == job.connection_id)


class _Look:
    """One look at one mailbox."""

    def __init__(
        self,
        connection: Connection,
        job: MailboxSync,
        request_id: str,
        ports: SyncPorts,
        *,
        until: float,
        outcomes: Counter[MailOutcome],
    ) -> None:
        self._connection = connection
        self._job = job
        self._request_id = request_id
        self._until = until
        self._ports = ports
        self._box: MailBox = ports.boxes.open(connection)
        self.outcomes = outcomes

    def up_to_now(self) -> None:
        place = self._ports.places.read(self._connection)
        if self._job.reason.asks_to_watch:
            place = self._watched(place)
        if place.cursor is None:
            self._read_anew(place)
            return
        more = True
        while more:
            try:
                changes = self._box.changes(place.cursor or "")
            except CursorExpired:
                self._ports.triage.meter.count(metric_names.MAILBOX_RESYNCS, provider=self._connection.provider.value)
                self._read_anew(place)
                return
            self._close(changes.arrived)
            place = self._moved_on(place, changes.cursor)
            more = changes.more

    def _read_anew(self, place: MailboxPlace) -> None:
        """Read the inbox back to where news begin; what arrives meanwhile comes after the cursor."""
        cursor = self._box.cursor()
        begin = news_begin(place, self._connection, self._ports.triage.clock.now())
        query = MailQuery(folder=Folder.INBOX, since=begin)
        page = None
        while True:
            found = self._box.search(query, page=page, limit=_LISTED_AT_ONCE)
            self._close(found.message_ids)
            page = found.next_page
            if page is None:
                break
        self._moved_on(place, cursor)

    def _watched(self, place: MailboxPlace) -> MailboxPlace:
        """Ask for notifications before reading, so that what arrives meanwhile is told of."""
        until = self._box.watch()
        return self._stored(place, watched_until=until) if until else place

    def _moved_on(self, place: MailboxPlace, cursor: str) -> MailboxPlace:
        now = self._ports.triage.clock.now()
        return self._stored(place, cursor=cursor, synced_at=now, unknown_since=None)

    def _stored(self, place: MailboxPlace, **changes: object) -> MailboxPlace:
        stored = self._ports.places.replace(place.model_copy(update=changes))
        if stored is None:
            raise Conflict("The mailbox was read by another run at the same time.")
        return stored

    def _close(self, message_ids: Sequence[str]) -> None:
        """Give each mail its receipt, those that have one aside."""
        known = self._ports.receipts.known(self._connection, message_ids) if message_ids else frozenset()
        new = [one for one in message_ids if one not in known]
        for some in batched(new, _AT_ONCE, strict=False):
            self._close_some(some)

    def _close_some(self, message_ids: Sequence[str]) -> None:
        out_of_time = False
        receipts: list[Receipt] = []
        messages: list[MailboxMessage] = []
        for message_id in message_ids:
            if self._left() < LEAST_SECONDS:
                out_of_time = True
                break
            found = self._got(message_id)
            if isinstance(found, Receipt):
                receipts.append(found)
            else:
                messages.append(found)
        receipts += self._decided(messages)
        self._ports.receipts.save(receipts)
        self._measure(receipts)
        if out_of_time:
            raise OutOfTime

    def _got(self, message_id: str) -> MailboxMessage | Receipt:
        """Return the message to decide about, or the receipt of one there is nothing to decide about."""
        try:
            message = self._box.get(message_id)
        except NotFound:
            return self._receipt(message_id, MailOutcome.GONE)
        except OF_THE_ACCOUNT:
            raise
        except Exception as error:  # noqa: BLE001 whatever one mail breaks, the others are decided
            return self._failed(message_id, error)
        if message.state.folder is Folder.INBOX:
            return message
        return self._receipt(message_id, MailOutcome.MOVED, message)

    def _decided(self, messages: Sequence[MailboxMessage]) -> Sequence[Receipt]:
        """Decide about mails together; where that breaks, one by one, so that only the mail that breaks it fails."""
        if not messages:
            return ()
        try:
            return self._triaged(messages)
        except (*OF_THE_ACCOUNT, Conflict):
            raise
        except Exception as error:  # noqa: BLE001 whatever one mail breaks, the others are decided
            if len(messages) > 1:
                return [receipt for one in messages for receipt in self._decided([one])]
            return [self._failed(messages[0].mail.id, error, messages[0])]

    def _triaged(self, messages: Sequence[MailboxMessage]) -> Sequence[Receipt]:
        readable = [one for one in messages if one.mail.sender or one.mail.subject or one.mail.body or one.mail.html]
        decided = self._triage(readable) if readable else {}
        followed = [(one.mail, decided[one.mail.id]) for one in readable if one.mail.id in decided]
        if followed:
            for follow in self._ports.followers:
                follow(self._connection, followed, run_id=self._request_id)
        return [self._receipt_of(one, decided.get(one.mail.id)) for one in messages]

    def _triage(self, messages: Sequence[MailboxMessage]) -> dict[str, TriagedEmail]:
        """Return decisions by mail; they are kept, or Unavailable is raised."""
        mails = tuple(one.mail.model_dump(by_alias=True, exclude_none=True) for one in messages)
        answer = triage_emails(
            TriageRequest(user_id=self._connection.user_id, emails=mails),
            Identity(self._connection.user_id, self._request_id),
            largest_batch=_AT_ONCE,
            ports=self._ports.triage,
            seconds=min(LONGEST, self._left() - LEAST_SECONDS / 2),
        )
        if "feedback" in answer.degraded:
            raise Unavailable("The decisions could not be kept.")
        return {one.email_id: one for one in answer.triaged_emails}

    def _receipt_of(self, message: MailboxMessage, decided: TriagedEmail | None) -> Receipt:
        if decided is None:
            return self._receipt(message.mail.id, MailOutcome.UNREADABLE, message)
        why = {"category": decided.category, "decided_by": decided.decided_by, "confidence": decided.confidence}
        return self._receipt(message.mail.id, MailOutcome.DECIDED, message).model_copy(update=why)

    def _failed(self, message_id: str, error: Exception, message: MailboxMessage | None = None) -> Receipt:
        extra = {"connection_id": self._connection.id, "message_id": message_id, "error": type(error).__name__}
        # What the error says may quote the mail.
        logger.error("a mail cannot be decided", extra=extra)
        problem = error.detail if isinstance(error, AssistantError) else f"It cannot be read ({type(error).__name__})."
        return self._receipt(message_id, MailOutcome.FAILED, message).model_copy(update={"problem": problem})

    def _receipt(self, message_id: str, outcome: MailOutcome, message: MailboxMessage | None = None) -> Receipt:
        return Receipt(
            user_id=self._connection.user_id,
            connection_id=self._connection.id,
            message_id=message_id,
            outcome=outcome,
            noticed_at=self._job.noticed_at,
            closed_at=self._ports.triage.clock.now(),
            received_at=message.mail.received_at if message else None,
        )

    def _measure(self, receipts: Sequence[Receipt]) -> None:
        meter = self._ports.triage.meter
        counts = Counter(one.outcome for one in receipts)
        self.outcomes.update(counts)
        for outcome, count in counts.items():
            meter.count(metric_names.MAILS_CLOSED, count, outcome=outcome.value)
        for receipt in receipts:
            if receipt.outcome is MailOutcome.DECIDED and receipt.seconds is not None:
                meter.observe(metric_names.MAIL_DECISION_DELAY, max(0.0, receipt.seconds))

    def _left(self) -> float:
        return self._until - self._ports.triage.clock.monotonic()
