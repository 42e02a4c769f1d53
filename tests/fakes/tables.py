"""The DynamoDB table of the product, for tests that run the adapters."""

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import boto3

from assistant.adapters.dynamo import Item, Table, attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

TABLE = "executive-assistant"


def create_table(client: "DynamoDBClient | None" = None) -> None:
    """Create the table with this client, else where boto3's environment points."""
    (client or boto3.client("dynamodb")).create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )


class LocalTable(Table):
    """A table in this process that answers like DynamoDB, without the way there."""

    def __init__(self) -> None:
        super().__init__("memories", cast("DynamoDBClient", None))
        self._items: dict[str, Mapping[str, Any]] = {}
        self._keys: list[str] = []

    def batch_put(self, items: Sequence[Item]) -> None:
        for item in items:
            if item["sk"] not in self._items:
                insort(self._keys, item["sk"])
            self._items[item["sk"]] = attributes(item)

    def batch_delete(self, keys: Iterable[tuple[str, str]]) -> None:
        for _, key in keys:
            if self._items.pop(key, None):
                self._keys.remove(key)

    def query(self, pk: str, prefix: str, *, after: str | None = None, **_: Any) -> Any:
        assert pk
        return [
            self._items[key] for key in self._keys[bisect_right(self._keys, after or "") :] if key.startswith(prefix)
        ]
