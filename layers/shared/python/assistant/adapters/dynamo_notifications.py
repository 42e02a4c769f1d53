"""Notifications on the dashboard: items of the user's partition whose keys sort by time, and one to find each by.

What was told about a thing is found by the digest of its name, which ends every id. A change replaces the item of the
version it was made from; who marks it as read changes its version too, so neither is lost.
"""

from collections.abc import Sequence
from datetime import datetime

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, attributes, epoch, plain, user_partition, write_if
from assistant.domain.notifications import KeptNotification, Notification, subject_of
from assistant.ports.runtime import Clock

_PREFIX = "NOTIFICATION#"
_SUBJECT = "TOLD#"
_FREE = f"attribute_not_exists(pk) OR {EXPIRES_AT} <= :now"


class DynamoNotifications:
    """Implements ``ports.NotificationStore``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def page(self, user_id: str, *, before: str | None, limit: int) -> Sequence[KeptNotification]:
        """Return the notifications older than the one of this id, the newest first."""
        after = _PREFIX + before if before else None
        items = self._table.query(
            user_partition(user_id), _PREFIX, limit=limit, after=after, newest_first=True, consistent=True
        )
        return [_kept(plain(item)) for item in items]

    def mark(self, user_id: str, notification_id: str, *, read_at: datetime | None) -> Notification | None:
        """Write when it was read, or remove that."""
        change = {":read_at": read_at.isoformat()} if read_at else {}
        answer = write_if(
            lambda: self._table.client.update_item(
                TableName=self._table.name,
                Key=attributes(_key(user_id, notification_id)),
                UpdateExpression=f"{'SET read_at = :read_at' if read_at else 'REMOVE read_at'} ADD version :one",
                ConditionExpression=f"attribute_exists(pk) AND {EXPIRES_AT} > :now",
                ExpressionAttributeValues=attributes({":now": epoch(self._clock.now()), ":one": 1} | change),
                ReturnValues="ALL_NEW",
            )
        )
        return _kept(plain(answer["Attributes"])).shown if answer else None

    def find(self, user_id: str, subject: str) -> KeptNotification | None:
        """Return what was told, read consistently."""
        place = self._table.get(user_partition(user_id), _SUBJECT + subject, consistent=True)
        if place is None:
            return None
        item = self._table.get(user_partition(user_id), _PREFIX + place["notification_id"], consistent=True)
        return _kept(item) if item and item[EXPIRES_AT] > epoch(self._clock.now()) else None

    def replace(self, user_id: str, kept: KeptNotification) -> bool:
        """Keep the notification and where to find it, in one transaction."""
        expires = {EXPIRES_AT: epoch(kept.shown.expires_at)}
        subject = {"pk": user_partition(user_id), "sk": _SUBJECT + subject_of(kept.news.about)}
        item = _key(user_id, kept.shown.id) | expires | _item(kept)
        place = subject | expires | {"notification_id": kept.shown.id}
        now, same = {":now": epoch(self._clock.now())}, {":version": kept.version}
        writes = (
            [self._table.put(item, "version = :version", same), self._table.put(place)]
            if kept.version
            else [self._table.put(item, _FREE, now), self._table.put(place, _FREE, now)]
        )
        return self._table.transact(writes)


def _key(user_id: str, notification_id: str) -> dict[str, str]:
    return {"pk": user_partition(user_id), "sk": _PREFIX + notification_id}


def _item(kept: KeptNotification) -> Item:
    read_at = kept.shown.read_at
    return {
        "kept": kept.model_dump_json(exclude={"version": True, "shown": {"read_at"}}),
        "version": kept.version + 1,
        "read_at": read_at.isoformat() if read_at else None,
    }


def _kept(item: Item) -> KeptNotification:
    kept = KeptNotification.model_validate_json(item["kept"])
    read_at = item.get("read_at")
    shown = kept.shown.model_copy(update={"read_at": datetime.fromisoformat(read_at) if read_at else None})
    return kept.model_copy(update={"shown": shown, "version": int(item["version"])})
