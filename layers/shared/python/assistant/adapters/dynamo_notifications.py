"""Notifications on the dashboard: items of the user's partition whose keys sort by time."""

from collections.abc import Sequence
from datetime import datetime

from assistant.adapters.dynamo import EXPIRES_AT, Table, attributes, epoch, plain, user_partition, write_if
from assistant.domain.notifications import Notification
from assistant.ports.runtime import Clock

_PREFIX = "NOTIFICATION#"


class DynamoNotifications:
    """Implements ``ports.Notifier`` and ``ports.NotificationStore``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def notify(self, user_id: str, notification: Notification) -> bool:
        """Keep the notification unless one of its id is kept."""
        item = _key(user_id, notification.id) | {
            "notification": notification.model_dump_json(exclude={"read_at"}),
            EXPIRES_AT: epoch(notification.expires_at),
        }
        return self._table.transact([self._table.put(item, "attribute_not_exists(pk)")])

    def page(self, user_id: str, *, before: str | None, limit: int) -> Sequence[Notification]:
        """Return the notifications older than the one of this id, the newest first."""
        after = _PREFIX + before if before else None
        items = self._table.query(
            user_partition(user_id), _PREFIX, limit=limit, after=after, newest_first=True, consistent=True
        )
        return [_notification(plain(item)) for item in items]

    def mark(self, user_id: str, notification_id: str, *, read_at: datetime | None) -> Notification | None:
        """Write when it was read, or remove that."""
        change = {":read_at": read_at.isoformat()} if read_at else {}
        answer = write_if(
            lambda: self._table.client.update_item(
                TableName=self._table.name,
                Key=attributes(_key(user_id, notification_id)),
                UpdateExpression="SET read_at = :read_at" if read_at else "REMOVE read_at",
                ConditionExpression=f"attribute_exists(pk) AND {EXPIRES_AT} > :now",
                ExpressionAttributeValues=attributes({":now": epoch(self._clock.now())} | change),
                ReturnValues="ALL_NEW",
            )
        )
        return _notification(plain(answer["Attributes"])) if answer else None


def _key(user_id: str, notification_id: str) -> dict[str, str]:
    return {"pk": user_partition(user_id), "sk": _PREFIX + notification_id}


def _notification(item: dict[str, str]) -> Notification:
    kept = Notification.model_validate_json(item["notification"])
    read_at = item.get("read_at")
    return kept.model_copy(update={"read_at": datetime.fromisoformat(read_at) if read_at else None})
