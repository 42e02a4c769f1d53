"""Requests of Slack: only signed and fresh ones are read, what a person did is queued once, all else is left."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.chat_jobs import ButtonPressed, MessageReceived, read_job
from assistant.domain.errors import Malformed, NotAuthentic, Unavailable
from assistant.domain.slack_requests import LONGEST_TEXT, is_signed
from assistant.services.receive_slack_event import (
    SignedRequest,
    SlackEventPorts,
    receive_slack_event,
    receive_slack_interaction,
)
from tests.fakes.chat import MemoryChatQueue
from tests.fakes.runtime import ManualClock
from tests.fakes.slack_requests import SECRET, KnownSecret, pressed, signed, written
from tests.fakes.stores import Outage

# The example of https://docs.slack.dev/authentication/verifying-requests-from-slack
EXAMPLE = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
EXAMPLE_SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


class World:
    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.secrets = KnownSecret()
        self.outage = Outage()
        self.queue = MemoryChatQueue(self.outage)
        self.ports = SlackEventPorts(self.secrets, self.queue, clock)

    def event(self, body: bytes) -> str:
        return receive_slack_event(signed(body, self.clock.now()), ports=self.ports)

    def interaction(self, body: bytes) -> int:
        return receive_slack_interaction(signed(body, self.clock.now()), ports=self.ports)


@pytest.fixture
def world(clock: ManualClock) -> World:
    return World(clock)


def test_the_documented_signature() -> None:
    now = datetime.fromtimestamp(1531420618, UTC)
    given = {"timestamp": "1531420618", "signature": EXAMPLE_SIGNATURE, "secret": SECRET}
    assert is_signed(EXAMPLE, **given, now=now)
    assert is_signed(EXAMPLE, **given, now=now + timedelta(seconds=300))
    assert not is_signed(EXAMPLE, **given, now=now + timedelta(seconds=301))
    assert not is_signed(EXAMPLE, **given, now=now - timedelta(seconds=301))
    assert not is_signed(EXAMPLE + b"&", **given, now=now)


@given(
    body=st.binary(max_size=200),
    change=st.sampled_from(["body", "timestamp", "signature", "secret"]),
    where=st.integers(0, 199),
    age=st.integers(-300, 300),
)
def test_whatever_is_changed_the_signature_holds_no_more(body: bytes, change: str, where: int, age: int) -> None:
    now = datetime(2025, 1, 15, 10, tzinfo=UTC)
    timestamp = str(int(now.timestamp()) - age)
    digest = hmac.new(SECRET.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    sent = {"timestamp": timestamp, "signature": f"v0={digest}", "secret": SECRET}
    assert is_signed(body, **sent, now=now)
    if change == "body":
        place = where % (len(body) + 1)
        body = body[:place] + b"!" + body[place:]
    else:
        place = where % len(sent[change])
        other = "1" if sent[change][place] != "1" else "2"
        sent[change] = sent[change][:place] + other + sent[change][place + 1 :]
    assert not is_signed(body, **sent, now=now)


def test_what_a_person_writes_is_queued_once(world: World) -> None:
    for _ in range(2):
        assert world.event(written("Waiting")) == ""
    (job,) = world.queue.jobs
    at = datetime(2025, 1, 15, 10, 0, 0, 200, tzinfo=UTC)
    assert job == MessageReceived(id="Ev1", workspace_id="T1", member="U1", at=at, text="Waiting")
    assert read_job(job.model_dump_json()) == job


def test_a_mention_is_read_and_a_long_text_cut(world: World) -> None:
    world.event(written("<@UBOT> " + "a" * 19_000, type="app_mention", channel_type=None, channel="C1"))
    (job,) = world.queue.jobs
    assert isinstance(job, MessageReceived)
    assert len(job.text) == LONGEST_TEXT


@pytest.mark.parametrize(
    "event",
    [
        {"bot_id": "B1"},
        {"subtype": "message_changed"},
        {"subtype": "bot_message"},
        {"channel_type": "channel"},
        {"type": "user_change", "user": {"id": "U1"}, "ts": None},
    ],
)
def test_what_is_no_word_of_a_person_to_us_is_left(world: World, event: dict[str, Any]) -> None:
    assert world.event(written("waiting", **event)) == ""
    assert world.queue.jobs == []


def test_a_press_is_queued_with_what_it_is_of(world: World) -> None:
    assert world.interaction(pressed("approve_effect", "effect:hash")) == 1
    (job,) = world.queue.jobs
    assert job == ButtonPressed(
        id="12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3:1736935260.112233",
        workspace_id="T1",
        member="U1",
        at=datetime(2025, 1, 15, 10, 1, 0, 112233, tzinfo=UTC),
        channel="DU1",
        message_id="1736935200.000100",
        action="approve_effect",
        value="effect:hash",
    )
    assert read_job(job.model_dump_json()) == job


def test_links_and_other_interactions_ask_nothing(world: World) -> None:
    assert world.interaction(pressed("open", None)) == 0
    assert world.interaction(urlencode({"payload": json.dumps({"type": "view_submission"})}).encode()) == 0
    assert world.event(json.dumps({"type": "app_rate_limited"}).encode()) == ""
    assert world.queue.jobs == []


def test_the_address_is_confirmed_to_who_signs(world: World) -> None:
    body = json.dumps({"token": "t", "type": "url_verification", "challenge": "3eZbrw1aBm2rZgRNFdxV"}).encode()
    assert world.event(body) == "3eZbrw1aBm2rZgRNFdxV"
    with pytest.raises(NotAuthentic):
        receive_slack_event(SignedRequest("", "", body), ports=world.ports)


@pytest.mark.parametrize("timestamp", ["", "now", "1e9", "-1", "²", "١٧٣٦٩٣٥٢٠٠", "9" * 40, "1736935200 "])
def test_a_timestamp_that_is_no_number_is_refused(world: World, timestamp: str) -> None:
    with pytest.raises(NotAuthentic):
        receive_slack_event(SignedRequest(timestamp, "v0=00", written("waiting")), ports=world.ports)


def test_what_is_not_signed_is_refused(world: World) -> None:
    request = signed(written("undo"), world.clock.now())
    others = signed(written("undo"), world.clock.now(), secret="another secret of them")
    for forged in (
        others,
        SignedRequest(request.timestamp, request.signature, written("today")),
        SignedRequest(request.timestamp, request.signature.removeprefix("v0="), request.body),
        SignedRequest(request.timestamp, "v0=ü", request.body),
        SignedRequest(request.timestamp, "", request.body),
        SignedRequest(str(int(request.timestamp) + 1), request.signature, request.body),
        broken_text(request.timestamp),
    ):
        for receive in (receive_slack_event, receive_slack_interaction):
            with pytest.raises(NotAuthentic):
                receive(forged, ports=world.ports)
    world.secrets.secret = None
    with pytest.raises(NotAuthentic):
        receive_slack_event(request, ports=world.ports)
    assert world.queue.jobs == []


def broken_text(timestamp: str) -> SignedRequest:
    """Bytes that are no UTF-8, signed all the same."""
    body = b"payload=\xff"
    digest = hmac.new(SECRET.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return SignedRequest(timestamp, f"v0={digest}", body)


def test_a_request_that_is_sent_again_later_is_refused(world: World) -> None:
    request = signed(written("undo"), world.clock.now())
    world.clock.advance(301)
    with pytest.raises(NotAuthentic):
        receive_slack_event(request, ports=world.ports)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"payload=", b"payload={}", b"null", b"payload=%7B%22type"])
def test_what_is_no_request_is_malformed(world: World, body: bytes) -> None:
    for receive in (world.event, world.interaction):
        with pytest.raises(Malformed):
            receive(body)


@pytest.mark.parametrize(
    "wrong", [{"ts": "yesterday"}, {"text": None}, {"user": 7}, {"user": None}, {"ts": "1.0'; DROP"}]
)
def test_an_event_with_wrong_fields_is_malformed(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        world.event(written("waiting", **wrong))


def test_slack_is_to_send_again_what_cannot_be_queued(world: World) -> None:
    world.outage.down = True
    with pytest.raises(Unavailable):
        world.event(written("waiting"))
