"""Access tokens: renewed in time, by one worker, and never lost."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import ConnectionBroken, Unavailable
from assistant.domain.tokens import TokenSet
from assistant.services.access_tokens import LEASED_FOR, TokenPorts, VaultedTokens
from tests.fakes.connections import MemoryConnections, MemoryVault, ScriptedProvider, expired, google_connection
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import Outage

ANN = google_connection()


@dataclass
class World:
    clock: ManualClock = field(default_factory=ManualClock)
    vault_outage: Outage = field(default_factory=Outage)
    pauses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.vault = MemoryVault(self.clock, self.vault_outage)
        self.store = MemoryConnections(self.vault)
        self.provider = ScriptedProvider(self.clock)
        self.store.replace(ANN, expected_version=0)
        self.vault.put(ANN, self.provider.issue("first"))
        self.tokens = VaultedTokens(TokenPorts(self.store, self.vault, self.provider, self.clock, self.pauses.append))

    def left(self, seconds: float) -> None:
        """Let so much of the first token's hour be left."""
        self.clock.advance(3600 - seconds)

    def found(self) -> Connection:
        found = self.store.find(ANN.user_id, ANN.id)
        assert found
        return found

    def kept(self) -> TokenSet:
        kept = self.vault.read(ANN)
        assert kept
        return kept.tokens


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("left", "token", "refreshes"), [(300, "access-first", 0), (299, "access-1", 1), (-9, "access-1", 1)]
)
def test_a_token_is_renewed_five_minutes_ahead(world: World, left: int, token: str, refreshes: int) -> None:
    world.left(left)
    assert world.tokens.token(ANN) == token
    assert world.tokens.token(ANN) == token
    assert world.provider.refreshes == refreshes


def test_a_token_without_expiry_is_kept_until_it_is_refused(world: World) -> None:
    world.vault.put(ANN, TokenSet("access-notion", "refresh-first"))
    world.clock.advance(90 * 86_400)
    assert world.tokens.token(ANN) == "access-notion"
    assert world.tokens.renew(ANN, "access-notion") == "access-1"
    assert world.tokens.renew(ANN, "access-notion") == "access-1"
    assert world.provider.refreshes == 1


@pytest.mark.parametrize(("left", "served"), [(60, True), (59, False)])
def test_while_the_provider_is_down_the_present_token_serves_for_its_last_minutes(
    world: World, left: int, served: bool
) -> None:
    world.left(left)
    world.provider.outage.down = True
    if served:
        assert world.tokens.token(ANN) == "access-first"
    else:
        with pytest.raises(Unavailable):
            world.tokens.token(ANN)
    world.provider.outage.down = False
    assert world.tokens.token(ANN) == "access-1"
    assert world.found().status is ConnectionStatus.ACTIVE


def test_the_present_token_serves_while_another_worker_renews(world: World) -> None:
    world.left(120)
    assert world.vault.lease(ANN, version=1, until=world.clock.now() + LEASED_FOR)
    assert world.tokens.token(ANN) == "access-first"
    assert (world.provider.refreshes, world.pauses) == (0, [])


def test_a_worker_waits_for_what_another_renews(world: World) -> None:
    world.left(0)
    assert world.vault.lease(ANN, version=1, until=world.clock.now() + LEASED_FOR)

    def other_ends(_: float) -> None:
        world.vault.replace(ANN, world.provider.issue("other"), expected_version=1)

    waiting = VaultedTokens(TokenPorts(world.store, world.vault, world.provider, world.clock, other_ends))
    assert waiting.token(ANN) == "access-other"
    assert world.provider.refreshes == 0


def test_a_worker_does_not_wait_for_ever(world: World) -> None:
    world.left(0)
    world.vault.lease(ANN, version=1, until=world.clock.now() + LEASED_FOR)
    with pytest.raises(Unavailable):
        world.tokens.token(ANN)
    assert sum(world.pauses) == 10


def test_the_lease_of_a_worker_that_died_ends(world: World) -> None:
    world.left(0)
    world.vault.lease(ANN, version=1, until=world.clock.now() + LEASED_FOR)
    dead = VaultedTokens(TokenPorts(world.store, world.vault, world.provider, world.clock, world.clock.advance))
    world.clock.advance(25)
    assert dead.token(ANN) == "access-1"


def test_a_consent_that_is_gone_breaks_the_connection_once(world: World) -> None:
    world.left(0)
    world.provider.live.clear()
    for _ in range(2):
        with pytest.raises(ConnectionBroken, match="has to be connected again"):
            world.tokens.token(ANN)
    broken = world.found()
    assert (broken.status, broken.broken_at, broken.version) == (ConnectionStatus.BROKEN, world.clock.now(), 2)
    assert world.kept().refresh == "refresh-first"


def test_a_refused_token_that_nothing_renews_breaks_the_connection(world: World) -> None:
    world.vault.put(ANN, TokenSet("xoxb-1"))
    assert world.tokens.token(ANN) == "xoxb-1"
    with pytest.raises(ConnectionBroken):
        world.tokens.renew(ANN, "xoxb-1")
    assert world.found().status is ConnectionStatus.BROKEN


def refused_for_good(world: World) -> None:
    """A provider that renews tokens, and takes none of them: the user is suspended, or let in on conditions."""
    renewed = world.tokens.renew(ANN, "access-first")
    world.tokens.give_up(ANN, renewed)


def test_a_renewed_token_that_is_refused_breaks_the_connection_once(world: World) -> None:
    with pytest.raises(ConnectionBroken, match="has to be connected again"):
        refused_for_good(world)
    broken = world.found()
    assert (broken.status, broken.broken_at) == (ConnectionStatus.BROKEN, world.clock.now())
    world.clock.advance(60)
    with pytest.raises(ConnectionBroken):
        world.tokens.give_up(ANN, world.kept().access)
    assert world.found() == broken


def test_a_renewed_token_that_is_refused_counts_for_nothing_once_the_user_consented_anew(world: World) -> None:
    renewed = world.tokens.renew(ANN, "access-first")
    world.vault.put(ANN, TokenSet("access-anew", "refresh-anew"))
    with pytest.raises(Unavailable):
        world.tokens.give_up(ANN, renewed)
    assert world.found().status is ConnectionStatus.ACTIVE


def test_a_connection_that_is_confirmed_while_it_is_being_broken_stays_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = world.store.replace

    def confirmed_first(connection: Connection, *, expected_version: int) -> bool:
        monkeypatch.setattr(world.store, "replace", replace)
        world.vault.put(ANN, TokenSet("access-anew", "refresh-anew"))
        assert replace(world.found(), expected_version=world.found().version)
        return replace(connection, expected_version=expected_version)

    monkeypatch.setattr(world.store, "replace", confirmed_first)
    with pytest.raises(Unavailable):
        refused_for_good(world)
    assert world.found().status is ConnectionStatus.ACTIVE


def test_a_refusal_counts_for_nothing_once_the_user_consented_anew(world: World) -> None:
    world.left(0)
    refresh = world.provider.refresh

    def consented_meanwhile(tokens: TokenSet) -> TokenSet:
        world.provider.live.clear()
        world.vault.put(ANN, TokenSet("access-anew", "refresh-anew"))
        return refresh(tokens)

    world.provider.refresh = consented_meanwhile  # type: ignore[method-assign]  # one answer of the provider
    assert world.tokens.token(ANN) == "access-anew"
    assert world.found().status is ConnectionStatus.ACTIVE


def test_tokens_renewed_beside_a_new_consent_give_way_to_it(world: World) -> None:
    world.left(0)
    refresh = world.provider.refresh

    def consented_meanwhile(tokens: TokenSet) -> TokenSet:
        fresh = refresh(tokens)
        world.vault.put(ANN, TokenSet("access-anew", "refresh-anew"))
        return fresh

    world.provider.refresh = consented_meanwhile  # type: ignore[method-assign]  # one answer of the provider
    assert world.tokens.token(ANN) == "access-anew"
    assert world.kept().access == "access-anew"


def test_a_disconnected_account_opens_no_more(world: World) -> None:
    world.store.delete(ANN)
    with pytest.raises(ConnectionBroken, match="not connected"):
        world.tokens.token(ANN)
    with pytest.raises(ConnectionBroken, match="not connected"):
        world.tokens.renew(ANN, "access-first")


def test_a_disconnect_while_tokens_are_renewed_keeps_nothing(world: World) -> None:
    world.left(0)
    refresh = world.provider.refresh

    def disconnected_meanwhile(tokens: TokenSet) -> TokenSet:
        world.store.delete(ANN)
        return refresh(tokens)

    world.provider.refresh = disconnected_meanwhile  # type: ignore[method-assign]  # one answer of the provider
    with pytest.raises(ConnectionBroken):
        world.tokens.token(ANN)
    assert world.vault.kept == {}


def test_renewed_tokens_are_kept_though_the_store_stumbles(world: World) -> None:
    world.left(0)
    refresh = world.provider.refresh

    def store_goes_down(tokens: TokenSet) -> TokenSet:
        world.vault_outage.down = True
        return refresh(tokens)

    def store_comes_back(_: float) -> None:
        world.vault_outage.down = False

    world.provider.refresh = store_goes_down  # type: ignore[method-assign]  # one answer of the provider
    tokens = VaultedTokens(TokenPorts(world.store, world.vault, world.provider, world.clock, store_comes_back))
    assert tokens.token(ANN) == "access-1"
    assert world.kept().refresh == "refresh-1"


def test_a_store_that_stays_down_is_unavailable(world: World) -> None:
    world.vault_outage.down = True
    with pytest.raises(Unavailable):
        world.tokens.token(ANN)


@given(workers=st.integers(2, 8), refused=st.booleans())
def test_workers_at_once_burn_one_refresh_token(workers: int, refused: bool) -> None:
    world = World()
    if not refused:
        world.vault.put(ANN, expired(world.kept(), world.clock.now()))
    start = threading.Barrier(workers)
    ports = TokenPorts(world.store, world.vault, world.provider, world.clock, lambda _: time.sleep(0.001))

    def work() -> str:
        start.wait()
        tokens = VaultedTokens(ports)
        return tokens.renew(ANN, "access-first") if refused else tokens.token(ANN)

    with ThreadPoolExecutor(workers) as pool:
        answers = {future.result() for future in [pool.submit(work) for _ in range(workers)]}
    assert answers == {"access-1"}
    assert world.provider.refreshes == 1
    assert world.found().status is ConnectionStatus.ACTIVE
