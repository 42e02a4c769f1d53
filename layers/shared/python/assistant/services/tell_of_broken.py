"""Use case on schedule: tell users of accounts whose consent ended, whichever function found it gone.

That a connection is broken is kept with it, and who finds it so may have neither the time nor the means to tell. So
each run tells of those that broke lately; telling the same again tells nothing.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import quote

from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import Conflict, Unavailable
from assistant.domain.notifications import News, NotificationKind
from assistant.domain.providers import Provider
from assistant.ports.connections import ConnectionStore
from assistant.ports.notifications import Notifier
from assistant.ports.runtime import Clock

logger = logging.getLogger(__name__)

# Shorter than notifications are kept, so that nobody is told anew of what they were told of.
TOLD_WITHIN: Final = timedelta(days=7)
# Of a run that has more to do; who broke last is told first, and the others by the next runs.
LONGEST_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class TellOfBrokenPorts:
    """The ports telling of broken accounts needs."""

    connections: ConnectionStore
    notifier: Notifier
    clock: Clock


def tell_of_broken(ports: TellOfBrokenPorts) -> int:
    """Tell the users of accounts that broke lately, each once; return how many were told now.

    Raises:
        Unavailable: the connections cannot be read.
    """
    until = ports.clock.monotonic() + LONGEST_SECONDS
    told = 0
    for broken in _broken_lately(ports):
        if ports.clock.monotonic() >= until:
            break
        told += _told(broken, ports.notifier)
    return told


def tell_of_refusal(connection: Connection, notifier: Notifier) -> None:
    """Tell the user, once, of an account that refuses a look at it. Raises as ``notify``."""
    logger.warning("an account may not be read", extra={"connection_id": connection.id})
    who, name = connection.provider.row.label, connection.name
    why = f"{who} does not let the assistant read what it needs of {name}. Please allow it as you connect it again."
    notifier.notify(connection.user_id, _connect_again(connection, why))


def _connect_again(connection: Connection, why: str) -> News:
    return News(
        # One that was connected again and cannot be used again is news again.
        about=f"connection:{connection.id}:{connection.version}",
        kind=NotificationKind.CONNECTION,
        title=f"Please connect {connection.name} again",
        text=why,
        link=f"/api/v1/users/{quote(connection.user_id, safe='')}/connections",
        at=connection.broken_at or connection.connected_at,
    )


def _broken_lately(ports: TellOfBrokenPorts) -> Iterator[Connection]:
    since = ports.clock.now() - TOLD_WITHIN
    found = [
        (one.broken_at, one)
        for provider in Provider
        for one in ports.connections.of_provider(provider)
        if one.status is ConnectionStatus.BROKEN and one.broken_at and one.broken_at > since
    ]
    return (one for _, one in sorted(found, key=lambda each: each[0], reverse=True))


def _told(broken: Connection, notifier: Notifier) -> bool:
    who, name = broken.provider.row.label, broken.name
    why = f"{who} no longer lets the assistant into {name}. Nothing is lost, but all of it waits."
    try:
        return notifier.notify(broken.user_id, _connect_again(broken, why))
    except (Conflict, Unavailable):
        logger.warning("a user is told of a broken connection later", extra={"connection_id": broken.id})
        return False
