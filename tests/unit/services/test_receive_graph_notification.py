"""Notifications of Microsoft Graph: which are taken, and what they make be done."""

import json
from collections.abc import Mapping
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.errors import Malformed, NotAuthentic, Unavailable
from assistant.domain.mailbox_sync import SyncReason
from assistant.domain.subscriptions import PERSONAL_ACCOUNTS, Watched
from assistant.services.receive_graph_notification import GraphNotificationPorts, Taken, receive_graph_notifications
from tests.fakes.mailbox_sync import MemoryMailboxQueue
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import Outage
from tests.fakes.subscriptions import GRAPH_SECRET, MemorySubscriptions, graph_subscription

SUBSCRIPTION = graph_subscription()


class Receiver:
    """The use case with fakes behind it."""

    def __init__(self, clock: ManualClock) -> None:
        self.store = Outage()
        self.subscriptions = MemorySubscriptions(self.store)
        self.subscriptions.put(SUBSCRIPTION)
        self.queue = MemoryMailboxQueue(self.store)
        self.calendars = MemoryMailboxQueue(self.store)
        queues = {Watched.MAIL: self.queue, Watched.CALENDAR: self.calendars}
        self.ports = GraphNotificationPorts(self.subscriptions, queues, clock)

    def receive(self, *notifications: object) -> Taken:
        return receive_graph_notifications(json.dumps({"value": notifications}).encode(), ports=self.ports)


@pytest.fixture
def receiver(clock: ManualClock) -> Receiver:
    return Receiver(clock)


def notification(message: str = "AAkALg-1", **fields: object) -> Mapping[str, object]:
    """As Graph sends one: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks."""
    return {
        "subscriptionId": SUBSCRIPTION.id,
        "subscriptionExpirationDateTime": "2025-01-21T10:00:00+00:00",
        "changeType": "created",
        "resource": f"Users/ddfcd489-628b-4d04-b48b-20075df800e5/Messages/{message}",
        "resourceData": {"@odata.type": "#Microsoft.Graph.Message", "id": message},
        "clientState": GRAPH_SECRET,
        "tenantId": SUBSCRIPTION.tenant,
        **fields,
    }


def test_the_mailbox_is_queued(receiver: Receiver) -> None:
    assert receiver.receive(notification()) == Taken(queued=1, refused=0)
    (job,) = receiver.queue.requested
    assert (job.user_id, job.connection_id, job.reason) == (
        SUBSCRIPTION.user_id,
        SUBSCRIPTION.connection_id,
        SyncReason.NOTIFIED,
    )


def test_a_calendar_is_queued_where_calendars_are(receiver: Receiver) -> None:
    calendar = graph_subscription(id="of-the-calendar", watched=Watched.CALENDAR)
    receiver.subscriptions.put(calendar)
    assert receiver.receive(notification(), notification(subscriptionId=calendar.id)) == Taken(queued=2, refused=0)
    assert [one.reason for one in receiver.calendars.requested] == [SyncReason.NOTIFIED]
    assert len(receiver.queue.requested) == 1


def test_a_notification_that_comes_again_is_queued_once(receiver: Receiver) -> None:
    receiver.receive(notification())
    receiver.receive(notification())
    assert len(receiver.queue.requested) == 1
    receiver.receive(notification("AAkALg-2"))
    assert len(receiver.queue.requested) == 2


def test_what_changes_again_is_queued_again(receiver: Receiver) -> None:
    for version in ("1", "2", "2"):
        receiver.receive(notification(resourceData={"@odata.etag": f'W/"{version}"', "id": "AAkALg-1"}))
    assert len(receiver.queue.requested) == 2


def test_many_at_once_are_one_look_at_each_mailbox(receiver: Receiver) -> None:
    receiver.subscriptions.put(graph_subscription(id="subscription-2", user_id="user456"))
    others = [notification(str(number), subscriptionId="subscription-2") for number in range(3)]
    assert receiver.receive(*map(notification, "abc"), *others) == Taken(queued=2, refused=0)
    assert [job.user_id for job in receiver.queue.requested] == ["user123", "user456"]


@pytest.mark.parametrize("event", ["reauthorizationRequired", "subscriptionRemoved", "missed", "somethingNew"])
@pytest.mark.parametrize("name", ["tenantId", "organizationId"])
def test_what_happens_to_a_subscription_makes_it_be_renewed(receiver: Receiver, event: str, name: str) -> None:
    told = {
        "subscriptionId": SUBSCRIPTION.id,
        "subscriptionExpirationDateTime": "2025-01-21T10:00:00Z",
        name: SUBSCRIPTION.tenant,
        "clientState": GRAPH_SECRET,
        "lifecycleEvent": event,
    }
    assert receiver.receive(told, notification()) == Taken(queued=1, refused=0)
    (job,) = receiver.queue.requested
    assert job.reason is SyncReason.UNWATCHED


FORGED = {
    "unknown subscription": {"subscriptionId": "subscription-9"},
    "another secret": {"clientState": "guessed"},
    "no secret": {"clientState": None},
    "another organisation": {"tenantId": "00000000-0000-0000-0000-000000000000"},
    "no organisation": {"tenantId": ""},
    "an organisation of another kind": {"tenantId": None},
    "no name": {"subscriptionId": ""},
    "a name of another kind": {"subscriptionId": 7},
}


@pytest.mark.parametrize("fields", FORGED.values(), ids=FORGED)
def test_what_proves_nothing_is_refused_and_keeps_no_other_out(receiver: Receiver, fields: dict[str, object]) -> None:
    forged = {**notification(), **fields}
    with pytest.raises(NotAuthentic):
        receiver.receive(forged, forged)
    assert not receiver.queue.requested
    assert receiver.receive(forged, notification("AAkALg-2"), 7) == Taken(queued=1, refused=2)
    assert len(receiver.queue.requested) == 1


def test_a_delivery_costs_one_read_of_a_hundred_subscriptions_whatever_it_names(receiver: Receiver) -> None:
    unknown = [notification(subscriptionId=f"guessed-{number}") for number in range(999)]
    with pytest.raises(NotAuthentic):
        receiver.receive(*unknown)
    assert [len(ids) for ids in receiver.subscriptions.read] == [100]
    assert receiver.receive(notification(), *unknown) == Taken(queued=1, refused=999)


def test_notifications_of_personal_accounts_name_no_organisation(receiver: Receiver) -> None:
    receiver.subscriptions.put(graph_subscription(tenant=PERSONAL_ACCOUNTS))
    with pytest.raises(NotAuthentic):
        receiver.receive(notification())
    assert receiver.receive(notification(tenantId="")).queued == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"value": null}',
        b'{"value": []}',
        b'{"value": {"0": 1}}',
        b'{"value": ["\\ud800"]}',
    ],
)
def test_garbage_is_malformed(receiver: Receiver, body: bytes) -> None:
    with pytest.raises(Malformed):
        receive_graph_notifications(body, ports=receiver.ports)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.binary(max_size=200) | st.fixed_dictionaries({"value": st.lists(json_values)}).map(json.dumps).map(str.encode)
)
def test_whatever_is_sent_is_refused(body: bytes) -> None:
    receiver = Receiver(ManualClock())
    with pytest.raises((Malformed, NotAuthentic)):
        receive_graph_notifications(body, ports=receiver.ports)
    assert not receiver.queue.requested


def test_graph_delivers_again_what_could_not_be_queued(receiver: Receiver) -> None:
    told = notification()
    for down in (True, False):
        receiver.store.down = down
        with pytest.raises(Unavailable) if down else nullcontext():
            assert receiver.receive(told).queued == 1
    assert len(receiver.queue.requested) == 1
