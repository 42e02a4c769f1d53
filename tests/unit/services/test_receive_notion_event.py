"""Notifications of Notion: signed, queued by id; and the one unsigned delivery that sets the webhook up."""

import json

import pytest

from assistant.domain.errors import Conflict, Malformed, NotAuthentic, Unavailable
from assistant.domain.notes.followed import PageChanged
from assistant.domain.notes.webhook import WebhookSecret
from assistant.services.receive_notion_event import NotionEventPorts, receive_notion_event, set_up_webhook
from tests.fakes.notes import MemoryNotesQueue, MemoryWebhookSecrets, page_number
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import Outage

SECRET = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"
EVENT = {
    "id": "367cba44-b6f3-4c92-81e7-6a2e9659efd4",
    "timestamp": "2025-01-15T10:00:00.000Z",
    "workspace_id": "0a1b2c3d-0000-4000-8000-00000000aaaa",
    "subscription_id": "29d75c0d-5546-4414-8459-7b7a92f1fc4b",
    "integration_id": "0ef2e755-4912-8096-91c1-00376a88a5ca",
    "type": "page.properties_updated",
    "authors": [{"id": "c7c11cca-1d73-471d-9b6e-bdef51470190", "type": "person"}],
    "attempt_number": 1,
    "entity": {"id": page_number(1), "type": "page"},
    "data": {"parent": {"id": "1a2b3c4d-0000-4000-8000-000000000001", "type": "database"}},
}
BODY = json.dumps(EVENT).encode()
# What signWebhookPayload of the npm package @notionhq/client 5.26.0 makes of BODY and SECRET.
SIGNATURE = "sha256=15c35c28959ee6a8dab615c7b410cbb7e5472ac4c9f6d16fcca443a12b50fd8c"
VERIFICATION = json.dumps({"verification_token": SECRET}).encode()


class World:
    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.store = Outage()
        self.queue = MemoryNotesQueue(Outage())
        self.secrets = MemoryWebhookSecrets(self.store)
        self.ports = NotionEventPorts(self.secrets, self.queue, clock)

    def receive(self, body: bytes, signature: str | None = None) -> bool:
        return receive_notion_event(signature, body, ports=self.ports)


@pytest.fixture
def world(clock: ManualClock) -> World:
    return World(clock)


@pytest.fixture
def ready(world: World) -> World:
    world.secrets.replace(WebhookSecret(secret=SECRET))
    return world


def test_a_signed_notification_is_queued_by_its_ids(ready: World) -> None:
    assert ready.receive(BODY, SIGNATURE)
    expected = PageChanged(event_id=str(EVENT["id"]), workspace_id=str(EVENT["workspace_id"]), page_id=page_number(1))
    assert ready.queue.jobs == [expected]


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (BODY + b" ", SIGNATURE),
        (BODY, SIGNATURE[:-1] + ("0" if SIGNATURE[-1] != "0" else "1")),
        (BODY, SIGNATURE.removeprefix("sha256=")),
        (BODY, ""),
        (BODY, "sha256=ü"),
        (BODY, None),
        (VERIFICATION, None),
    ],
)
def test_what_is_not_signed_is_refused(ready: World, body: bytes, signature: str | None) -> None:
    with pytest.raises(NotAuthentic):
        ready.receive(body, signature)
    assert (ready.queue.jobs, ready.secrets.read().secret) == ([], SECRET)


def test_nothing_is_signed_without_a_secret(world: World) -> None:
    with pytest.raises(NotAuthentic):
        world.receive(BODY, SIGNATURE)


def test_notifications_about_other_things_are_left(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.services.receive_notion_event.is_signed", lambda *_: True)
    assert not ready.receive(json.dumps(EVENT | {"type": "comment.created"}).encode(), SIGNATURE)
    with pytest.raises(Malformed):
        ready.receive(b"{}", SIGNATURE)
    assert ready.queue.jobs == []


def test_notion_is_to_send_again_what_cannot_be_queued(ready: World) -> None:
    ready.queue._outage.down = True
    with pytest.raises(Unavailable):
        ready.receive(BODY, SIGNATURE)


def test_a_secret_is_taken_once_while_it_is_waited_for(world: World) -> None:
    started = set_up_webhook(ports=world.ports)
    assert started.pending_until is not None
    assert set_up_webhook(ports=world.ports) == started
    with pytest.raises(Malformed):
        world.receive(BODY)
    assert not world.receive(VERIFICATION)
    assert set_up_webhook(ports=world.ports).verification_token == SECRET
    with pytest.raises(NotAuthentic):
        world.receive(VERIFICATION.replace(b"secret_", b"forged_"))
    assert world.receive(BODY, SIGNATURE)
    world.clock.advance(16 * 60)
    again = set_up_webhook(ports=world.ports)
    assert (again.verification_token, again.pending_until is not None) == (None, True)
    assert world.receive(BODY, SIGNATURE)


def test_a_secret_that_comes_late_is_not_taken(world: World) -> None:
    set_up_webhook(ports=world.ports)
    world.clock.advance(15 * 60)
    with pytest.raises(NotAuthentic):
        world.receive(VERIFICATION)


def test_of_two_secrets_at_once_one_is_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up_webhook(ports=world.ports)
    monkeypatch.setattr(world.secrets, "replace", lambda _: False)
    with pytest.raises(Conflict):
        world.receive(VERIFICATION)
    world.clock.advance(16 * 60)
    with pytest.raises(Conflict):
        set_up_webhook(ports=world.ports)
