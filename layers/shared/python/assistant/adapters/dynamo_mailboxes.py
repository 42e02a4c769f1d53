"""How far mailboxes were read, and receipts of their mails, on DynamoDB."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, attributes, epoch, user_partition, write_if
from assistant.domain.connections import Connection
from assistant.domain.mailbox_sync import PLACE_KEPT_FOR, MailboxPlace, Receipt
from assistant.ports.runtime import Clock

_RECEIPT: Final = "RECEIPT#"
_BY_TIME: Final = "RECEIPT_AT#"
_SAME: Final = "version = :version"
_NEW: Final = "attribute_not_exists(pk)"


class DynamoPlaces[Place: MailboxPlace]:
    """Places in what is followed of accounts, one item for each connection, at ``_prefix``."""

    _kind: type[Place]
    _prefix: str

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def read(self, connection: Connection) -> Place:
        """Return the place; one of another version of the product counts as unread, at its version."""
        item = self._table.get(user_partition(connection.user_id), self._prefix + connection.id, consistent=True)
        if item is None:
            return self._kind.of(connection)
        try:
            place = self._kind.model_validate_json(item["place"])
        except ValidationError:
            place = self._kind.of(connection)
        return place.model_copy(update={"version": int(item["version"])})

    def replace(self, place: Place) -> Place | None:
        """Write the item if the version is the one that was read."""
        stored = place.model_copy(update={"version": place.version + 1})
        item: Item = {
            "pk": user_partition(place.user_id),
            "sk": self._prefix + place.connection_id,
            "version": stored.version,
            "place": stored.model_dump_json(),
            EXPIRES_AT: epoch(self._clock.now() + PLACE_KEPT_FOR),
        }
        known = {"ExpressionAttributeValues": attributes({":version": place.version})} if place.version else {}
        answer = write_if(
            lambda: self._table.client.put_item(
                TableName=self._table.name,
                Item=attributes(item),
                ConditionExpression=_SAME if place.version else _NEW,
                **known,  # type: ignore[arg-type]  # as the client takes it
            )
        )
        return None if answer is None else stored


class DynamoMailboxPlaces(DynamoPlaces[MailboxPlace]):
    """Implements ``ports.MailboxPlaces``."""

    _kind = MailboxPlace
    _prefix = "MAILBOX#"


class DynamoReceipts:
    """Implements ``ports.Receipts``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def known(self, connection: Connection, message_ids: Iterable[str]) -> frozenset[str]:
        """Look all of them up in batches."""
        partition = user_partition(connection.user_id)
        keys = {(partition, _receipt_key(connection.id, one)): one for one in message_ids}
        found = self._table.batch_get(keys, consistent=True)
        return frozenset(keys[item["pk"], item["sk"]] for item in found)

    def save(self, receipts: Sequence[Receipt]) -> None:
        """Write all of them in batches, each under its mail and under its place."""
        self._table.batch_put([item for one in receipts for item in _receipt_items(one)])

    def page(self, user_id: str, *, before: str | None, since: datetime | None, limit: int) -> Sequence[Receipt]:
        """Read the items that are sorted by place."""
        newest = f"{_BY_TIME}{before}" if before else f"{_BY_TIME}~"
        oldest = _BY_TIME + (f"{int(since.timestamp() * 1000):013d}" if since else "")
        now = epoch(self._clock.now())
        # The one before which the page lies is read with it.
        items = self._table.query(
            user_partition(user_id), oldest, through=newest, limit=limit + 1, newest_first=True, consistent=True
        )
        found = (
            Receipt.model_validate_json(item["receipt"]["S"]) for item in items if int(item[EXPIRES_AT]["N"]) > now
        )
        return [one for one in found if one.place != before][:limit]


def _receipt_key(connection_id: str, message_id: str) -> str:
    return f"{_RECEIPT}{connection_id}#{message_id}"


def _receipt_items(receipt: Receipt) -> tuple[Item, Item]:
    key = {"pk": user_partition(receipt.user_id), EXPIRES_AT: epoch(receipt.expires_at)}
    return (
        key | {"sk": _receipt_key(receipt.connection_id, receipt.message_id)},
        key | {"sk": _BY_TIME + receipt.place, "receipt": receipt.model_dump_json(exclude_none=True)},
    )
