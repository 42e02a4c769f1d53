"""What was posted in a chat under which key: one item a key, taken while somebody posts."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, attributes, epoch, user_partition, write_if
from assistant.domain.chat import PostedMessage, PostRecord
from assistant.domain.connections import Connection
from assistant.ports.runtime import Clock

KEPT_FOR: Final = timedelta(days=90)


class DynamoPostRecords:
    """Implements ``ports.PostRecords``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def find(self, connection: Connection, key: str) -> PostRecord | None:
        """Return what is known, read consistently."""
        item = self._table.get(**_key(connection, key), consistent=True)
        if item is None or item[EXPIRES_AT] <= epoch(self._clock.now()):
            return None
        posted = PostedMessage(item["channel"], item["message_id"]) if "message_id" in item else None
        return PostRecord(posted, item.get("digest", ""))

    def begin(self, connection: Connection, key: str, *, until: datetime) -> bool:
        """Write until when the posting is taken, if nobody has it."""
        now = self._clock.now()
        answer = write_if(
            lambda: self._table.client.update_item(
                TableName=self._table.name,
                Key=attributes(_key(connection, key)),
                UpdateExpression=f"SET taken_until = :until, {EXPIRES_AT} = :expires",
                ConditionExpression="attribute_not_exists(taken_until) OR taken_until <= :now",
                ExpressionAttributeValues=attributes(
                    {":until": epoch(until), ":now": epoch(now), ":expires": epoch(now + KEPT_FOR)}
                ),
            )
        )
        return answer is not None

    def keep(self, connection: Connection, key: str, record: PostRecord) -> None:
        """Write what was posted, and that nobody posts any more."""
        item: Item = _key(connection, key) | {
            "digest": record.digest,
            EXPIRES_AT: epoch(self._clock.now() + KEPT_FOR),
        }
        if record.posted:
            item |= {"channel": record.posted.channel, "message_id": record.posted.id}
        self._table.batch_put([item])


def _key(connection: Connection, key: str) -> dict[str, str]:
    digest = sha256(f"{connection.id}\n{key}".encode()).hexdigest()[:32]
    return {"pk": user_partition(connection.user_id), "sk": f"POSTED#{digest}"}
