"""Notifications of Google Calendar: which are taken, and what they make be done."""

from typing import Any

import pytest

from assistant.domain.errors import Malformed, NotAuthentic, Unavailable
from assistant.domain.mailbox_sync import SyncReason
from assistant.domain.subscriptions import Watched
from assistant.services.receive_calendar_notification import CalendarNotificationPorts, receive_calendar_notification
from tests.fakes.mailbox_sync import MemoryMailboxQueue
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import Outage
from tests.fakes.subscriptions import CHANNEL_SECRET, MemorySubscriptions, google_channel

CHANNEL = google_channel()


class Receiver:
    """The use case with fakes behind it."""

    def __init__(self, clock: ManualClock) -> None:
        self.store, self.queue_outage = Outage(), Outage()
        self.subscriptions = MemorySubscriptions(self.store)
        self.subscriptions.put(CHANNEL)
        self.queue = MemoryMailboxQueue(self.queue_outage)
        self.ports = CalendarNotificationPorts(self.subscriptions, self.queue, clock)

    def receive(self, **headers: Any) -> bool:
        """Headers as https://developers.google.com/workspace/calendar/api/guides/push has them."""
        given = {
            "channel_id": CHANNEL.id,
            "channel_token": CHANNEL_SECRET,
            "resource_id": CHANNEL.resource,
            "resource_state": "exists",
            "message_number": "17",
            **headers,
        }
        named = {f"x-goog-{name.replace('_', '-')}": value for name, value in given.items() if value is not None}
        return receive_calendar_notification(named, ports=self.ports)


@pytest.fixture
def receiver(clock: ManualClock) -> Receiver:
    return Receiver(clock)


@pytest.mark.parametrize("state", ["exists", "not_exists"])
def test_the_calendar_is_queued(receiver: Receiver, state: str) -> None:
    assert receiver.receive(resource_state=state)
    (job,) = receiver.queue.requested
    assert (job.user_id, job.connection_id, job.reason) == (
        CHANNEL.user_id,
        CHANNEL.connection_id,
        SyncReason.NOTIFIED,
    )


def test_a_notification_that_comes_again_is_queued_once(receiver: Receiver) -> None:
    for number in ("17", "17", "18"):
        receiver.receive(message_number=number)
    assert len(receiver.queue.requested) == 2


def test_a_channel_that_is_opened_changes_nothing(receiver: Receiver) -> None:
    assert not receiver.receive(resource_state="sync", message_number="1")
    assert receiver.queue.requested == []


@pytest.mark.parametrize(
    "headers",
    [
        {"channel_id": "unknown"},
        {"channel_token": "another"},
        {"channel_token": None},
        {"channel_token": "\udc80é"},
        {"resource_id": "another"},
        {"resource_id": "é"},
    ],
)
@pytest.mark.parametrize("state", ["exists", "sync"])
def test_what_proves_nothing_is_refused(receiver: Receiver, headers: dict[str, Any], state: str) -> None:
    with pytest.raises(NotAuthentic):
        receiver.receive(resource_state=state, **headers)
    assert receiver.queue.requested == []


def test_a_subscription_of_mail_is_no_channel(receiver: Receiver) -> None:
    receiver.subscriptions.put(google_channel(id="mail", watched=Watched.MAIL))
    with pytest.raises(NotAuthentic):
        receiver.receive(channel_id="mail")


@pytest.mark.parametrize("missing", ["channel_id", "resource_id", "resource_state", "message_number"])
def test_what_names_nothing_is_malformed(receiver: Receiver, missing: str) -> None:
    with pytest.raises(Malformed):
        receiver.receive(**{missing: None})
    if missing != "resource_state":
        with pytest.raises(Malformed):
            receiver.receive(**{missing: "x" * 257})


def test_google_delivers_again_what_could_not_be_queued(receiver: Receiver) -> None:
    for outage in (receiver.store, receiver.queue_outage):
        outage.down = True
        with pytest.raises(Unavailable):
            receiver.receive()
        outage.down = False
    assert receiver.receive()
    assert len(receiver.queue.requested) == 1
