"""Webhooks that providers were asked for, on DynamoDB: an item in the user's partition, and one by the webhook's id.

Both hold the document, so that a notification takes one read. They change together.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from pydantic import TypeAdapter

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, attempts, epoch, user_partition
from assistant.domain.connections import Connection
from assistant.domain.errors import Unavailable
from assistant.domain.subscriptions import Subscription, Watched

# Notifications that were under way when it ended are known for a day.
KEPT_FOR: Final = timedelta(days=1)
_DOCUMENT: Final = TypeAdapter(Subscription)
_SAME: Final = "subscription_id = :known"
_NEW: Final = "attribute_not_exists(pk)"


class DynamoSubscriptions:
    """Implements ``ports.SubscriptionStore``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, subscription_id: str) -> Subscription | None:
        """Return the subscription, read consistently: its first notification may follow at once."""
        return self._read(_by_id(subscription_id))

    def find_all(self, subscription_ids: Sequence[str]) -> Sequence[Subscription]:
        """Return those that are known, read consistently as one is."""
        keys = [(key["pk"], key["sk"]) for key in map(_by_id, subscription_ids)]
        return list(map(_document, self._table.batch_get(keys, consistent=True)))

    def of_connection(self, connection: Connection, watched: Watched) -> Subscription | None:
        """Return the subscription, read consistently."""
        return self._read(_by_connection(connection.user_id, connection.id, watched))

    def put(self, subscription: Subscription) -> None:
        """Write both items, and remove what the one before was known by."""
        place = _by_connection(subscription.user_id, subscription.connection_id, subscription.watched)
        item = {
            "subscription_id": subscription.id,
            "document": _DOCUMENT.dump_json(subscription).decode(),
            EXPIRES_AT: epoch(subscription.expires_at + KEPT_FOR),
        }
        for _ in attempts():
            known = self._read(place)
            condition = (_SAME, {":known": known.id}) if known else (_NEW,)
            writes = [self._table.put(place | item, *condition), self._table.put(_by_id(subscription.id) | item)]
            if known and known.id != subscription.id:
                writes.append(self._table.delete(_by_id(known.id)))
            if self._table.transact(writes):
                return
        raise Unavailable("The store is busy. Please try again shortly.")

    def forget(self, user_id: str, connection_id: str, watched: Watched) -> None:
        """Remove what is found there."""
        known = self._read(_by_connection(user_id, connection_id, watched))
        if known:
            self.remove(known)

    def remove(self, subscription: Subscription) -> None:
        """Remove both items; where another has taken its place, they are gone already."""
        place = _by_connection(subscription.user_id, subscription.connection_id, subscription.watched)
        gone = self._table.delete(place, _SAME, {":known": subscription.id})
        self._table.transact([gone, self._table.delete(_by_id(subscription.id))])

    def _read(self, key: Item) -> Subscription | None:
        item = self._table.get(**key, consistent=True)
        return _document(item) if item else None


def _document(item: Item) -> Subscription:
    return _DOCUMENT.validate_json(item["document"])


def _by_id(subscription_id: str) -> Item:
    return {"pk": f"SUBSCRIPTION#{subscription_id}", "sk": "SUBSCRIPTION"}


def _by_connection(user_id: str, connection_id: str, watched: Watched) -> Item:
    return {"pk": user_partition(user_id), "sk": f"SUBSCRIPTION#{connection_id}#{watched}"}
