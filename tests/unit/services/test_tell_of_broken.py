"""Users are told of accounts that broke, each once, whoever found them so."""

from dataclasses import dataclass, field

import pytest

from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import ConnectionBroken
from assistant.domain.providers import Provider
from assistant.services.access_tokens import TokenPorts, VaultedTokens
from assistant.services.tell_of_broken import LONGEST_SECONDS, TOLD_WITHIN, TellOfBrokenPorts, tell_of_broken
from tests.fakes.connections import MemoryConnections, MemoryVault, ScriptedProvider, expired, google_connection
from tests.fakes.notifications import MemoryNotifier
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import Outage


@dataclass
class World:
    clock: ManualClock = field(default_factory=ManualClock)
    notices: Outage = field(default_factory=Outage)

    def __post_init__(self) -> None:
        self.vault = MemoryVault(self.clock)
        self.connections = MemoryConnections(self.vault)
        self.provider = ScriptedProvider(self.clock)
        self.notifier = MemoryNotifier(self.notices)

    def breaks(self, connection: Connection) -> Connection:
        """Have whoever renews its tokens find its consent gone."""
        self.connections.replace(connection, expected_version=0)
        self.vault.put(connection, expired(self.provider.issue("first"), self.clock.now()))
        self.provider.live.clear()
        ports = TokenPorts(self.connections, self.vault, self.provider, self.clock, self.clock.advance)
        with pytest.raises(ConnectionBroken):
            VaultedTokens(ports).token(connection)
        broken = self.connections.find(connection.user_id, connection.id)
        assert broken
        return broken

    def tell(self) -> int:
        return tell_of_broken(TellOfBrokenPorts(self.connections, self.notifier, self.clock))


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("provider", Provider)
def test_a_user_is_told_once_that_a_connection_broke(world: World, provider: Provider) -> None:
    broken = world.breaks(google_connection().model_copy(update={"provider": provider}))
    for told in (1, 0, 0):
        assert world.tell() == told
        world.clock.advance(600)
    (((user_id, _), news),) = world.notifier.told.items()
    assert (user_id, news.title) == (broken.user_id, "Please connect user123@example.com again")
    assert news.at == broken.broken_at


def test_a_user_who_could_not_be_told_is_told_by_the_next_run(world: World) -> None:
    world.breaks(google_connection())
    world.notices.down = True
    assert world.tell() == 0
    world.notices.down = False
    assert world.tell() == 1


def test_nobody_is_told_of_an_account_that_works_or_broke_long_ago(world: World) -> None:
    world.connections.replace(google_connection("ann"), expected_version=0)
    world.breaks(google_connection("bob"))
    world.clock.advance(TOLD_WITHIN.total_seconds())
    assert world.tell() == 0


def test_one_that_breaks_again_is_told_of_again(world: World) -> None:
    broken = world.breaks(google_connection())
    world.tell()
    world.clock.advance(86_400)
    again = {"status": ConnectionStatus.BROKEN, "broken_at": world.clock.now()}
    world.connections.replace(broken.model_copy(update=again), expected_version=broken.version)
    assert world.tell() == 1


def test_who_broke_last_is_told_first_and_the_rest_by_the_next_runs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user_id in ("ann", "bob", "cem"):
        world.clock.advance(60)
        world.breaks(google_connection(user_id))
    notify = world.notifier.notify

    def slowly(user_id: str, news: object) -> bool:
        told = notify(user_id, news)  # type: ignore[arg-type]  # as the port has it
        world.clock.advance(LONGEST_SECONDS / 2 if told else 0)
        return told

    monkeypatch.setattr(world.notifier, "notify", slowly)
    assert [world.tell(), world.tell(), world.tell()] == [2, 1, 0]
    assert [user_id for user_id, _ in world.notifier.told] == ["cem", "bob", "ann"]
