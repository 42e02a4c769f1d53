"""Looking at every account that is open for a part of it, several at a time, for as long as there is time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from assistant.domain.access import is_open_for
from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.providers import Access, providers_of
from assistant.ports.connections import ConnectionStore
from assistant.ports.runtime import Clock

_AT_ONCE: Final = 8
# An account is not begun with less time than its slowest calls take.
LEAST_SECONDS: Final = 60.0


def each_account[Seen](
    part: Access,
    look: Callable[[Connection], Seen],
    *,
    left: Seen,
    until: float,
    connections: ConnectionStore,
    clock: Clock,
) -> Sequence[Seen]:
    """Return what ``look`` saw in each account, ``left`` for those there was no time for.

    ``until`` is a time of the monotonic clock. Raises Unavailable where the connections cannot be read.
    """
    found = [one for provider in providers_of(part) for one in connections.of_provider(provider)]
    active = [one for one in found if one.status is ConnectionStatus.ACTIVE and is_open_for(one, part)]

    def in_time(connection: Connection) -> Seen:
        return look(connection) if until - clock.monotonic() >= LEAST_SECONDS else left

    with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix=part) as pool:
        return list(pool.map(in_time, active))
