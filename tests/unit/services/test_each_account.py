"""Runs that have no time for all accounts leave none out for good, and one provider holds up no other."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.account_round import AccountRound
from assistant.domain.connections import Connection
from assistant.domain.errors import Unavailable
from assistant.domain.providers import Access, Provider
from assistant.services.each_account import LEAST_SECONDS, each_account
from tests.fakes.accounts import MICROSOFT
from tests.fakes.connections import MemoryConnections, MemoryRounds, google_connection
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import Outage


@dataclass
class World:
    """Runs that look at so many accounts before their time is up."""

    clock: ManualClock = field(default_factory=ManualClock)
    down: Outage = field(default_factory=Outage)
    most: int = 100

    def __post_init__(self) -> None:
        self.connections = MemoryConnections()
        self.rounds = MemoryRounds(self.down)
        self.lock = threading.Lock()
        self.looked_at: list[str] = []

    def connect(self, many: int) -> None:
        for number in range(many):
            self.connections.replace(google_connection(f"u{number}", f"u{number}@x.com"), expected_version=0)

    def look(self, connection: Connection) -> str:
        with self.lock:
            self.looked_at.append(connection.user_id)
            if len(self.looked_at) == self.most:
                self.clock.advance(1)
        return connection.user_id

    def run(self) -> list[datetime]:
        """Return since when the accounts that were left are."""
        self.looked_at = []
        seen = each_account(
            "look", Access.MAIL, self.look, left=_Left, until=self.clock.monotonic() + LEAST_SECONDS, ports=self
        )
        self.clock.advance(600)
        return [one.since for one in seen if isinstance(one, _Left)]


@dataclass
class _Left:
    since: datetime


@given(accounts=st.integers(1, 60), most=st.integers(8, 60))
def test_no_account_is_left_out_for_good(accounts: int, most: int) -> None:
    world = World(most=most)
    world.connect(accounts)
    looked_at: Counter[str] = Counter()
    for _ in range(-(-accounts // most)):
        world.run()
        looked_at.update(world.looked_at)
    assert len(looked_at) == accounts


def test_what_is_left_out_run_after_run_counts_since_the_first_of_them() -> None:
    world = World(most=8)
    world.connect(40)
    begun = world.clock.now()
    for _ in range(3):
        left = world.run()
        assert left
        assert {(since - begun).total_seconds() for since in left} == {1}
    world.most = 100
    assert world.run() == []
    assert world.rounds.kept == {"look#mail#google": AccountRound()}
    world.most = 8
    assert {(since - begun).total_seconds() > 1 for since in world.run()} == {True}


def test_runs_with_time_for_all_write_nothing() -> None:
    world = World()
    world.connect(3)
    assert world.run() == []
    assert world.rounds.kept == {}


def test_where_a_run_ends_that_cannot_keep_it_the_next_begins_where_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(most=8)
    world.connect(40)

    def unavailable(*_: object) -> None:
        raise Unavailable("down")

    monkeypatch.setattr(world.rounds, "keep", unavailable)
    world.run()
    first = world.looked_at[0]
    world.run()
    assert world.looked_at[0] == first


def test_a_provider_that_hangs_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.connect(40)
    world.connections.replace(MICROSOFT, expected_version=0)
    reached = threading.Event()

    def look(connection: Connection) -> str:
        if connection.provider is Provider.GOOGLE:
            # Until the other provider's account was looked at, or for ever.
            assert reached.wait(30)
        else:
            reached.set()
        return connection.provider.value

    monkeypatch.setattr(world, "look", look)
    assert world.run() == []
    assert reached.is_set()
