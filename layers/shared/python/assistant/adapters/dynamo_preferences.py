"""Preferences on DynamoDB: one JSON document per user with a version for optimistic locking."""

from assistant.adapters.dynamo import Table, attributes, user_partition, write_if
from assistant.domain.preferences import Preferences
from assistant.ports.users import VersionedPreferences

_SORT_KEY = "PREFERENCES"


class DynamoPreferences:
    """Implements ``ports.PreferenceStore``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, user_id: str) -> VersionedPreferences:
        """Return the stored preferences, read consistently, or the defaults with version 0."""
        item = self._table.get(user_partition(user_id), _SORT_KEY, consistent=True)
        if item is None:
            return VersionedPreferences(Preferences(), 0)
        return VersionedPreferences(Preferences.model_validate_json(item["document"]), int(item["version"]))

    def replace(self, user_id: str, preferences: Preferences, *, expected_version: int) -> bool:
        """Store as the next version; False when the stored version is another one."""
        item = {
            "pk": user_partition(user_id),
            "sk": _SORT_KEY,
            "version": expected_version + 1,
            "document": preferences.model_dump_json(),
        }
        # An expression may not be given values it does not use, hence a bound that holds for the first version too.
        condition = "version = :expected" if expected_version else "attribute_not_exists(pk) OR version = :expected"
        answer = write_if(
            lambda: self._table.client.put_item(
                TableName=self._table.name,
                Item=attributes(item),
                ConditionExpression=condition,
                ExpressionAttributeValues=attributes({":expected": expected_version}),
            )
        )
        return answer is not None
