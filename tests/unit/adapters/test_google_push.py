"""Tokens of Pub/Sub: verified exactly, with keys that rotate, age and go missing."""

import base64
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest

from assistant.adapters import google_push
from assistant.adapters.google_push import GoogleKeys, GooglePushTokens
from assistant.domain.errors import NotAuthentic, Unavailable
from tests.fakes.google_push import AUDIENCE, SENDER, Keys, Sender, private_key, public_key
from tests.fakes.loopback_http import Answer, loopback_server, running
from tests.fakes.runtime import ManualClock

pytestmark = pytest.mark.network


@pytest.fixture
def keys() -> Iterator[Keys]:
    served = Keys()
    with running(loopback_server(served.handle, 0)) as url:
        served.url = url
        yield served


@pytest.fixture
def sender(clock: ManualClock) -> Sender:
    return Sender(clock)


@pytest.fixture
def tokens(keys: Keys, clock: ManualClock) -> GooglePushTokens:
    return GooglePushTokens(GoogleKeys(keys.url, clock), clock, audience=AUDIENCE, sender=SENDER)


def test_a_token_of_the_subscription_is_taken(tokens: GooglePushTokens, sender: Sender) -> None:
    tokens.verify(sender())
    tokens.verify(sender(iss="accounts.google.com"))
    tokens.verify("bearer  " + sender.token())


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://other.company.com"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"email": "somebody@gmail.com"},
        {"email": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
        {"exp": 1},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": 99_999_999_999},
        {"iat": None},
    ],
)
def test_every_claim_counts(tokens: GooglePushTokens, sender: Sender, claims: dict[str, Any]) -> None:
    with pytest.raises(NotAuthentic):
        tokens.verify(sender(**claims))


def test_a_token_expires(tokens: GooglePushTokens, sender: Sender, clock: ManualClock) -> None:
    token = sender()
    clock.advance(3600)
    tokens.verify(token)
    clock.advance(timedelta(seconds=11).total_seconds())
    with pytest.raises(NotAuthentic):
        tokens.verify(token)


def unsigned(sender: Sender) -> str:
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT","kid":"key1"}').rstrip(b"=").decode()
    return f"Bearer {header}.{sender.token().split('.')[1]}."


def symmetric(sender: Sender) -> str:
    """Signed with what everybody knows of the key as if it were a secret, which a careless verifier takes."""
    claims = jwt.decode(sender.token(), options={"verify_signature": False})
    return f"Bearer {jwt.encode(claims, public_key('key1')['n'], 'HS256', {'kid': 'key1'})}"


def of_another(sender: Sender) -> str:
    claims = jwt.decode(sender.token(), options={"verify_signature": False})
    return f"Bearer {jwt.encode(claims, private_key('forged'), 'RS256', {'kid': 'key1'})}"


def changed(sender: Sender) -> str:
    header, _, signature = sender.token().split(".")
    return f"Bearer {header}.{sender.token(email='other@example.com').split('.')[1]}.{signature}"


@pytest.mark.parametrize("forge", [unsigned, symmetric, of_another, changed])
def test_forgeries_are_refused(tokens: GooglePushTokens, sender: Sender, forge: Callable[[Sender], str]) -> None:
    with pytest.raises(NotAuthentic):
        tokens.verify(forge(sender))


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic dTpw", "Bearer \udcff"]
)
def test_what_is_no_token_is_refused(tokens: GooglePushTokens, authorization: str) -> None:
    with pytest.raises(NotAuthentic):
        tokens.verify(authorization)


@pytest.mark.parametrize(("audience", "account"), [(None, SENDER), (AUDIENCE, None)])
def test_a_deployment_that_is_not_set_up_takes_nothing(
    keys: Keys, clock: ManualClock, sender: Sender, audience: str | None, account: str | None
) -> None:
    tokens = GooglePushTokens(GoogleKeys(keys.url, clock), clock, audience=audience, sender=account)
    with pytest.raises(NotAuthentic):
        tokens.verify(sender())
    assert not keys.fetched


class TestKeys:
    def test_they_are_fetched_once_in_their_time(
        self, tokens: GooglePushTokens, sender: Sender, clock: ManualClock, keys: Keys
    ) -> None:
        for _ in range(3):
            tokens.verify(sender())
        assert keys.fetched == 1
        clock.advance(3601)
        tokens.verify(sender())
        assert keys.fetched == 2

    def test_a_new_key_is_found_before_the_old_ones_are_stale(
        self, tokens: GooglePushTokens, sender: Sender, clock: ManualClock, keys: Keys
    ) -> None:
        tokens.verify(sender())
        keys.known = ("key1", "key2")
        clock.advance(61)
        tokens.verify(sender("key2"))
        tokens.verify(sender("key1"))
        assert keys.fetched == 2

    def test_a_forger_cannot_make_every_delivery_fetch(
        self, tokens: GooglePushTokens, sender: Sender, keys: Keys
    ) -> None:
        for number in range(5):
            with pytest.raises(NotAuthentic):
                tokens.verify(f"Bearer {sender.token(headers={'kid': f'unknown{number}'})}")
        assert keys.fetched == 1

    def test_a_retired_key_proves_nothing(
        self, tokens: GooglePushTokens, sender: Sender, clock: ManualClock, keys: Keys
    ) -> None:
        tokens.verify(sender())
        keys.known = ("key2",)
        clock.advance(3601)
        with pytest.raises(NotAuthentic):
            tokens.verify(sender("key1"))

    @pytest.mark.parametrize(
        "broken", [Answer(503, b""), Answer(200, b"{"), Answer(200, b'{"keys": [{}]}'), Answer(200, b"{}", sent=0)]
    )
    def test_stale_keys_serve_while_google_is_down(
        self, tokens: GooglePushTokens, sender: Sender, clock: ManualClock, keys: Keys, broken: Answer
    ) -> None:
        tokens.verify(sender())
        keys.broken = broken
        clock.advance(3601)
        tokens.verify(sender())
        tokens.verify(sender())
        assert keys.fetched == 2

    def test_without_any_key_deliveries_come_again(
        self, tokens: GooglePushTokens, sender: Sender, keys: Keys, clock: ManualClock
    ) -> None:
        keys.broken = Answer(503, b"")
        with pytest.raises(Unavailable):
            tokens.verify(sender())
        keys.broken = None
        clock.advance(61)
        tokens.verify(sender())

    def test_silence_is_waited_for_no_longer_than_promised(
        self, clock: ManualClock, sender: Sender, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(google_push, "FETCH_SECONDS", 0.05)
        ended = threading.Event()

        def silent(*_: object) -> Answer:
            ended.wait(10)
            return Answer(200, b"", sent=0)

        with running(loopback_server(silent, 0)) as url:
            tokens = GooglePushTokens(GoogleKeys(url, clock), clock, audience=AUDIENCE, sender=SENDER)
            with pytest.raises(Unavailable):
                tokens.verify(sender())
            ended.set()
