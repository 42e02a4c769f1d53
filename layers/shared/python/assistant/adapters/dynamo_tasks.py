"""Kept tasks on DynamoDB: a JSON document each in the user's partition, sorted by id, which begins with its time."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from assistant.adapters.aws import unavailable
from assistant.adapters.dynamo import (
    EXPIRES_AT,
    Item,
    Table,
    attempts,
    attributes,
    epoch,
    plain,
    user_partition,
    write_if,
)
from assistant.domain.errors import Unavailable
from assistant.domain.tasks.kept import KEPT_AFTER_CLOSING, KeptTask
from assistant.domain.tasks.request import TaskStatus
from assistant.ports.runtime import Clock
from assistant.ports.tasks import Creation, Idempotency, VersionedTask

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_KEY_KEPT_FOR = timedelta(days=1)
_PREFIX = "TASK#"
# Closed tasks are filtered out after they are read, so a query asks for more than a page.
_READ_AT_ONCE = 500


class DynamoTasks:
    """Implements ``ports.TaskStore``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def create(self, user_id: str, task: KeptTask, idempotency: Idempotency | None) -> Creation | None:
        """Store a new task and its key in one transaction; return what the key stands for if it was used before."""
        writes = [self._put_new(user_id, task)]
        if idempotency:
            writes.append(self._put_key(user_id, task, idempotency))
        for _ in attempts():
            if write_if(lambda: self._table.client.transact_write_items(TransactItems=writes)) is not None:
                return None
            earlier = idempotency and self._creation(user_id, idempotency)
            if earlier:
                return earlier
            # Two transactions with one key met: the other is about to be seen, or failed.
        raise Unavailable("The store is busy. Please try again shortly.")

    def _creation(self, user_id: str, idempotency: Idempotency) -> Creation | None:
        item = self._table.get(user_partition(user_id), _key_sort_key(idempotency), consistent=True)
        return Creation(item["task_id"], item["digest"]) if item and self._is_live(item) else None

    def find(self, user_id: str, task_id: str) -> VersionedTask | None:
        """Return the task, read consistently, unless it is unknown or expired."""
        item = self._table.get(user_partition(user_id), _PREFIX + task_id, consistent=True)
        return _read(item) if item and self._is_live(item) else None

    def replace(
        self, user_id: str, task: KeptTask, *, expected_version: int, following: KeptTask | None = None
    ) -> bool:
        """Store as the next version, with what follows it in one transaction."""
        writes: list[TransactWriteItemTypeDef] = [
            {
                "Put": {
                    "TableName": self._table.name,
                    "Item": attributes(_item(user_id, task, expected_version + 1)),
                    "ConditionExpression": "version = :expected",
                    "ExpressionAttributeValues": attributes({":expected": expected_version}),
                }
            }
        ]
        if following:
            writes.append(self._put_new(user_id, following))
        return write_if(lambda: self._table.client.transact_write_items(TransactItems=writes)) is not None

    def delete(self, user_id: str, task_id: str, *, expected_version: int) -> bool:
        """Forget the task; False when the stored version is another one."""
        answer = write_if(
            lambda: self._table.client.delete_item(
                TableName=self._table.name,
                Key=attributes({"pk": user_partition(user_id), "sk": _PREFIX + task_id}),
                ConditionExpression="version = :expected",
                ExpressionAttributeValues=attributes({":expected": expected_version}),
            )
        )
        return answer is not None

    def page(
        self, user_id: str, *, statuses: Collection[TaskStatus], after: str | None, limit: int
    ) -> Sequence[VersionedTask]:
        """Return at most ``limit`` tasks with one of the statuses, by id."""
        wanted = {status.value for status in statuses}
        found = (item for item in self._items(user_id, after) if item["status"] in wanted and self._is_live(item))
        return tuple(_read(item) for item in islice(found, limit))

    def _items(self, user_id: str, after: str | None) -> Iterator[Item]:
        values = attributes({":pk": user_partition(user_id), ":prefix": _PREFIX})
        query: dict[str, Any] = {
            "TableName": self._table.name,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": values,
            "Limit": _READ_AT_ONCE,
        }
        start = attributes({"pk": user_partition(user_id), "sk": _PREFIX + after}) if after else None
        while True:
            with unavailable("dynamodb"):
                answer = self._table.client.query(**query | ({"ExclusiveStartKey": start} if start else {}))
            yield from map(plain, answer["Items"])
            start = answer.get("LastEvaluatedKey")
            if not start:
                return

    def _is_live(self, item: Item) -> bool:
        return EXPIRES_AT not in item or bool(item[EXPIRES_AT] > epoch(self._clock.now()))

    def _put_new(self, user_id: str, task: KeptTask) -> "TransactWriteItemTypeDef":
        return {
            "Put": {
                "TableName": self._table.name,
                "Item": attributes(_item(user_id, task, 1)),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }

    def _put_key(self, user_id: str, task: KeptTask, idempotency: Idempotency) -> "TransactWriteItemTypeDef":
        now = self._clock.now()
        item = {
            "pk": user_partition(user_id),
            "sk": _key_sort_key(idempotency),
            "task_id": task.task_id,
            "digest": idempotency.digest,
            EXPIRES_AT: epoch(now + _KEY_KEPT_FOR),
        }
        return {
            "Put": {
                "TableName": self._table.name,
                "Item": attributes(item),
                "ConditionExpression": "attribute_not_exists(pk) OR expires_at <= :now",
                "ExpressionAttributeValues": attributes({":now": epoch(now)}),
            }
        }


def _key_sort_key(idempotency: Idempotency) -> str:
    return f"TASKKEY#{hashlib.sha256(idempotency.key.encode()).hexdigest()}"


def _item(user_id: str, task: KeptTask, version: int) -> Item:
    closed = task.closed_at
    return {
        "pk": user_partition(user_id),
        "sk": _PREFIX + task.task_id,
        "version": version,
        "status": task.status.value,
        "document": task.model_dump_json(),
        EXPIRES_AT: epoch(closed + KEPT_AFTER_CLOSING) if closed else None,
    }


def _read(item: Item) -> VersionedTask:
    return VersionedTask(KeptTask.model_validate_json(item["document"]), int(item["version"]))
