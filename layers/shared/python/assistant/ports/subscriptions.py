"""Webhooks that providers were asked for."""

from collections.abc import Sequence
from typing import Protocol

from assistant.domain.connections import Connection
from assistant.domain.subscriptions import Subscription, Watched


class SubscriptionStore(Protocol):
    """Subscriptions of connections, one for each thing watched. Every method raises Unavailable while it is down."""

    def find(self, subscription_id: str) -> Subscription | None:
        """Return the subscription that a notification names; None for one that is unknown."""
        ...

    def find_all(self, subscription_ids: Sequence[str]) -> Sequence[Subscription]:
        """Return those of the subscriptions that are known, of 100 at most in one read."""
        ...

    def of_connection(self, connection: Connection, watched: Watched) -> Subscription | None:
        """Return the subscription of a connection."""
        ...

    def put(self, subscription: Subscription) -> None:
        """Keep it in the place of the one before, which is unknown from then on."""
        ...

    def forget(self, user_id: str, connection_id: str, watched: Watched) -> None:
        """Forget that of an account that is no longer connected; what its provider still sends is unknown then."""
        ...

    def remove(self, subscription: Subscription) -> None:
        """Forget it; one that is gone is no error."""
        ...
