"""Whatever happens to notifications of Graph, to subscriptions there and to Graph itself: each mail is decided once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.adapters.graph_api import GraphApi
from assistant.adapters.graph_mail import GraphMailBoxes
from assistant.adapters.graph_subscriptions import GraphSubscriptions
from assistant.domain import metric_names
from assistant.domain.errors import NotAuthentic, Unavailable
from assistant.domain.mail import Mail
from assistant.domain.mailbox_sync import SyncReason
from assistant.domain.subscriptions import Watched
from assistant.services.receive_graph_notification import GraphNotificationPorts, receive_graph_notifications
from assistant.services.renew_watches import Renewed
from assistant.services.sync_mailbox import Synced
from tests.fakes.access_tokens import ScriptedTokens
from tests.fakes.accounts import MICROSOFT, WEBHOOK
from tests.fakes.examples import examples
from tests.fakes.graph_api import Fault, GraphServer, notification, serve
from tests.fakes.graph_mail_api import GraphMail
from tests.unit.mailboxes.followed import Followed, connected

pytestmark = pytest.mark.network


class FollowedOutlook(Followed):
    """A mailbox of Microsoft 365 that was just connected, with Graph on loopback."""

    def __init__(self, server: GraphServer) -> None:
        super().__init__()
        self.server, self.user = server, GraphMail(server, self.clock)
        self.api = GraphApi(server.url, ScriptedTokens(server.token), self.clock, pause=self.clock.advance)
        given_ports = {
            "connections": connected(MICROSOFT),
            "boxes": GraphMailBoxes(self.api, lambda: GraphSubscriptions(self.subscriptions, WEBHOOK), self.clock),
        }
        self.connection = MICROSOFT
        self.ports = replace(self.ports, **given_ports)  # type: ignore[arg-type]  # each of its kind
        self.reconcile_ports = replace(self.reconcile_ports, **given_ports)  # type: ignore[arg-type]  # the same
        self.webhook = GraphNotificationPorts(self.subscriptions, {Watched.MAIL: self.queue}, self.clock)
        first = self.notification().model_copy(update={"reason": SyncReason.CONNECTED})
        assert self.sync(first) == Synced("up to now")

    def told(self, **fields: object) -> bytes:
        """What Graph sends about the mailbox, to whom it has a subscription for."""
        known = self.server.subscriptions.values()
        return json.dumps({"value": [notification(one, str(MICROSOFT.tenant), **fields) for one in known]}).encode()

    def mail(self, number: int) -> str:
        return self.user.receive(Mail(id="", sender="ann@supplier.com", subject=f"Number {number}", body="Please pay."))

    def delivered(self, body: bytes) -> bool:
        """What Graph does with a notification: False when it comes again."""
        try:
            receive_graph_notifications(body, ports=self.webhook)
        except NotAuthentic:
            # Of a subscription in whose place there is another.
            return True
        except Unavailable:
            return False
        return True

    def work(self) -> None:
        """The worker takes every job that waits."""
        while self.queue.requested:
            assert self.tried(self.queue.requested.pop(0))

    def recover(self) -> None:
        self.server.faults.clear()
        self.store.down = False


@contextmanager
def following() -> Iterator[FollowedOutlook]:
    with serve() as server:
        followed = FollowedOutlook(server)
        try:
            yield followed
        finally:
            followed.api.close()


def test_a_new_account_is_watched_and_read() -> None:
    with following() as followed:
        (made,) = followed.server.subscriptions.values()
        place = followed.places.read(MICROSOFT)
        assert place.watched_until == followed.clock.now() + timedelta(minutes=10_000)
        assert (made["changeType"], made["resource"]) == ("created", "me/mailFolders('inbox')/messages")
        message_id = followed.mail(1)
        assert followed.delivered(followed.told(resource=f"Users/1/Messages/{message_id}"))
        followed.work()
        assert followed.receipts.saved == [message_id]


@pytest.mark.parametrize("event", ["reauthorizationRequired", "subscriptionRemoved", "missed"])
def test_what_graph_says_of_a_subscription_is_mended_and_the_mailbox_read(event: str) -> None:
    with following() as followed:
        told = followed.told(lifecycleEvent=event)
        (before,) = followed.server.subscriptions
        if event == "subscriptionRemoved":
            followed.server.subscriptions.clear()
        message_id = followed.mail(1)
        followed.clock.advance(3600)
        assert followed.delivered(told)
        followed.work()
        assert followed.receipts.saved == [message_id]
        (after,) = followed.server.subscriptions
        assert (after == before) == (event != "subscriptionRemoved")
        assert followed.places.read(MICROSOFT).watched_until == followed.clock.now() + timedelta(minutes=10_000)


class Weather:
    """What may happen between two looks: mails arrive, notifications go their own ways, things break and recover."""

    def __init__(self, followed: FollowedOutlook, data: st.DataObject) -> None:
        self.followed, self._data = followed, data
        self.arrived: list[str] = []
        self._waiting: list[bytes] = []

    def step(self) -> None:
        happening = (
            self._arrive,
            self._deliver,
            self._work,
            self._break_graph,
            self._break_store,
            self.followed.recover,
            self.followed.user.forget_changes,
            self._end_subscription,
            self._on_schedule,
        )
        self._data.draw(st.sampled_from(happening), label="what happens")()
        self.followed.clock.advance(60)

    def _send(self, **fields: object) -> None:
        copies = self._data.draw(st.integers(0, 2), label="copies of the notification")
        if self.followed.server.subscriptions:
            self._waiting += [self.followed.told(**fields)] * copies

    def _arrive(self) -> None:
        self.arrived.append(self.followed.mail(len(self.arrived)))
        self._send(changeType="created", resource=f"Users/1/Messages/{self.arrived[-1]}")

    def _deliver(self) -> None:
        if self._waiting:
            told = self._waiting.pop(self._data.draw(st.integers(0, len(self._waiting) - 1), label="which"))
            if not self.followed.delivered(told):
                self._waiting.append(told)

    def _work(self) -> None:
        queued = self.followed.queue.requested
        if queued and self.followed.tried(queued[0]):
            del queued[0]

    def _break_graph(self) -> None:
        self.followed.server.faults.append(Fault("", HTTPStatus.SERVICE_UNAVAILABLE, times=-1))

    def _break_store(self) -> None:
        self.followed.store.down = True

    def _end_subscription(self) -> None:
        self._send(lifecycleEvent="subscriptionRemoved")
        self.followed.server.subscriptions.clear()

    def _on_schedule(self) -> None:
        if not self.followed.store.down:
            self.followed.reconcile()
            self.followed.renew()


@examples(60)
@given(st.data(), st.integers(1, 8))
def test_notifications_may_be_dropped_doubled_delayed_and_reordered(data: st.DataObject, steps: int) -> None:
    with following() as followed:
        weather = Weather(followed, data)
        for _ in range(steps):
            weather.step()
        followed.recover()
        # By when the next reconciliation is due; the queue takes one request in five minutes.
        followed.clock.advance(600)
        undecided = set(weather.arrived) - set(followed.receipts.saved)
        found = followed.reconcile()
        assert bool(found.behind) >= bool(undecided)
        # What waits behind a cursor that expired counts since the first look that met it.
        followed.clock.advance(600)
        followed.reconcile()
        assert not undecided or followed.meter.gauges[metric_names.OLDEST_UNDECIDED_MAIL] >= 600
        followed.work()
        assert sorted(followed.receipts.saved) == sorted(weather.arrived)
        assert sorted(message_id for _, message_id in followed.follow.told) == sorted(weather.arrived)
        assert followed.reconcile().oldest_seconds == 0
        assert followed.renew() == Renewed(watched=1)
        (live,) = followed.server.subscriptions
        assert followed.subscriptions.of_connection(MICROSOFT, Watched.MAIL) == followed.subscriptions.find(live)
