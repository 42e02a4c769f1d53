"""Calendar plans on DynamoDB: compressed JSON in the user's partition, encrypted at rest with the key of the table."""

import logging
import zlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, attributes, epoch, user_partition, write_if
from assistant.domain.calendar.plan_record import PlanRecord
from assistant.domain.errors import Conflict
from assistant.ports.runtime import Clock

logger = logging.getLogger(__name__)

# DynamoDB takes 400 KB an item, with its keys and numbers.
_LARGEST_PLAN = 380_000
# Digits of a number in the rank, so that ranks compare as text.
_WIDTH = 12


class DynamoPlans:
    """Implements ``ports.PlanStore``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def add(self, record: PlanRecord) -> bool:
        """Keep a plan where none is kept; False when it is too large for an item."""
        item = _item(record)
        if _is_too_large(item):
            return False
        free = "attribute_not_exists(pk) OR expires_at <= :now"
        if not self._put(item, free, values={":now": epoch(self._clock.now())}):
            raise Conflict("Another request made a plan of this calendar at the same time.")
        return True

    def save(self, record: PlanRecord) -> bool:
        """Keep a plan, whatever is kept; False when it is too large for an item."""
        item = _item(record)
        if _is_too_large(item):
            return False
        self._table.batch_put([item])
        return True

    def find(self, user_id: str, plan_id: str) -> PlanRecord | None:
        """Return the plan unless it is unknown, expired, or of a version that cannot be read any more."""
        item = self._table.get(user_partition(user_id), _plan_key(plan_id), consistent=True)
        if item is None or item[EXPIRES_AT] <= epoch(self._clock.now()):
            return None
        try:
            return _records().validate_json(zlib.decompress(bytes(item["plan"])))
        except ValidationError:
            logger.warning("plan of another version", extra={"plan_id": plan_id})
            return None

    def improve(self, record: PlanRecord) -> bool:
        """Replace the kept plan by one of a lower rank; False when it is forgotten or there is none lower."""
        return self._replace(record, "#rank > :rank")

    def renew(self, record: PlanRecord) -> bool:
        """Replace the kept plan by one of the same rank or a lower; False when it is forgotten or better."""
        return self._replace(record, "#rank >= :rank")

    def _replace(self, record: PlanRecord, condition: str) -> bool:
        item = _item(record)
        kept = f"attribute_exists(pk) AND {condition}"
        return self._put(item, kept, names={"#rank": "rank"}, values={":rank": item["rank"]})

    def _put(self, item: Item, condition: str, *, values: Item, names: Mapping[str, str] | None = None) -> bool:
        named: Any = {"ExpressionAttributeNames": names} if names else {}
        answer = write_if(
            lambda: self._table.client.put_item(
                TableName=self._table.name,
                Item=attributes(item),
                ConditionExpression=condition,
                ExpressionAttributeValues=attributes(values),
                **named,
            )
        )
        return answer is not None


def _is_too_large(item: Item) -> bool:
    return len(item["plan"]) > _LARGEST_PLAN


def _plan_key(plan_id: str) -> str:
    return f"PLAN#{plan_id}"


def _item(record: PlanRecord) -> Item:
    return {
        "pk": user_partition(record.user_id),
        "sk": _plan_key(record.plan_id),
        "rank": ".".join(f"{number:0{_WIDTH}}" for number in record.rank),
        "plan": zlib.compress(_records().dump_json(record)),
        EXPIRES_AT: epoch(record.expires_at),
    }


@cache
def _records() -> TypeAdapter[PlanRecord]:
    return TypeAdapter(PlanRecord)
