"""Registered webhooks in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from assistant.domain.connections import Connection
from assistant.domain.subscriptions import Subscription, Watched, secret_hash
from tests.fakes.accounts import MICROSOFT
from tests.fakes.connections import google_connection
from tests.fakes.stores import Outage

GRAPH_SECRET = "of-the-subscription"
CHANNEL_SECRET = "of-the-channel"


def graph_subscription(**fields: Any) -> Subscription:
    """Of the mailbox at Microsoft, as the recorded notifications of Graph name it, unless told."""
    known: dict[str, Any] = {
        "id": "7f105c7d-2dc5-4530-97cd-4e7ae6534c07",
        "user_id": MICROSOFT.user_id,
        "connection_id": MICROSOFT.id,
        "watched": Watched.MAIL,
        "secret_hash": secret_hash(GRAPH_SECRET),
        "expires_at": datetime(2025, 1, 22, 10, tzinfo=UTC),
        "tenant": MICROSOFT.tenant,
    }
    return Subscription(**known | fields)


def google_channel(**fields: Any) -> Subscription:
    """Of the calendar at Google, as the recorded notifications of Google Calendar name it, unless told."""
    known: dict[str, Any] = {
        "id": "2d1f7bd2-6a3c-4f0e-9d59-4a5f7f0f8b11",
        "user_id": "user123",
        "connection_id": google_connection().id,
        "watched": Watched.CALENDAR,
        "secret_hash": secret_hash(CHANNEL_SECRET),
        "expires_at": datetime(2025, 1, 22, 10, tzinfo=UTC),
        "resource": "o3hgv1538sdjfh",
    }
    return Subscription(**known | fields)


class MemorySubscriptions:
    """Implements ``ports.SubscriptionStore``."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self._kept: dict[tuple[str, str, Watched], Subscription] = {}
        self.read: list[Sequence[str]] = []

    def find(self, subscription_id: str) -> Subscription | None:
        self._outage.check()
        return next((kept for kept in self._kept.values() if kept.id == subscription_id), None)

    def find_all(self, subscription_ids: Sequence[str]) -> Sequence[Subscription]:
        self._outage.check()
        self.read.append(subscription_ids)
        return [kept for kept in self._kept.values() if kept.id in subscription_ids]

    def of_connection(self, connection: Connection, watched: Watched) -> Subscription | None:
        self._outage.check()
        return self._kept.get((connection.user_id, connection.id, watched))

    def put(self, subscription: Subscription) -> None:
        self._outage.check()
        self._kept[subscription.user_id, subscription.connection_id, subscription.watched] = subscription

    def forget(self, user_id: str, connection_id: str, watched: Watched) -> None:
        self._outage.check()
        self._kept.pop((user_id, connection_id, watched), None)

    def remove(self, subscription: Subscription) -> None:
        self._outage.check()
        kept = self._kept.get((subscription.user_id, subscription.connection_id, subscription.watched))
        if kept and kept.id == subscription.id:
            del self._kept[subscription.user_id, subscription.connection_id, subscription.watched]
