"""Use cases on schedule: keep providers notifying, and find what their notifications left out.

Notifications are only a hint that comes early: whoever never gets one finds the same mails here, later.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from assistant.domain import metric_names
from assistant.domain.access import Access, is_open_for, providers_of
from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import ConnectionBroken, NotFound, Unavailable
from assistant.domain.mailbox import CursorExpired
from assistant.domain.mailbox_sync import MailboxSync, SyncReason
from assistant.ports.connections import ConnectionStore
from assistant.ports.mailbox import MailBox, MailBoxes
from assistant.ports.mailbox_sync import MailboxPlaces, MailboxQueue, Receipts
from assistant.ports.runtime import Clock, Meter

logger = logging.getLogger(__name__)

_AT_ONCE: Final = 8
# A mailbox is not begun with less time than its slowest calls take.
LEAST_SECONDS: Final = 60.0
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class WatchPorts:
    """The ports watching mailboxes needs; ``queue`` gives the queue to those who may send to it."""

    connections: ConnectionStore
    boxes: MailBoxes
    places: MailboxPlaces
    receipts: Receipts
    queue: Callable[[], MailboxQueue]
    meter: Meter
    clock: Clock


class _End(Enum):
    """What became of one mailbox; the values are fields of ``Renewed`` and ``Reconciled``."""

    WATCHED = "watched"
    UNWATCHED = "unwatched"
    UP_TO_NOW = "up_to_now"
    BEHIND = "behind"
    BROKEN = "broken"
    FAILED = "failed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a renewal did, in mailboxes: ``unwatched`` ones have providers this deployment takes no news from."""

    watched: int = 0
    unwatched: int = 0
    broken: int = 0
    failed: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a look at all mailboxes found: ``behind`` ones are queued; ``oldest_seconds`` is what waits longest."""

    up_to_now: int = 0
    behind: int = 0
    broken: int = 0
    failed: int = 0
    left: int = 0
    oldest_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look at one mailbox found; ``waiting`` since when a mail in it is undecided."""

    end: _End
    waiting: datetime | None = None
    watched_until: datetime | None = None


def renew_mailbox_watches(*, seconds: float, ports: WatchPorts) -> Renewed:
    """Ask every provider for more notifications, and measure how long those asked for still come.

    Raises:
        Unavailable: the connections cannot be read.
    """
    seen = _each(_renewed, seconds=seconds, ports=ports)
    now = ports.clock.now()
    left = [(one.watched_until - now).total_seconds() for one in seen if one.watched_until]
    if left:
        ports.meter.gauge(metric_names.MAILBOX_WATCH_LEFT, max(0.0, min(left)))
    return Renewed(**_counts(seen))


def reconcile_mailboxes(*, seconds: float, ports: WatchPorts) -> Reconciled:
    """Compare every mailbox with its cursor, queue those that have news, and measure what waits longest.

    Raises:
        Unavailable: the connections cannot be read.
    """
    seen = _each(_compared, seconds=seconds, ports=ports)
    now = ports.clock.now()
    oldest = max(((now - one.waiting).total_seconds() for one in seen if one.waiting), default=0.0)
    ports.meter.gauge(metric_names.OLDEST_UNDECIDED_MAIL, max(0.0, oldest))
    return Reconciled(**_counts(seen), oldest_seconds=round(max(0.0, oldest), 1))


def _each(look: Callable[[Connection, WatchPorts], _Seen], *, seconds: float, ports: WatchPorts) -> Sequence[_Seen]:
    until = ports.clock.monotonic() + seconds
    found = [one for provider in providers_of(Access.MAIL) for one in ports.connections.of_provider(provider)]
    active = [one for one in found if one.status is ConnectionStatus.ACTIVE and is_open_for(one, Access.MAIL)]

    def try_one(connection: Connection) -> _Seen:
        if until - ports.clock.monotonic() < LEAST_SECONDS:
            return _Seen(_End.LEFT)
        return _tried(connection, look, ports)

    with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="mailbox") as pool:
        return list(pool.map(try_one, active))


def _tried(connection: Connection, look: Callable[[Connection, WatchPorts], _Seen], ports: WatchPorts) -> _Seen:
    """Look at one mailbox; what goes wrong with it is logged by name, and keeps no other from being looked at."""
    try:
        return look(connection, ports)
    except ConnectionBroken:
        # Its user was told when the consent was found gone.
        return _Seen(_End.BROKEN)
    except Exception as error:  # noqa: BLE001 one mailbox must not keep the others from their news
        return _out_of_reach(connection, type(error).__name__, ports)


def _out_of_reach(connection: Connection, error: str, ports: WatchPorts) -> _Seen:
    """Nobody knows what waits there: it counts as undecided since the mailbox was last read."""
    logger.error("a mailbox is out of reach", extra={"connection_id": connection.id, "error": error})
    try:
        place = ports.places.read(connection)
    except Unavailable:
        return _Seen(_End.FAILED)
    return _Seen(_End.FAILED, place.synced_at or connection.connected_at, place.watched_until or ports.clock.now())


def _renewed(connection: Connection, ports: WatchPorts) -> _Seen:
    until = ports.boxes.open(connection).watch()
    if until is None:
        return _Seen(_End.UNWATCHED)
    for _ in range(_TRIES):
        place = ports.places.read(connection)
        if ports.places.replace(place.model_copy(update={"watched_until": until})):
            break
    return _Seen(_End.WATCHED, watched_until=until)


def _compared(connection: Connection, ports: WatchPorts) -> _Seen:
    box = ports.boxes.open(connection)
    place = ports.places.read(connection)
    if place.cursor is None:
        _request(connection, ports)
        if place.watched_until is None:
            _renewed(connection, ports)
        return _Seen(_End.BEHIND, connection.connected_at)
    try:
        changes = box.changes(place.cursor)
    except CursorExpired:
        _request(connection, ports)
        return _Seen(_End.BEHIND, place.synced_at)
    undecided = [*_without_receipt(connection, changes.arrived, ports)]
    if undecided or changes.more:
        _request(connection, ports)
    if undecided:
        ports.meter.count(metric_names.MAILBOX_GAPS, provider=connection.provider.value)
        return _Seen(_End.BEHIND, _arrival(box, undecided) or place.synced_at)
    return _Seen(_End.BEHIND if changes.more else _End.UP_TO_NOW)


def _without_receipt(connection: Connection, message_ids: Sequence[str], ports: WatchPorts) -> Iterator[str]:
    known = ports.receipts.known(connection, message_ids) if message_ids else frozenset()
    return (one for one in message_ids if one not in known)


def _arrival(box: MailBox, message_ids: Iterable[str]) -> datetime | None:
    """Return when the first of them that is still there arrived."""
    for message_id in message_ids:
        try:
            return box.get(message_id).mail.received_at
        except NotFound:
            continue
    return None


def _request(connection: Connection, ports: WatchPorts) -> None:
    now = ports.clock.now()
    # One request while a run is likely under way, however often this runs.
    window = int(now.timestamp() // timedelta(minutes=5).total_seconds())
    ports.queue().request(
        [
            MailboxSync(
                id=f"reconcile-{connection.id[:64]}-{window}",
                user_id=connection.user_id,
                connection_id=connection.id,
                reason=SyncReason.RECONCILED,
                noticed_at=now,
            )
        ]
    )


def _counts(seen: Sequence[_Seen]) -> dict[str, int]:
    return dict(Counter(one.end.value for one in seen))
