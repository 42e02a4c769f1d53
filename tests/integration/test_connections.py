"""Accounts are connected by real OAuth with emulators that others wrote."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from assistant.adapters.oauth_clients import OAuthClients
from assistant.adapters.oauth_providers import OAuthProviders
from assistant.adapters.oauth_server import Addresses
from assistant.adapters.secrets import ApiKey
from assistant.domain.access import asked_scopes
from assistant.domain.connections import ConsentGone
from assistant.domain.providers import Access, Provider
from assistant.domain.tokens import Consent
from assistant.domain.users import Identity
from assistant.runtime.clock import SystemClock
from assistant.services.access_tokens import TokenPorts, VaultedTokens
from assistant.services.confirm_connection import Confirmation, ConfirmPorts, confirm_consent
from assistant.services.connect_accounts import (
    AccessRequest,
    AskPorts,
    CompletePorts,
    ProviderAnswer,
    ask_consent,
    complete_consent,
)
from assistant.services.manage_connections import ConnectionPorts, disconnect
from infra.local.emulators import Emulated, emulating
from infra.local.sandbox.consent import consent
from tests.fakes.connections import MemoryConnections, MemoryConsents, MemoryGivenConsents, MemoryVault, expired
from tests.fakes.mailbox_sync import MemoryMailboxQueue
from tests.fakes.stores import MemoryAuditTrail

ANN = Identity("user123", "request1")
ANNS = "ann@example.com"
ASSISTANT = "https://assistant.example"
CLIENT = {"client_id": "our-client", "client_secret": "our-secret"}


def registered(provider: Provider) -> dict[str, Any]:
    return {**CLIENT, "name": "Assistant", "redirect_uris": [f"{ASSISTANT}/api/v1/connections/{provider}/callback"]}


SEEDS: dict[Provider, tuple[Emulated, dict[str, Any]]] = {
    Provider.GOOGLE: (
        "google",
        {
            "users": [{"email": "ann@example.com", "name": "Ann", "email_verified": True}],
            "oauth_clients": [registered(Provider.GOOGLE)],
        },
    ),
    Provider.MICROSOFT: (
        "entra",
        {
            "users": [{"email": "ann@example.com", "name": "Ann"}],
            "oauth_clients": [registered(Provider.MICROSOFT)],
        },
    ),
    Provider.SLACK: (
        "slack",
        {
            "team": {"name": "Example", "domain": "example"},
            "users": [{"name": "ann", "real_name": "Ann", "email": "ann@example.com"}],
            "oauth_apps": [
                {**registered(Provider.SLACK), "scopes": sorted(asked_scopes(Provider.SLACK, Provider.SLACK.row.parts))}
            ],
        },
    ),
}


class World:
    """The use cases over an emulator, with stores in memory."""

    def __init__(self, provider: Provider, address: str) -> None:
        # The emulator of Entra has one tenant and no place for it in its addresses.
        client = CLIENT | ({"tenant": "."} if provider is Provider.MICROSOFT else {})
        clients = OAuthClients(ApiKey(SecretStr(json.dumps({provider.value: client})), None))
        addresses = Addresses(address, f"{address}/oauth2", address, address, address, address)
        self.provider = provider
        self.clock = SystemClock()
        self.vault = MemoryVault(self.clock)
        self.store = MemoryConnections(self.vault)
        self.servers = OAuthProviders(clients, self.clock, addresses)
        self.consents = MemoryConsents(self.clock)

    def ask(self) -> str:
        ports = AskPorts(self.store, self.consents, self.servers, self.clock)
        asked = ask_consent("user123", self.provider, AccessRequest(), ANN, address=ASSISTANT, ports=ports)
        return asked.authorization_url

    def complete(self, answer: ProviderAnswer) -> Any:
        given = MemoryGivenConsents(self.clock)
        ports = CompletePorts(self.consents, given, self.servers, self.clock)
        _, code = complete_consent(self.provider, answer, ports=ports)
        confirming = ConfirmPorts(self.store, self.vault, given, MemoryAuditTrail(), self.clock)
        return confirm_consent("user123", Confirmation(code=code), ANN, ports=confirming)


def consent_in_browser(url: str) -> ProviderAnswer:
    """Press Ann's button of the consent page, as a user does; return what the provider sends the user back with."""
    query: Mapping[str, list[str]] = parse_qs(urlsplit(consent(url, ANNS)).query)
    return ProviderAnswer(**{name: values[0] for name, values in query.items()})


@pytest.fixture(scope="module", params=SEEDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    emulated, seed = SEEDS[request.param]
    with emulating(emulated, seed, tmp_path_factory.mktemp(emulated)) as address:
        yield World(request.param, address)


def test_an_account_is_connected_renewed_and_disconnected(world: World) -> None:
    connection = world.complete(consent_in_browser(world.ask()))
    assert connection.name == ("Example" if world.provider is Provider.SLACK else "ann@example.com")
    assert asked_scopes(world.provider, world.provider.row.parts) <= connection.scopes
    kept = world.vault.read(connection)
    assert kept
    assert (kept.tokens.refresh is None) == (world.provider is Provider.SLACK)
    if kept.tokens.refresh:
        world.vault.put(connection, expired(kept.tokens, world.clock.now()))
        tokens = VaultedTokens(TokenPorts(world.store, world.vault, world.servers, world.clock))
        assert tokens.token(connection) not in ("", kept.tokens.access)
    ports = ConnectionPorts(
        world.store,
        world.vault,
        world.servers,
        MemoryAuditTrail(),
        world.clock,
        lambda: dict.fromkeys(Access, MemoryMailboxQueue()),
    )
    answer = disconnect("user123", world.provider, connection.id, ANN, seconds_left=lambda: 29.0, ports=ports)
    # The emulator of Slack has no auth.revoke, Microsoft no such endpoint.
    assert answer.revoked == (world.provider is Provider.GOOGLE)
    assert world.vault.kept == {}


def test_a_code_is_good_once_and_only_with_its_verifier(world: World) -> None:
    url = world.ask()
    answer = consent_in_browser(url)
    pending = world.consents.take(answer.state or "")
    assert pending
    server, code = world.servers.of(world.provider), answer.code or ""
    if pending.verifier:
        with pytest.raises(ConsentGone):
            server.exchange(code, pending.model_copy(update={"verifier": "v" * 43}))
    assert isinstance(server.exchange(code, pending), Consent)
    with pytest.raises(ConsentGone):
        server.exchange(code, pending)


def test_a_revoked_consent_renews_no_more(world: World) -> None:
    if world.provider is not Provider.GOOGLE:
        pytest.skip("only Google's emulator revokes")
    connection = world.complete(consent_in_browser(world.ask()))
    kept = world.vault.read(connection)
    assert kept
    assert world.servers.of(world.provider).revoke(kept.tokens)
    with pytest.raises(ConsentGone):
        world.servers.of(world.provider).refresh(kept.tokens)
    assert world.provider.row.identity <= connection.scopes
