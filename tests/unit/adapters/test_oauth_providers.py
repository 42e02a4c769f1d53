"""What is said to each provider's OAuth endpoints, and what each answer, right or wrong, becomes."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from assistant.adapters.oauth_http import OAuthHttp
from assistant.adapters.oauth_providers import OAuthProviders
from assistant.adapters.oauth_server import Addresses
from assistant.domain.connections import ConsentGone
from assistant.domain.errors import Conflict, Unavailable
from assistant.domain.providers import Provider
from assistant.domain.tokens import TokenSet
from tests.fakes.consents import asked, clients, pending
from tests.fakes.loopback_http import Answer
from tests.fakes.oauth_api import (
    CLIENT,
    GOOGLE,
    MICROSOFT,
    NOTION,
    SLACK,
    OAuthApi,
    fault,
    id_token,
    serve_oauth,
)
from tests.fakes.runtime import ManualClock

pytestmark = pytest.mark.network

KEPT = TokenSet("access", "refresh")
EVERY = tuple(Provider)
FOREIGN = id_token(aud="other", email="a@b.c", email_verified=True)
UNVERIFIED = id_token(email="a@b.c", email_verified=False)
NO_ACCOUNT: dict[str, tuple[Provider, str, dict[str, Any]]] = {
    "no ID token": (Provider.GOOGLE, "/oauth/token", GOOGLE | {"id_token": "x"}),
    "ID token for another client": (Provider.GOOGLE, "/oauth/token", GOOGLE | {"id_token": FOREIGN}),
    "unverified address": (Provider.GOOGLE, "/oauth/token", GOOGLE | {"id_token": UNVERIFIED}),
    "no access token": (Provider.GOOGLE, "/oauth/token", {"expires_in": 3599}),
    "no number of seconds": (Provider.GOOGLE, "/oauth/token", GOOGLE | {"expires_in": "soon"}),
    "another client at Microsoft": (
        Provider.MICROSOFT,
        "/common/oauth2/v2.0/token",
        MICROSOFT | {"id_token": FOREIGN},
    ),
    "no address": (Provider.MICROSOFT, "/v1.0/me", {"id": "oid1"}),
    "no workspace": (Provider.SLACK, "/api/oauth.v2.access", SLACK | {"team": None}),
    "no workspace at Notion": (Provider.NOTION, "/v1/oauth/token", NOTION | {"workspace_id": ""}),
}


@pytest.fixture
def api() -> Iterator[OAuthApi]:
    with serve_oauth() as api:
        yield api


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def providers(api: OAuthApi, clock: ManualClock, pauses: list[float]) -> OAuthProviders:
    def http(provider: Provider) -> OAuthHttp:
        return OAuthHttp(provider, read_seconds=2, pause=pauses.append)

    client = CLIENT | {"addresses": {"issuer": api.url}}
    registered = json.dumps({provider.value: client for provider in Provider})
    addresses = Addresses(api.url, f"{api.url}/oauth", api.url, api.url, api.url, api.url)
    return OAuthProviders(clients(registered), clock, addresses, http=http)


def test_only_a_registration_with_a_signing_secret_has_one() -> None:
    secret = "8f742231b10e8888abcd99yyyzzz85a5"
    for text, expected in (
        (None, None),
        (json.dumps({"slack": CLIENT}), None),
        (json.dumps({"slack": CLIENT | {"signing_secret": secret}}), secret),
    ):
        assert clients(text).signing_secret(Provider.SLACK) == expected
        assert clients(text).signing_secret(Provider.NOTION) is None
    with pytest.raises(Unavailable):
        clients(json.dumps({"slack": CLIENT | {"signing_secret": "short"}})).signing_secret(Provider.SLACK)


class TestAsking:
    @pytest.mark.parametrize("provider", EVERY)
    def test_names_client_state_and_callback_and_no_secret(
        self, providers: OAuthProviders, clock: ManualClock, provider: Provider
    ) -> None:
        consent = pending(provider, clock)
        query = asked(providers.of(provider), consent)
        assert query.items() >= {
            ("client_id", "our-client"),
            ("state", "the-state"),
            ("redirect_uri", consent.redirect_uri),
            ("response_type", "code"),
        }
        assert "our-secret" not in query.values()
        challenged = (query.get("code_challenge"), query.get("code_challenge_method"))
        assert challenged == ((consent.challenge, "S256") if consent.challenge else (None, None))

    def test_google_gives_a_refresh_token_each_time_and_what_was_granted_before(
        self, providers: OAuthProviders, clock: ManualClock
    ) -> None:
        query = asked(providers.of(Provider.GOOGLE), pending(Provider.GOOGLE, clock))
        assert (query["access_type"], query["prompt"]) == ("offline", "consent")
        assert query["include_granted_scopes"] == "true"
        assert "https://www.googleapis.com/auth/gmail.modify" in query["scope"].split()

    def test_a_provider_without_registration_says_what_to_set(self, clock: ManualClock) -> None:
        for text in (None, "{}", json.dumps({"slack": CLIENT})):
            providers = OAuthProviders(clients(text), clock, Addresses())
            with pytest.raises(Conflict, match='client_secret as "google" into the secret oauth-clients'):
                asked(providers.of(Provider.GOOGLE), pending(Provider.GOOGLE, clock))

    @pytest.mark.parametrize("text", ["no json", '{"google": {"client_id": "hidden"}}', '{"yahoo": {}}', "[]"])
    def test_a_broken_registration_is_unavailable_and_not_quoted(
        self, clock: ManualClock, text: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        google = OAuthProviders(clients(text), clock, Addresses()).of(Provider.GOOGLE)
        with pytest.raises(Unavailable):
            asked(google, pending(Provider.GOOGLE, clock))
        assert "hidden" not in caplog.text


class TestConsents:
    def test_google(self, providers: OAuthProviders, api: OAuthApi, clock: ManualClock) -> None:
        consent = providers.of(Provider.GOOGLE).exchange("code", pending(Provider.GOOGLE, clock))
        assert (consent.account, consent.name) == ("ann@example.com", "Ann@Example.com")
        assert consent.tokens == TokenSet("ya29.access", "1//refresh", clock.now() + timedelta(seconds=3599))
        assert "https://www.googleapis.com/auth/gmail.modify" in consent.scopes
        ((route, body, _),) = api.requests
        assert (route, body["code"], body["code_verifier"], body["client_secret"]) == (
            "/oauth/token",
            "code",
            "v" * 43,
            "our-secret",
        )

    def test_microsoft(self, providers: OAuthProviders, api: OAuthApi, clock: ManualClock) -> None:
        consent = providers.of(Provider.MICROSOFT).exchange("code", pending(Provider.MICROSOFT, clock))
        assert (consent.account, consent.tenant, consent.member) == ("ann@contoso.onmicrosoft.com", "tenant1", "oid1")
        assert {"Mail.ReadWrite", "Mail.Send", "User.Read", "offline_access"} <= consent.scopes
        assert api.requests[1][0::2] == ("/v1.0/me", "Bearer eyJ0.access")

    def test_slack(self, providers: OAuthProviders, clock: ManualClock) -> None:
        consent = providers.of(Provider.SLACK).exchange("code", pending(Provider.SLACK, clock))
        assert (consent.account, consent.name, consent.member) == ("T01", "Example", "U01")
        assert (consent.scopes, consent.tokens) == (frozenset({"chat:write", "im:write"}), TokenSet("xoxb-1"))

    def test_notion(self, providers: OAuthProviders, api: OAuthApi, clock: ManualClock) -> None:
        consent = providers.of(Provider.NOTION).exchange("code", pending(Provider.NOTION, clock))
        assert (consent.account, consent.member) == (NOTION["workspace_id"], NOTION["owner"]["user"]["id"])
        assert consent.tokens == TokenSet("ntn_1", "nrt_1")
        assert api.requests[0][2] == "Basic b3VyLWNsaWVudDpvdXItc2VjcmV0"
        api.answers["/v1/oauth/token"] = NOTION | {"owner": {"type": "workspace", "workspace": True}}
        assert providers.of(Provider.NOTION).exchange("code", pending(Provider.NOTION, clock)).member is None

    @pytest.mark.parametrize("case", NO_ACCOUNT)
    def test_an_answer_that_names_no_account_of_ours_is_none(
        self, providers: OAuthProviders, api: OAuthApi, clock: ManualClock, case: str
    ) -> None:
        provider, route, answer = NO_ACCOUNT[case]
        api.answers[route] = answer
        with pytest.raises(Unavailable, match="cannot be read"):
            providers.of(provider).exchange("code", pending(provider, clock))


class TestRenewing:
    def test_a_refresh_token_that_stays_is_kept(
        self, providers: OAuthProviders, api: OAuthApi, clock: ManualClock
    ) -> None:
        api.answers["/oauth/token"] = {"access_token": "ya29.new", "expires_in": 3599, "token_type": "Bearer"}
        renewed = providers.of(Provider.GOOGLE).refresh(KEPT)
        assert renewed == TokenSet("ya29.new", "refresh", clock.now() + timedelta(seconds=3599))
        assert api.requests[0][1].items() >= {("grant_type", "refresh_token"), ("refresh_token", "refresh")}

    @pytest.mark.parametrize(
        ("provider", "token"),
        [
            (Provider.MICROSOFT, "0.refresh"),
            (Provider.NOTION, "nrt_1"),
            (Provider.SLACK, "refresh"),
            (Provider.IMAP, "of-the-company"),
        ],
    )
    def test_a_refresh_token_that_rotates_is_the_new_one(
        self, providers: OAuthProviders, provider: Provider, token: str
    ) -> None:
        assert providers.of(provider).refresh(KEPT).refresh == token


GONE = fault(400, {"error": "invalid_grant"})
FAULTS: dict[str, tuple[list[Answer], type[Exception] | None, int]] = {
    "400 invalid_grant": ([GONE], ConsentGone, 1),
    "400 interaction_required": ([fault(400, {"error": "interaction_required"})], ConsentGone, 1),
    "400 invalid_request": ([fault(400, {"error": "invalid_request"})], Unavailable, 1),
    "401 invalid_client": ([fault(401, {"error": "invalid_client"})], Unavailable, 1),
    "403 without a body": ([fault(403)], Unavailable, 1),
    "429 for a second": ([fault(429, retry_after="1")], None, 2),
    "429 for an hour": ([fault(429, retry_after="3600")], Unavailable, 1),
    "429 until a date": ([fault(429, retry_after="Wed, 15 Jan 2025 11:00:00 GMT")], Unavailable, 1),
    "500 once": ([fault(500)], None, 2),
    "500 twice": ([fault(500), fault(500)], Unavailable, 2),
    "503 once": ([fault(503, retry_after="0")], None, 2),
    "500 that says invalid_grant": ([fault(500, {"error": "invalid_grant"})] * 2, Unavailable, 2),
    "truncated once": ([Answer(200, json.dumps(GOOGLE).encode(), sent=0.5)], None, 2),
    "truncated twice": ([Answer(200, json.dumps(GOOGLE).encode(), sent=0.5)] * 2, Unavailable, 2),
    "connection dropped": ([Answer(200, b"", sent=0)] * 2, Unavailable, 2),
    "HTML": ([fault(200, b"<html>Sign in</html>")], Unavailable, 1),
    "a list": ([fault(200, b"[]")], Unavailable, 1),
}


@pytest.mark.parametrize("provider", EVERY)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_tried_again_or_said(
    providers: OAuthProviders, api: OAuthApi, pauses: list[float], provider: Provider, name: str
) -> None:
    faults, error, requests = FAULTS[name]
    api.faults = [*faults]
    if error is None:
        assert providers.of(provider).refresh(KEPT).access
    else:
        with pytest.raises(error):
            providers.of(provider).refresh(KEPT)
    assert len(api.requests) == requests
    assert all(pause <= 2 for pause in pauses)


def test_silence_ends(providers: OAuthProviders, api: OAuthApi) -> None:
    api.silent = threading.Event()
    with pytest.raises(Unavailable, match="Google does not answer"):
        providers.of(Provider.GOOGLE).refresh(KEPT)
    api.silent.set()


@pytest.mark.parametrize("code", ["invalid_code", "code_already_used", "invalid_refresh_token", "token_revoked"])
def test_slack_says_with_200_that_a_code_or_token_is_dead(providers: OAuthProviders, api: OAuthApi, code: str) -> None:
    api.answers["/api/oauth.v2.access"] = {"ok": False, "error": code}
    with pytest.raises(ConsentGone):
        providers.of(Provider.SLACK).refresh(KEPT)
    api.answers["/api/oauth.v2.access"] = {"ok": False, "error": "invalid_client_id"}
    with pytest.raises(Unavailable):
        providers.of(Provider.SLACK).refresh(KEPT)


def test_no_token_and_no_secret_reaches_the_log(
    providers: OAuthProviders, api: OAuthApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.faults = [fault(400, {"error": "invalid_request", "error_description": "refresh our-secret"})]
    with pytest.raises(Unavailable):
        providers.of(Provider.GOOGLE).refresh(TokenSet("access-x", "refresh-x"))
    assert "400 invalid_request" in caplog.text
    assert not any(word in caplog.text for word in ("access-x", "refresh-x", "our-secret"))


class TestRevoking:
    @pytest.mark.parametrize(
        ("provider", "revoked", "sent"),
        [
            (Provider.GOOGLE, True, ("/oauth/revoke", {"token": "refresh"})),
            (Provider.MICROSOFT, False, None),
            (Provider.SLACK, True, ("/api/auth.revoke", {"token": "access"})),
            (Provider.NOTION, True, ("/v1/oauth/revoke", {"token": "access"})),
            (Provider.IMAP, True, ("/openid/revoke", CLIENT | {"token": "refresh"})),
        ],
    )
    def test_ends_the_consent_where_there_is_a_way(
        self, providers: OAuthProviders, api: OAuthApi, provider: Provider, revoked: bool, sent: object
    ) -> None:
        assert providers.of(provider).revoke(KEPT) is revoked
        assert [request[:2] for request in api.requests] == ([sent] if sent else [])

    @pytest.mark.parametrize("provider", [Provider.GOOGLE, Provider.NOTION, Provider.IMAP])
    def test_a_token_that_is_dead_already_is_no_error(
        self, providers: OAuthProviders, api: OAuthApi, provider: Provider
    ) -> None:
        api.faults = [GONE]
        assert providers.of(provider).revoke(KEPT)

    @pytest.mark.parametrize("provider", [Provider.GOOGLE, Provider.IMAP])
    def test_nor_is_one_that_is_called_invalid(
        self, providers: OAuthProviders, api: OAuthApi, provider: Provider
    ) -> None:
        """Google says so of one that is expired or revoked, where RFC 7009, 2.2 has 200."""
        api.faults = [fault(400, {"error": "invalid_token", "error_description": "Token expired or revoked"})]
        assert providers.of(provider).revoke(KEPT)

    def test_an_expired_token_of_slack_is_renewed_as_what_renews_it_would_live_on(
        self, providers: OAuthProviders, api: OAuthApi
    ) -> None:
        api.faults = [fault(200, {"ok": False, "error": "token_expired"})]
        assert providers.of(Provider.SLACK).revoke(KEPT)
        revoked, renewed, again = api.requests
        assert (revoked[:2], renewed[1]["refresh_token"]) == (("/api/auth.revoke", {"token": "access"}), "refresh")
        assert again[:2] == ("/api/auth.revoke", {"token": SLACK["access_token"]})

    def test_one_that_slack_renews_no_more_is_dead_and_one_it_may_renew_later_is_not(
        self, providers: OAuthProviders, api: OAuthApi
    ) -> None:
        expired = fault(200, {"ok": False, "error": "token_expired"})
        api.faults = [expired, fault(200, {"ok": False, "error": "invalid_refresh_token"})]
        assert providers.of(Provider.SLACK).revoke(KEPT)
        api.faults = [expired, fault(200, {"ok": False, "error": "fatal_error"})]
        with pytest.raises(Unavailable):
            providers.of(Provider.SLACK).revoke(KEPT)
        api.faults = [expired]
        assert providers.of(Provider.SLACK).revoke(TokenSet("access"))

    def test_a_token_slack_does_not_know_any_more_is_no_error(self, providers: OAuthProviders, api: OAuthApi) -> None:
        api.answers["/api/auth.revoke"] = {"ok": False, "error": "token_revoked"}
        assert providers.of(Provider.SLACK).revoke(KEPT)
