"""Decisions, corrections and sender records on DynamoDB."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, attributes, epoch, user_partition, write_if
from assistant.domain.decisions import Correction, Decision
from assistant.domain.senders import SenderRecord
from assistant.domain.triage.decision import Category
from assistant.ports.runtime import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_COUNT = "count_"


def decision_key(email_id: str) -> str:
    """Return the sort key of a decision."""
    return f"DECISION#{email_id}"


def decision_item(user_id: str, decision: Decision) -> Item:
    """Return a decision as the table keeps it; DynamoDB has no floating point."""
    fields = decision.model_dump(mode="json", exclude={"email_id", "confidence"})
    confidence = None if decision.confidence is None else Decimal(str(decision.confidence))
    return fields | {
        "pk": user_partition(user_id),
        "sk": decision_key(decision.email_id),
        "confidence": confidence,
        EXPIRES_AT: epoch(decision.expires_at),
    }


def feedback_key(email_id: str) -> str:
    """Return the sort key of a correction."""
    return f"FEEDBACK#{email_id}"


def _sender_key(key: str) -> str:
    return f"SENDER#{key}"


class DynamoDecisions:
    """Implements ``ports.DecisionStore`` and ``ports.SenderHistory``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def save(self, user_id: str, decisions: Sequence[Decision]) -> None:
        """Store decisions; a later one about the same mail replaces the earlier."""
        self._table.batch_put([decision_item(user_id, decision) for decision in decisions])

    def find(self, user_id: str, email_id: str) -> Decision | None:
        """Return the decision unless it is unknown or expired."""
        item = self._live(user_id, decision_key(email_id))
        return Decision(email_id=email_id, **_known(item, Decision)) if item else None

    def correction(self, user_id: str, email_id: str) -> Category | None:
        """Return the category the user last chose for this mail, if any."""
        item = self._live(user_id, feedback_key(email_id))
        return Category(item["category"]) if item else None

    def correct(self, user_id: str, decision: Decision, correction: Correction, *, earlier: Category | None) -> bool:
        """Store the correction and move the counts of its sender keys in one transaction."""
        writes = [self._put_correction(user_id, decision, correction, earlier)]
        writes += [self._move_count(user_id, key, correction.category, earlier) for key in decision.sender_keys]
        return write_if(lambda: self._table.client.transact_write_items(TransactItems=writes)) is not None

    def records(self, user_id: str, keys: Iterable[str]) -> Mapping[str, SenderRecord]:
        """Return the records that exist among ``keys``."""
        partition = user_partition(user_id)
        items = self._table.batch_get((partition, _sender_key(key)) for key in sorted(set(keys)))
        records = (_record(item) for item in items)
        return {record.key: record for record in records}

    def _live(self, user_id: str, sort_key: str) -> Item | None:
        item = self._table.get(user_partition(user_id), sort_key, consistent=True)
        return item if item and item[EXPIRES_AT] > epoch(self._clock.now()) else None

    def _put_correction(
        self, user_id: str, decision: Decision, correction: Correction, earlier: Category | None
    ) -> "TransactWriteItemTypeDef":
        item = {
            "pk": user_partition(user_id),
            "sk": feedback_key(correction.email_id),
            "category": correction.category.value,
            "corrected_at": correction.corrected_at.isoformat(),
            EXPIRES_AT: epoch(decision.expires_at),
        }
        condition = "category = :earlier" if earlier else "attribute_not_exists(pk) OR expires_at <= :now"
        values = {":earlier": earlier.value} if earlier else {":now": epoch(self._clock.now())}
        return {
            "Put": {
                "TableName": self._table.name,
                "Item": attributes(item),
                "ConditionExpression": condition,
                "ExpressionAttributeValues": attributes(values),
            }
        }

    def _move_count(
        self, user_id: str, key: str, chosen: Category, earlier: Category | None
    ) -> "TransactWriteItemTypeDef":
        names = {"#chosen": _COUNT + chosen.value}
        values = {":one": 1}
        expression = "ADD #chosen :one"
        if earlier:
            names["#earlier"] = _COUNT + earlier.value
            values[":less"] = -1
            expression += ", #earlier :less"
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": attributes({"pk": user_partition(user_id), "sk": _sender_key(key)}),
                "UpdateExpression": expression,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": attributes(values),
            }
        }


def _known(item: Item, model: type[Decision]) -> Item:
    return {name: value for name, value in item.items() if name in model.model_fields}


def _record(item: Item) -> SenderRecord:
    counts = {
        Category(name.removeprefix(_COUNT)): int(value)
        for name, value in item.items()
        if name.startswith(_COUNT) and value > 0
    }
    return SenderRecord(key=item["sk"].removeprefix(_sender_key("")), corrections=counts)
