"""Use case: find what notifications of mail left out.

Notifications are only a hint that comes early: whoever never gets one finds the same mails here, later.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import partial

from assistant.domain import metric_names
from assistant.domain.connections import Connection
from assistant.domain.errors import OF_THE_ACCOUNT, ConnectionBroken, Unavailable
from assistant.domain.mailbox import CursorExpired
from assistant.domain.mailbox_sync import MailboxPlace, SyncReason, reconciled
from assistant.domain.providers import Access
from assistant.ports.account_rounds import AccountRounds
from assistant.ports.connections import ConnectionStore
from assistant.ports.mailbox import MailBox, MailBoxes
from assistant.ports.mailbox_sync import MailboxPlaces, MailboxQueue, Receipts
from assistant.ports.runtime import Clock, Meter
from assistant.services.each_account import each_account
from assistant.services.renew_watches import Watched, renew_watch, watch_left_seconds

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReconcilePorts:
    """The ports finding undecided mail needs."""

    connections: ConnectionStore
    rounds: AccountRounds
    boxes: MailBoxes
    places: MailboxPlaces
    receipts: Receipts
    queue: MailboxQueue
    meter: Meter
    clock: Clock


class _End(Enum):
    """What became of one mailbox; the values are fields of ``Reconciled``."""

    UP_TO_NOW = "up_to_now"
    BEHIND = "behind"
    BROKEN = "broken"
    FAILED = "failed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a look at all mailboxes found: ``behind`` ones are queued; ``oldest_seconds`` is what waits longest.

    ``watch_left_seconds`` is when the first of those that are watched gets no more notifications.
    """

    up_to_now: int = 0
    behind: int = 0
    broken: int = 0
    failed: int = 0
    left: int = 0
    oldest_seconds: float = 0.0
    watch_left_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look at one mailbox found; ``waiting`` since when a mail in it is undecided."""

    end: _End
    waiting: datetime | None = None
    watched_until: datetime | None = None


def reconcile_mailboxes(*, seconds: float, ports: ReconcilePorts) -> Reconciled:
    """Compare every mailbox with its cursor, queue those that have news, and measure what waits longest.

    Raises:
        Unavailable: the connections cannot be read.
    """
    seen = each_account(
        "reconcile",
        Access.MAIL,
        partial(_tried, ports=ports),
        left=partial(_Seen, _End.LEFT),
        until=ports.clock.monotonic() + seconds,
        ports=ports,
    )
    now = ports.clock.now()
    oldest = max(((now - one.waiting).total_seconds() for one in seen if one.waiting), default=0.0)
    ports.meter.gauge(metric_names.OLDEST_UNDECIDED_MAIL, max(0.0, oldest))
    left = watch_left_seconds((one.watched_until for one in seen), now)
    return Reconciled(**_counts(seen), oldest_seconds=round(max(0.0, oldest), 1), watch_left_seconds=left)


def _tried(connection: Connection, ports: ReconcilePorts) -> _Seen:
    """Look at one mailbox; what goes wrong with it is logged by name, and keeps no other from being looked at."""
    try:
        return _compared(connection, ports)
    except ConnectionBroken:
        # Its user is told by the next run.
        return _Seen(_End.BROKEN)
    except Exception as error:  # noqa: BLE001 one mailbox must not keep the others from their news
        return _out_of_reach(connection, type(error).__name__, ports)


def _out_of_reach(connection: Connection, error: str, ports: ReconcilePorts) -> _Seen:
    """Nobody knows what waits there: it counts as undecided since the first look that failed."""
    logger.error("a mailbox is out of reach", extra={"connection_id": connection.id, "error": error})
    try:
        place = ports.places.read(connection)
        return _Seen(_End.FAILED, _unknown_since(place, ports), place.watched_until)
    except Unavailable:
        return _Seen(_End.FAILED)


def _unknown_since(place: MailboxPlace, ports: ReconcilePorts) -> datetime:
    """Return since when nobody knows what waits there; kept with the first look, as good ones write nothing."""
    since = place.unknown_since or ports.clock.now()
    if place.unknown_since is None:
        ports.places.replace(place.model_copy(update={"unknown_since": since}))
    return since


def _compared(connection: Connection, ports: ReconcilePorts) -> _Seen:
    box = ports.boxes.open(connection)
    place = ports.places.read(connection)
    return replace(_held_against(place, box, connection, ports), watched_until=place.watched_until)


def _held_against(place: MailboxPlace, box: MailBox, connection: Connection, ports: ReconcilePorts) -> _Seen:
    if place.cursor is None:
        _request(connection, ports)
        if place.watched_until is None:
            renew_watch(connection, Watched(ports.boxes.open, ports.places))
        return _Seen(_End.BEHIND, connection.connected_at)
    try:
        changes = box.changes(place.cursor)
    except CursorExpired:
        _request(connection, ports)
        return _Seen(_End.BEHIND, _unknown_since(place, ports))
    if place.unknown_since:
        ports.places.replace(place.model_copy(update={"unknown_since": None}))
    undecided = [*_without_receipt(connection, changes.arrived, ports)]
    if undecided or changes.more:
        _request(connection, ports)
    if undecided:
        ports.meter.count(metric_names.MAILBOX_GAPS, provider=connection.provider.value)
        return _Seen(_End.BEHIND, _arrival(box, undecided))
    return _Seen(_End.BEHIND if changes.more else _End.UP_TO_NOW)


def _without_receipt(connection: Connection, message_ids: Sequence[str], ports: ReconcilePorts) -> Iterator[str]:
    known = ports.receipts.known(connection, message_ids) if message_ids else frozenset()
    return (one for one in message_ids if one not in known)


def _arrival(box: MailBox, message_ids: Iterable[str]) -> datetime | None:
    """Return when the first of them that can be read arrived."""
    for message_id in message_ids:
        try:
            return box.get(message_id).mail.received_at
        except OF_THE_ACCOUNT:
            raise
        except Exception:  # noqa: BLE001, S112 it is gone, or broken: what looks at the mailbox closes it
            continue
    return None


def _request(connection: Connection, ports: ReconcilePorts) -> None:
    ports.queue.request([reconciled(connection, SyncReason.RECONCILED, ports.clock.now())])


def _counts(seen: Sequence[_Seen]) -> dict[str, int]:
    return dict(Counter(one.end.value for one in seen))
