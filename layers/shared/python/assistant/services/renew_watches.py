"""Use case on schedule: keep providers notifying, of mail and of calendars.

What cannot be renewed is watched for as long as it was before, so that the time left falls until an alarm tells of it.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import partial
from itertools import chain
from typing import Any, Final, Protocol

from assistant.domain.connections import Connection
from assistant.domain.errors import ConnectionBroken, Unavailable
from assistant.domain.mailbox_sync import MailboxPlace
from assistant.domain.providers import Access
from assistant.ports.account_rounds import AccountRounds
from assistant.ports.connections import ConnectionStore
from assistant.ports.runtime import Clock
from assistant.services.each_account import each_account

logger = logging.getLogger(__name__)

_TRIES: Final = 3


class Watchable(Protocol):
    """A mailbox, or a calendar."""

    def watch(self) -> datetime | None:
        """Ask for notifications, or for more time; return until when."""
        ...


class Places[Place: MailboxPlace](Protocol):
    """How far mailboxes, or calendars, were read."""

    def read(self, connection: Connection) -> Place:
        """Return the place."""
        ...

    def replace(self, place: Place) -> Place | None:
        """Store as the next version; None when the stored version is another."""
        ...


@dataclass(frozen=True, slots=True)
class Watched[Place: MailboxPlace]:
    """A part of accounts that is watched: what opens it, and the places that say until when it is."""

    open: Callable[[Connection], Watchable]
    places: Places[Place]


@dataclass(frozen=True, slots=True)
class RenewPorts:
    """The ports renewing watches needs."""

    connections: ConnectionStore
    rounds: AccountRounds
    parts: Mapping[Access, Watched[Any]]
    clock: Clock


class _End(Enum):
    """What became of one watch; the values are fields of ``Renewed``."""

    WATCHED = "watched"
    UNWATCHED = "unwatched"
    BROKEN = "broken"
    FAILED = "failed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a renewal did, in mailboxes and calendars: of ``unwatched`` ones this deployment takes no notifications."""

    watched: int = 0
    unwatched: int = 0
    broken: int = 0
    failed: int = 0
    left: int = 0


def renew_watches(*, seconds: float, ports: RenewPorts) -> Renewed:
    """Ask every provider for more notifications; how long those asked for still come, ``reconcile_accounts`` measures.

    Raises:
        Unavailable: the connections cannot be read.
    """
    until = ports.clock.monotonic() + seconds
    # Mail and calendars at once: neither takes the time of the other.
    with ThreadPoolExecutor(len(ports.parts)) as pool:
        seen = [*chain.from_iterable(pool.map(partial(_renewed, until=until, ports=ports), ports.parts))]
    return Renewed(**Counter(one.value for one in seen))


def watch_left_seconds(watched_until: Iterable[datetime | None], now: datetime) -> float | None:
    """Return how long the first watch to end still lasts; None where nothing is watched."""
    return max(0.0, (min(ends) - now).total_seconds()) if (ends := [one for one in watched_until if one]) else None


def renew_watch[Place: MailboxPlace](connection: Connection, watched: Watched[Place]) -> datetime | None:
    """Ask one provider for more notifications, and keep until when they come; return that."""
    until = watched.open(connection).watch()
    for _ in range(_TRIES if until else 0):
        place = watched.places.read(connection)
        if watched.places.replace(place.model_copy(update={"watched_until": until})):
            break
    return until


def _renewed(part: Access, until: float, ports: RenewPorts) -> Sequence[_End]:
    return each_account(
        "renew",
        part,
        partial(_tried, watched=ports.parts[part], clock=ports.clock),
        left=lambda _: _End.LEFT,
        until=until,
        ports=ports,
    )


def _tried(connection: Connection, watched: Watched[Any], clock: Clock) -> _End:
    """Renew one; what goes wrong with it is logged by name, and keeps no other from being renewed."""
    try:
        until = renew_watch(connection, watched)
    except ConnectionBroken:
        # Its user is told by the next reconciliation.
        return _End.BROKEN
    except Exception as error:  # noqa: BLE001 one account must not keep the others from their news
        extra = {"connection_id": connection.id, "error": type(error).__name__}
        logger.error("a watch is not renewed", extra=extra)  # noqa: TRY400 the message may quote a provider
        _note_unwatched(connection, watched, clock)
        return _End.FAILED
    return _End.WATCHED if until else _End.UNWATCHED


def _note_unwatched(connection: Connection, watched: Watched[Any], clock: Clock) -> None:
    """Note of what never was watched that no time is left, so that it is measured as what no longer is."""
    try:
        place = watched.places.read(connection)
        if place.watched_until is None:
            watched.places.replace(place.model_copy(update={"watched_until": clock.now()}))
    except Unavailable:
        logger.warning("what is not watched is not noted", extra={"connection_id": connection.id})
