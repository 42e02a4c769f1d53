"""The append-only audit trail on DynamoDB."""

from botocore.exceptions import ClientError

from assistant.adapters.aws import condition_failed, unavailable
from assistant.adapters.dynamo import Table, attributes, user_partition
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
        with unavailable("dynamodb"):
            try:
                self._table.client.put_item(
                    TableName=self._table.name,
                    Item=attributes(item),
                    ConditionExpression="attribute_not_exists(pk)",
                )
            except ClientError as error:
                if condition_failed(error):
                    return False
                raise
        return True
