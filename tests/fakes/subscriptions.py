"""Registered webhooks in memory."""

from assistant.domain.connections import Connection
from assistant.domain.subscriptions import Subscription, Watched
from tests.fakes.stores import Outage


class MemorySubscriptions:
    """Implements ``ports.SubscriptionStore``."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self._kept: dict[tuple[str, str, Watched], Subscription] = {}

    def find(self, subscription_id: str) -> Subscription | None:
        self._outage.check()
        return next((kept for kept in self._kept.values() if kept.id == subscription_id), None)

    def of_connection(self, connection: Connection, watched: Watched) -> Subscription | None:
        self._outage.check()
        return self._kept.get((connection.user_id, connection.id, watched))

    def put(self, subscription: Subscription) -> None:
        self._outage.check()
        self._kept[subscription.user_id, subscription.connection_id, subscription.watched] = subscription

    def remove(self, subscription: Subscription) -> None:
        self._outage.check()
        kept = self._kept.get((subscription.user_id, subscription.connection_id, subscription.watched))
        if kept and kept.id == subscription.id:
            del self._kept[subscription.user_id, subscription.connection_id, subscription.watched]
