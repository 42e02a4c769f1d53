"""Use case: queue the calendars that somebody should look at though nothing was told of them.

Which those are their places say, so that no provider is asked: new ones, those read long ago, and those whose time that
is kept has to go on with the days.
"""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import partial

from assistant.domain.connections import Connection
from assistant.domain.errors import Unavailable
from assistant.domain.mailbox_sync import SyncReason, reconciled
from assistant.domain.providers import Access
from assistant.ports.account_rounds import AccountRounds
from assistant.ports.connections import ConnectionStore
from assistant.ports.kept_calendar import CalendarPlaces
from assistant.ports.mailbox_sync import MailboxQueue
from assistant.ports.runtime import Clock
from assistant.services.each_account import each_account
from assistant.services.renew_watches import watch_left_seconds

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CalendarReconcilePorts:
    """The ports finding calendars to look at needs."""

    connections: ConnectionStore
    rounds: AccountRounds
    places: CalendarPlaces
    queue: MailboxQueue
    clock: Clock


class _End(Enum):
    """What became of one calendar; the values are fields of ``CalendarsReconciled``."""

    UP_TO_NOW = "up_to_now"
    QUEUED = "queued"
    FAILED = "failed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class CalendarsReconciled:
    """What a look at all calendars found; ``watch_left_seconds`` as for mailboxes."""

    up_to_now: int = 0
    queued: int = 0
    failed: int = 0
    left: int = 0
    watch_left_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    end: _End
    watched_until: datetime | None = None


def reconcile_calendars(*, seconds: float, ports: CalendarReconcilePorts) -> CalendarsReconciled:
    """Queue the calendars that are due.

    Raises:
        Unavailable: the connections cannot be read.
    """
    seen = each_account(
        "reconcile",
        Access.CALENDAR,
        partial(_looked_at, ports=ports),
        left=lambda _: _Seen(_End.LEFT),
        until=ports.clock.monotonic() + seconds,
        ports=ports,
    )
    left = watch_left_seconds((one.watched_until for one in seen), ports.clock.now())
    return CalendarsReconciled(**Counter(one.end.value for one in seen), watch_left_seconds=left)


def _looked_at(connection: Connection, ports: CalendarReconcilePorts) -> _Seen:
    """Queue one that is due; one that is not watched is to be, where that is possible."""
    now = ports.clock.now()
    try:
        place = ports.places.read(connection)
        if not place.is_due(now):
            return _Seen(_End.UP_TO_NOW, place.watched_until)
        reason = SyncReason.RECONCILED if place.is_watched(now) else SyncReason.UNWATCHED
        ports.queue.request([reconciled(connection, reason, now)])
    except Unavailable:
        logger.warning("a calendar could not be looked at", extra={"connection_id": connection.id})
        return _Seen(_End.FAILED)
    return _Seen(_End.QUEUED, place.watched_until)
