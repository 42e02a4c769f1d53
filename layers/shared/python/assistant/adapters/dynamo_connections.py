"""Connections on DynamoDB: a document each in its user's partition, and a line by account and by provider.

The lines change in the same transaction. A user's partition holds the tokens too, so that both go at once.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from assistant.adapters.dynamo import Item, Table, attempts, plain, user_partition
from assistant.adapters.dynamo_tokens import tokens_key
from assistant.domain.connections import Connection
from assistant.domain.errors import Unavailable
from assistant.domain.providers import Provider

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_PREFIX = "CONNECTION#"


class DynamoConnections:
    """Implements ``ports.ConnectionStore``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of_user(self, user_id: str) -> Sequence[Connection]:
        """Return the accounts of a user, the oldest first."""
        items = self._table.query(user_partition(user_id), _PREFIX, consistent=True)
        return _oldest_first(map(_document, map(plain, items)))

    def find(self, user_id: str, connection_id: str) -> Connection | None:
        """Return the account, read consistently."""
        item = self._table.get(user_partition(user_id), _PREFIX + connection_id, consistent=True)
        return _document(item) if item else None

    def of_account(self, provider: Provider, account: str) -> Sequence[Connection]:
        """Return the connections to an account, the oldest first."""
        return self._listed(self._table.query(_by_account(provider, account), user_partition(""), consistent=True))

    def of_provider(self, provider: Provider) -> Sequence[Connection]:
        """Return the connections to a provider, the oldest first."""
        return self._listed(self._table.query(_by_provider(provider), user_partition(""), consistent=True))

    def replace(self, connection: Connection, *, expected_version: int) -> bool:
        """Store the document with its lines."""
        stored = connection.model_copy(update={"version": expected_version + 1})
        item = _key(stored) | {"version": stored.version, "document": stored.model_dump_json()}
        condition = ("version = :expected", {":expected": expected_version})
        lines = [self._table.put(line | _names(stored)) for line in _lines(stored)]
        return self._table.transact(
            [self._table.put(item, *(condition if expected_version else ("attribute_not_exists(pk)",))), *lines]
        )

    def delete(self, connection: Connection) -> None:
        """Remove the tokens, the document and its lines."""
        keys = [tokens_key(connection), _key(connection), *_lines(connection)]
        for _ in attempts():
            # Refused only where a renewal of the tokens is being written.
            if self._table.transact([self._table.delete(key) for key in keys]):
                return
        raise Unavailable("The store is busy. Please try again shortly.")

    def _listed(self, lines: "Sequence[dict[str, AttributeValueTypeDef]]") -> Sequence[Connection]:
        named = [plain(line) for line in lines]
        keys = [(user_partition(line["user_id"]), _PREFIX + line["connection_id"]) for line in named]
        return _oldest_first(map(_document, self._table.batch_get(keys, consistent=True)))


def _key(connection: Connection) -> Item:
    return {"pk": user_partition(connection.user_id), "sk": _PREFIX + connection.id}


def _names(connection: Connection) -> Item:
    return {"user_id": connection.user_id, "connection_id": connection.id}


def _lines(connection: Connection) -> list[Item]:
    place = f"{user_partition(connection.user_id)}#{connection.id}"
    by = (_by_account(connection.provider, connection.account), _by_provider(connection.provider))
    return [{"pk": partition, "sk": place} for partition in by]


def _by_account(provider: Provider, account: str) -> str:
    return f"ACCOUNT#{provider}#{account}"


def _by_provider(provider: Provider) -> str:
    return f"CONNECTIONS#{provider}"


def _document(item: Item) -> Connection:
    return Connection.model_validate_json(item["document"])


def _oldest_first(connections: Iterable[Connection]) -> list[Connection]:
    return sorted(connections, key=lambda one: (one.connected_at, one.user_id, one.id))
