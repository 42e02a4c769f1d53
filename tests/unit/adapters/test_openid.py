"""A company's own OpenID provider: what it publishes, and whose account its ID tokens name."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from assistant.adapters.oauth_http import OAuthHttp
from assistant.adapters.oauth_providers import OAuthProviders
from assistant.adapters.oauth_server import Addresses
from assistant.domain.errors import Conflict, Unavailable
from assistant.domain.providers import Provider
from assistant.domain.tokens import TokenSet
from assistant.ports.connections import AuthorizationServer
from tests.fakes.consents import asked, clients, pending
from tests.fakes.oauth_api import CLIENT, OPENID, WELL_KNOWN, OAuthApi, fault, serve_oauth
from tests.fakes.runtime import ManualClock

pytestmark = pytest.mark.network


@pytest.fixture
def api() -> Iterator[OAuthApi]:
    with serve_oauth() as api:
        yield api


def server(clock: ManualClock, **addresses: str) -> AuthorizationServer:
    registered = clients(json.dumps({"imap": CLIENT | {"addresses": addresses}}))
    http = lambda provider: OAuthHttp(provider, pause=clock.advance)  # noqa: E731 as short as a name for it
    return OAuthProviders(registered, clock, Addresses(), http=http).of(Provider.IMAP)


def test_its_endpoints_are_those_it_publishes_read_once(api: OAuthApi, clock: ManualClock) -> None:
    openid = server(clock, issuer=api.url)
    url = openid.authorization_url("the-state", pending(Provider.IMAP, clock))
    assert url.startswith(f"{api.url}/openid/authorize?")
    assert asked(openid, pending(Provider.IMAP, clock)).items() >= {
        ("scope", "email offline_access openid"),
        ("prompt", "consent"),
        ("code_challenge_method", "S256"),
    }
    openid.refresh(TokenSet("access", "refresh"))
    assert api.published == 1


def test_the_account_is_the_address_of_the_id_token(api: OAuthApi, clock: ManualClock) -> None:
    api.answers_with()
    consent = server(clock, issuer=api.url).exchange("code", pending(Provider.IMAP, clock))
    assert (consent.account, consent.name) == ("ann@company.com", "Ann@Company.com")
    assert consent.scopes == {"openid", "email", "offline_access"}
    assert consent.tokens == TokenSet("opaque", "of-the-company", clock.now() + timedelta(seconds=300))


def test_scopes_that_were_refused_are_not_taken_for_granted(api: OAuthApi, clock: ManualClock) -> None:
    api.answers_with()
    api.answers["/openid/token"] |= {"scope": "openid email", "refresh_token": None}
    consent = server(clock, issuer=api.url).exchange("code", pending(Provider.IMAP, clock))
    assert consent.scopes == {"openid", "email"}


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://id.elsewhere.example"},
        {"aud": "other"},
        {"aud": ["our-client", "other"]},
        {"email": None},
        {"email_verified": False},
    ],
)
def test_an_id_token_of_nobody_we_asked_for_is_refused(
    api: OAuthApi, clock: ManualClock, claims: dict[str, Any]
) -> None:
    api.answers_with(**claims)
    with pytest.raises(Unavailable, match="cannot be read"):
        server(clock, issuer=api.url).exchange("code", pending(Provider.IMAP, clock))


@pytest.mark.parametrize(
    "published",
    [
        {"issuer": "https://id.elsewhere.example"},
        {"token_endpoint": "ftp://id.company.com/token"},
        {"revocation_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
    ],
)
def test_endpoints_less_safe_than_the_issuer_are_not_used(
    api: OAuthApi, clock: ManualClock, published: dict[str, Any]
) -> None:
    api.answers[WELL_KNOWN] = api.metadata | published
    with pytest.raises(Unavailable, match="cannot be read"):
        server(clock, issuer=api.url).refresh(TokenSet("access", "refresh"))
    assert api.requests == []


def test_a_provider_that_revokes_nothing_says_so(api: OAuthApi, clock: ManualClock) -> None:
    api.answers[WELL_KNOWN] = {name: url for name, url in api.metadata.items() if name != "revocation_endpoint"}
    assert server(clock, issuer=api.url).revoke(TokenSet("access", "refresh")) is False


def test_a_registration_without_an_issuer_says_what_to_set(clock: ManualClock) -> None:
    with pytest.raises(Conflict, match='lacks the address "issuer"'):
        asked(server(clock), pending(Provider.IMAP, clock))


def test_what_it_publishes_is_asked_for_again_after_a_fault(api: OAuthApi, clock: ManualClock) -> None:
    api.answers[WELL_KNOWN] = {}
    openid = server(clock, issuer=api.url)
    with pytest.raises(Unavailable):
        openid.refresh(TokenSet("access", "refresh"))
    del api.answers[WELL_KNOWN]
    api.faults = [fault(503, retry_after="0")]
    assert openid.refresh(TokenSet("access", "refresh")).access == OPENID["access_token"]
