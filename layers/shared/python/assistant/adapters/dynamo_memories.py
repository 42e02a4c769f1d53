"""Memories on DynamoDB: JSON documents in the user's partition, each line guarded by an item with its version.

A change of a line is one transaction with the memories it touches, the request it answers and the notes of vectors
that are still missing, so none of them is ever there without the others.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, epoch, plain, user_partition
from assistant.domain.memory.change import KeptMemory, Line, LineChange, RememberedRequest
from assistant.domain.memory.memory import Memory
from assistant.ports.runtime import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_MEMORY = "MEMORY#"
_LINE = "MEMORY_LINE#"
_REQUEST = "MEMORY_REQUEST#"
_UNINDEXED = "UNINDEXED#"
_SAME_VERSION = "version = :version"


class DynamoMemories:
    """Implements ``ports.MemoryStore``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def find(self, user_id: str, memory_ids: Iterable[str]) -> Mapping[str, KeptMemory]:
        """Return by id those that exist, read consistently: what was forgotten must not come back."""
        keys = {(user_partition(user_id), _MEMORY + memory_id) for memory_id in memory_ids}
        found = map(_kept, self._table.batch_get(keys, consistent=True))
        return {kept.memory.id: kept for kept in found}

    def page(self, user_id: str, *, before: str | None, limit: int) -> Sequence[KeptMemory]:
        """Return the memories learned before the one of this id, the newest first."""
        after = _MEMORY + before if before else None
        items = self._table.query(
            user_partition(user_id), _MEMORY, limit=limit, after=after, newest_first=True, consistent=True
        )
        return [_kept(plain(item)) for item in items]

    def line(self, user_id: str, line: str) -> Line:
        """Return the line as it is now; an unknown one is empty."""
        item = self._table.get(user_partition(user_id), _LINE + line, consistent=True)
        if item is None:
            return Line(line)
        members = self.find(user_id, item["members"])
        return Line(line, int(item["version"]), tuple(members[one] for one in item["members"] if one in members))

    def write(self, user_id: str, change: LineChange) -> bool:
        """Change a line in one transaction."""
        return self._table.transact(list(self._writes(user_id, change)))

    def remembered(self, user_id: str, key: str) -> RememberedRequest | None:
        """Return what an earlier request of this idempotency key made."""
        item = self._table.get(user_partition(user_id), _request_key(key), consistent=True)
        if item is None or item[EXPIRES_AT] <= epoch(self._clock.now()):
            return None
        expires_at = self._clock.now().fromtimestamp(int(item[EXPIRES_AT]), self._clock.now().tzinfo)
        return RememberedRequest(key, item["digest"], item["memory_id"], expires_at)

    def unindexed(self, user_id: str, limit: int) -> Sequence[KeptMemory]:
        """Return memories whose vector still has to reach the index, the oldest first."""
        items = self._table.query(user_partition(user_id), _UNINDEXED, limit=limit)
        found = self.find(user_id, (plain(item)["sk"].removeprefix(_UNINDEXED) for item in items))
        return [found[memory_id] for memory_id in sorted(found)]

    def indexed(self, user_id: str, memory_ids: Collection[str]) -> None:
        """Note that the vectors of these memories reached the index."""
        self._table.batch_delete([(user_partition(user_id), _UNINDEXED + memory_id) for memory_id in memory_ids])

    def _writes(self, user_id: str, change: LineChange) -> "Iterator[TransactWriteItemTypeDef]":
        table, partition = self._table, user_partition(user_id)

        def key(sort_key: str) -> Item:
            return {"pk": partition, "sk": sort_key}

        yield self._line_write(key(_LINE + change.line.name), change)
        for kept in change.written:
            yield table.put(key(_MEMORY + kept.memory.id) | _document(kept))
        for memory_id in change.added:
            yield table.put(key(_UNINDEXED + memory_id))
        for kept in change.removed:
            yield table.delete(key(_MEMORY + kept.memory.id))
            yield table.delete(key(_UNINDEXED + kept.memory.id))
            if kept.request_key:
                yield table.delete(key(_request_key(kept.request_key)))
        if request := change.request:
            item = {"digest": request.digest, "memory_id": request.memory_id, EXPIRES_AT: epoch(request.expires_at)}
            unknown = "attribute_not_exists(pk) OR expires_at <= :now"
            yield table.put(key(_request_key(request.key)) | item, unknown, {":now": epoch(self._clock.now())})

    def _line_write(self, key: Item, change: LineChange) -> "TransactWriteItemTypeDef":
        version = change.line.version
        condition = _SAME_VERSION if version else "attribute_not_exists(pk)"
        values = {":version": version} if version else None
        if not change.members:
            return self._table.delete(key, condition, values)
        members = [kept.memory.id for kept in change.members]
        return self._table.put(key | {"version": version + 1, "members": members}, condition, values)


def _request_key(key: str) -> str:
    # What a client chose as key may be of any length, and say anything.
    return _REQUEST + sha256(key.encode()).hexdigest()


def _document(kept: KeptMemory) -> Item:
    return {
        "version": kept.version,
        "document": kept.memory.model_dump_json(),
        "request_key": kept.request_key,
    }


def _kept(item: Item) -> KeptMemory:
    return KeptMemory(Memory.model_validate_json(item["document"]), int(item["version"]), item.get("request_key"))
