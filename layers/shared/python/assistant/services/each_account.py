"""Looking at every account that is open for a part of it, several at a time, for as long as there is time.

Each provider's accounts have threads of their own, so that one that hangs holds up no other. Where the time is too
short for all accounts of a provider, the next run begins with those it left.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from threading import Semaphore
from typing import Final, Protocol

from assistant.domain.access import is_open_for
from assistant.domain.account_round import AccountRound
from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import Unavailable
from assistant.domain.providers import Access, Provider, providers_of
from assistant.ports.account_rounds import AccountRounds
from assistant.ports.connections import ConnectionStore
from assistant.ports.runtime import Clock

logger = logging.getLogger(__name__)

# Of each provider.
_AT_ONCE: Final = 8
# An account is not begun with less time than its slowest calls take.
LEAST_SECONDS: Final = 60.0


class AccountPorts(Protocol):
    """The ports looking at accounts needs."""

    @property
    def connections(self) -> ConnectionStore:
        """Connected accounts."""
        ...

    @property
    def rounds(self) -> AccountRounds:
        """Whose turn it is."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...


def each_account[Seen](
    run: str,
    part: Access,
    look: Callable[[Connection], Seen],
    *,
    left: Callable[[datetime], Seen],
    until: float,
    ports: AccountPorts,
) -> Sequence[Seen]:
    """Return what ``look`` saw in each account, and for each there was no time for what ``left`` makes of since when.

    That is when the first of the runs began that all left accounts of this provider out. ``run`` names what they do;
    ``until`` is a time of the monotonic clock. Raises Unavailable where the connections cannot be read.
    """

    def of_provider(provider: Provider) -> Sequence[Seen]:
        name = f"{run}#{part}#{provider}"
        known = ports.rounds.read(name)
        accounts = known.in_turn(_open(ports.connections.of_provider(provider), part))
        seen = _begun_in_time(accounts, look, until, ports.clock)
        now = ports.clock.now()
        missed = len(accounts) - len(seen)
        ends = known.left_off(accounts[: len(seen)], now) if missed else AccountRound()
        _keep(name, known, ends, ports.rounds)
        return [*seen, *(left(ends.short_since or now) for _ in range(missed))]

    providers = providers_of(part)
    with ThreadPoolExecutor(len(providers)) as pool:
        return [*chain.from_iterable(pool.map(of_provider, providers))]


def _open(connections: Iterable[Connection], part: Access) -> Iterable[Connection]:
    return (one for one in connections if one.status is ConnectionStatus.ACTIVE and is_open_for(one, part))


def _begun_in_time[Seen](
    accounts: Sequence[Connection], look: Callable[[Connection], Seen], until: float, clock: Clock
) -> Sequence[Seen]:
    """Return what was seen of the first accounts, as many as were begun in time."""
    free = Semaphore(_AT_ONCE)
    begun: list[Future[Seen]] = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for connection in accounts:
            free.acquire()
            if until - clock.monotonic() < LEAST_SECONDS:
                break
            begun.append(pool.submit(look, connection))
            begun[-1].add_done_callback(lambda _: free.release())
    return [one.result() for one in begun]


def _keep(name: str, known: AccountRound, ends: AccountRound, rounds: AccountRounds) -> None:
    if ends == known:
        return
    try:
        rounds.keep(name, ends)
    except Unavailable:
        logger.warning("the next run begins where this one did", extra={"round": name})
