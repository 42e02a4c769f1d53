"""Delegations on DynamoDB: an item each in the partition of the user who gave it."""

from collections.abc import Sequence

from assistant.adapters.aws import unavailable
from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, attributes, epoch, plain, user_partition
from assistant.domain.delegations import Delegation

_PREFIX = "DELEGATE#"


class DynamoDelegations:
    """Implements ``ports.DelegationStore``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, user_id: str, delegate_id: str) -> Delegation | None:
        """Return the delegation, read consistently."""
        item = self._table.get(user_partition(user_id), _PREFIX + delegate_id, consistent=True)
        return _document(item) if item else None

    def of_user(self, user_id: str) -> Sequence[Delegation]:
        """Return the delegations of a user, by delegate, read consistently."""
        items = self._table.query(user_partition(user_id), _PREFIX, consistent=True)
        return [_document(plain(item)) for item in items]

    def put(self, delegation: Delegation) -> None:
        """Store the document."""
        item = _key(delegation.user_id, delegation.delegate_id) | {
            "document": delegation.model_dump_json(),
            EXPIRES_AT: delegation.expires_at and epoch(delegation.expires_at),
        }
        with unavailable("dynamodb"):
            self._table.client.put_item(TableName=self._table.name, Item=attributes(item))

    def delete(self, user_id: str, delegate_id: str) -> None:
        """Remove the document."""
        with unavailable("dynamodb"):
            self._table.client.delete_item(TableName=self._table.name, Key=attributes(_key(user_id, delegate_id)))


def _key(user_id: str, delegate_id: str) -> Item:
    return {"pk": user_partition(user_id), "sk": _PREFIX + delegate_id}


def _document(item: Item) -> Delegation:
    return Delegation.model_validate_json(item["document"])
