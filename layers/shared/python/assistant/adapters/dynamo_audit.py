"""The append-only audit trail on DynamoDB."""

from assistant.adapters.dynamo import Table, attributes, user_partition, write_if
from assistant.domain.audit import AuditEvent


class DynamoAuditLog:
    """Implements ``ports.AuditLog``; the condition makes a second delivery harmless."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def append(self, event: AuditEvent) -> bool:
        """Store the event; False when it was already there."""
        item = event.model_dump(mode="json", exclude={"user_id"}, exclude_none=True) | {
            "pk": user_partition(event.user_id),
            "sk": f"AUDIT#{event.occurred_at.isoformat()}#{event.id}",
        }
        answer = write_if(
            lambda: self._table.client.put_item(
                TableName=self._table.name, Item=attributes(item), ConditionExpression="attribute_not_exists(pk)"
            )
        )
        return answer is not None
