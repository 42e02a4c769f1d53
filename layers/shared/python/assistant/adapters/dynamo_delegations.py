"""Delegations on DynamoDB: an item each in the partition of the user who gave it, and a line in their delegate's.

Both change in one transaction; requests are answered by the first alone.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, attempts, epoch, plain, user_partition
from assistant.domain.delegations import Delegation
from assistant.domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_GIVEN = "DELEGATE#"
_TAKEN = "ACTS_FOR#"


class DynamoDelegations:
    """Implements ``ports.DelegationStore``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, user_id: str, delegate_id: str) -> Delegation | None:
        """Return the delegation, read consistently."""
        item = self._table.get(user_partition(user_id), _GIVEN + delegate_id, consistent=True)
        return _document(item) if item else None

    def of_user(self, user_id: str) -> Sequence[Delegation]:
        """Return the delegations of a user, by delegate, read consistently."""
        items = self._table.query(user_partition(user_id), _GIVEN, consistent=True)
        return [_document(plain(item)) for item in items]

    def to_delegate(self, delegate_id: str, *, after: str | None, limit: int) -> Sequence[Delegation]:
        """Return the lines of a delegate, read consistently."""
        last = _TAKEN + after if after else None
        items = self._table.query(user_partition(delegate_id), _TAKEN, limit=limit, after=last, consistent=True)
        return [_document(plain(item)) for item in items]

    def put(self, delegation: Delegation) -> None:
        """Store the document in both places."""
        kept = {
            "document": delegation.model_dump_json(),
            EXPIRES_AT: delegation.expires_at and epoch(delegation.expires_at),
        }
        self._write([self._table.put(key | kept) for key in _keys(delegation.user_id, delegation.delegate_id)])

    def delete(self, user_id: str, delegate_id: str) -> None:
        """Remove the document from both places."""
        self._write([self._table.delete(key) for key in _keys(user_id, delegate_id)])

    def _write(self, writes: "Sequence[TransactWriteItemTypeDef]") -> None:
        for _ in attempts():
            # Refused only where the same delegation is being written.
            if self._table.transact(writes):
                return
        raise Unavailable("The store is busy. Please try again shortly.")


def _keys(user_id: str, delegate_id: str) -> tuple[Item, Item]:
    return (
        {"pk": user_partition(user_id), "sk": _GIVEN + delegate_id},
        {"pk": user_partition(delegate_id), "sk": _TAKEN + user_id},
    )


def _document(item: Item) -> Delegation:
    return Delegation.model_validate_json(item["document"])
