"""Notifications of Gmail: whom they are for, and what they may look like."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.connections import ConnectionStatus
from assistant.domain.errors import Malformed, NotAuthentic, Unavailable
from assistant.domain.mailbox_sync import SyncReason
from assistant.services.receive_gmail_push import GmailPushPorts, receive_gmail_push
from tests.fakes.connections import MemoryConnections, google_connection
from tests.fakes.mailbox_sync import KnownPush, MemoryMailboxQueue
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import Outage

KNOWN = "Bearer of-pubsub"


class Receiver:
    """The use case with fakes behind it."""

    def __init__(self, clock: ManualClock) -> None:
        self.store = Outage()
        self.connections = MemoryConnections(outage=self.store)
        self.connections.replace(google_connection(), expected_version=0)
        self.queue = MemoryMailboxQueue(self.store)
        self.ports = GmailPushPorts(KnownPush(), self.connections, self.queue, clock)

    def receive(self, body: bytes, authorization: str = KNOWN) -> int:
        return receive_gmail_push(authorization, body, ports=self.ports)


@pytest.fixture
def receiver(clock: ManualClock) -> Receiver:
    return Receiver(clock)


def push(
    address: object = "user123@example.com", history_id: object = 9_876_543_210, message_id: object = "m1"
) -> bytes:
    data = json.dumps({"emailAddress": address, "historyId": history_id}).encode()
    message = {"data": base64.b64encode(data).decode(), "messageId": message_id, "publishTime": "2025-01-15T10:00:00Z"}
    return json.dumps({"message": message, "subscription": "projects/company/subscriptions/mail"}).encode()


@pytest.mark.parametrize("history_id", [9_876_543_210, "9876543210"])
@pytest.mark.parametrize("address", ["user123@example.com", "User123@Example.com"])
def test_the_mailbox_is_queued(receiver: Receiver, address: str, history_id: object) -> None:
    assert receiver.receive(push(address, history_id)) == 1
    (job,) = receiver.queue.requested
    assert (job.id, job.user_id, job.reason) == ("m1", "user123", SyncReason.NOTIFIED)


def test_a_notification_that_comes_again_is_queued_once(receiver: Receiver) -> None:
    receiver.receive(push())
    receiver.receive(push())
    assert len(receiver.queue.requested) == 1


def test_everybody_who_connected_the_mailbox_is_served(receiver: Receiver) -> None:
    receiver.connections.replace(google_connection("user456"), expected_version=0)
    assert receiver.receive(push()) == 2
    assert {job.user_id for job in receiver.queue.requested} == {"user123", "user456"}


def test_an_unknown_or_broken_mailbox_is_answered_and_left_alone(receiver: Receiver) -> None:
    broken = google_connection().model_copy(update={"status": ConnectionStatus.BROKEN})
    receiver.connections.replace(broken, expected_version=1)
    assert receiver.receive(push()) == 0
    assert receiver.receive(push("nobody@example.com")) == 0
    assert not receiver.queue.requested


def test_who_proves_nothing_learns_nothing(receiver: Receiver) -> None:
    for body in (push(), b"garbage"):
        with pytest.raises(NotAuthentic):
            receiver.receive(body, "Bearer forged")
    assert not receiver.queue.requested


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"message": null}',
        b'{"message": {"data": "%%%", "messageId": "1"}}',
        b'{"message": {"data": "bm90IGpzb24=", "messageId": "1"}}',
        push(address=None),
        push(history_id="many"),
        push(history_id=-1),
        push(message_id=""),
    ],
)
def test_garbage_is_malformed(receiver: Receiver, body: bytes) -> None:
    with pytest.raises(Malformed):
        receiver.receive(body)


@given(st.binary(max_size=200))
def test_whatever_is_sent_is_taken_or_malformed(body: bytes) -> None:
    receiver = Receiver(ManualClock())
    with pytest.raises(Malformed):
        receiver.receive(body)


def test_pubsub_delivers_again_what_could_not_be_queued(receiver: Receiver) -> None:
    receiver.store.down = True
    with pytest.raises(Unavailable):
        receiver.receive(push())
    receiver.store.down = False
    assert receiver.receive(push()) == 1
