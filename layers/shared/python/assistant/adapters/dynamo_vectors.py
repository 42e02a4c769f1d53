"""The embedded vector index: vectors as items of the user's partition, searched in the memory of the process.

A vector is one item, ``VECTOR#<memory id>``, whose key sorts by time; forgetting removes it and leaves an item that
names the ids, so that other processes hear of it. Each query asks the table once for what came since it last asked,
less a minute for clocks that differ and writes that arrive late, and brings its copy up to date.

What it costs, with n memories of a user:

- an item has about 400 bytes (256 of them the vector): n = 10,000 is 4 MB of table;
- the first query in a process reads all, in calls of 1 MB: 4 calls and 500 read units (1,000, as it reads
  consistently) at n = 10,000; it keeps 256 bytes and a few references each;
- every other query is one call and, with nothing new, one read unit; the search itself is n x 256 multiplications;
- a write is one call for each 25 memories.

A process keeps at most 250,000 vectors (64 MB), of the users it last served, and reads a user's anew after a
day, before the items that tell of forgotten vectors expire.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, epoch, user_partition
from assistant.domain.memory.memory import MemoryKind, moment_prefix, time_ordered_id
from assistant.ports.memory import DIMENSIONS, IndexedMemory, Match
from assistant.ports.runtime import Clock

_VECTOR = "VECTOR#"
_OVERLAP = timedelta(minutes=1)
# A vector that is written longer after its memory was made may be missed by who looks a minute back.
_LATE = timedelta(seconds=30)
_KEPT_WARM = timedelta(days=1)
_NOTES_KEPT = timedelta(days=7)
_MOST_VECTORS = 250_000
_FIRST_ROWS = 256
_GONE_AN_ITEM = 5_000
_ONE = 127 * 127


class _Copy:
    """What a process holds of one user's vectors: a row each, empty where a memory was forgotten."""

    def __init__(self, read_at: datetime) -> None:
        self.read_at = read_at
        self.looked_at: datetime | None = None
        self.notes: set[str] = set()
        self._gone: set[str] = set()
        self._rows: dict[str, int] = {}
        self._ids: list[str] = []
        self._people: dict[str, set[int]] = {}
        self._kinds: dict[MemoryKind, set[int]] = {}
        self._matrix: NDArray[np.int8] = np.zeros((_FIRST_ROWS, DIMENSIONS), np.int8)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, memory: IndexedMemory) -> None:
        if memory.memory_id in self._rows or memory.memory_id in self._gone:
            return
        row = len(self._ids)
        if row == len(self._matrix):
            self._matrix = np.concatenate((self._matrix, np.zeros_like(self._matrix)))
        self._matrix[row] = np.frombuffer(memory.vector, np.int8)
        self._ids.append(memory.memory_id)
        self._rows[memory.memory_id] = row
        self._kinds.setdefault(memory.kind, set()).add(row)
        for person in memory.people:
            self._people.setdefault(person, set()).add(row)

    def remove(self, memory_ids: Collection[str]) -> None:
        self._gone.update(memory_ids)
        rows = {self._rows.pop(memory_id) for memory_id in memory_ids if memory_id in self._rows}
        if not rows:
            return
        self._matrix[list(rows)] = 0
        for held in (*self._kinds.values(), *self._people.values()):
            held.difference_update(rows)
        self._people = {person: held for person, held in self._people.items() if held}

    def nearest(self, vector: bytes, limit: int, kind: MemoryKind | None, people: Collection[str]) -> Sequence[Match]:
        rows = self._among(kind, people)
        if not len(rows):
            return []
        every = len(rows) == len(self._ids)
        among = self._matrix[: len(self._ids)] if every else self._matrix[rows]
        # Whole numbers are exact, and BLAS would start threads for less than a millisecond of work.
        scores = np.einsum("ij,j->i", among, np.frombuffer(vector, np.int8), dtype=np.int32)
        best = np.argpartition(-scores, limit)[:limit] if limit < len(rows) else np.arange(len(rows))
        found = (Match(self._ids[rows[one]], round(int(scores[one]) / _ONE, 4)) for one in best)
        return sorted(found, key=lambda match: (-match.score, match.memory_id))

    def _among(self, kind: MemoryKind | None, people: Collection[str]) -> NDArray[np.intp]:
        rows: Collection[int] = self._kinds.get(kind, set()) if kind else self._rows.values()
        if people:
            rows = set[int]().union(*(self._people.get(person, ()) for person in people)).intersection(rows)
        return np.sort(np.fromiter(rows, np.intp, len(rows)))


class DynamoVectors:
    """Implements ``ports.VectorIndex``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._copies: OrderedDict[str, _Copy] = OrderedDict()
        # A run prepares meetings on several threads, and one user may have two of them.
        self._lock = Lock()

    def upsert(self, user_id: str, memories: Sequence[IndexedMemory]) -> None:
        """Add memories; one that is there already stays as it is, since a memory never changes its words."""
        partition = user_partition(user_id)
        now = self._clock.now()
        items = [
            {
                "pk": partition,
                "sk": _VECTOR + memory.memory_id,
                "vector": memory.vector,
                "kind": memory.kind.value,
                "people": list(memory.people) or None,
            }
            for memory in memories
        ]
        self._table.batch_put(items)
        if any(memory.memory_id < moment_prefix(now - _LATE) for memory in memories):
            self._table.batch_put([self._note(partition, now, {"late": True})])

    def query(
        self, user_id: str, vector: bytes, *, limit: int, kind: MemoryKind | None = None, people: Collection[str] = ()
    ) -> Sequence[Match]:
        """Return the nearest memories, after one look at what is new."""
        with self._lock:
            return self._current(user_id).nearest(vector, limit, kind, people)

    def delete(self, user_id: str, memory_ids: Collection[str]) -> None:
        """Remove the vectors and tell other processes, by an item that expires after they forgot by themselves."""
        if not memory_ids:
            return
        now = self._clock.now()
        partition = user_partition(user_id)
        gone = batched(memory_ids, _GONE_AN_ITEM, strict=False)
        self._table.batch_put([self._note(partition, now, {"gone": list(some)}) for some in gone])
        self._table.batch_delete([(partition, _VECTOR + memory_id) for memory_id in memory_ids])
        with self._lock:
            if copy := self._copies.get(user_id):
                copy.remove(memory_ids)

    def forget(self, user_id: str) -> None:
        """Remove all vectors of the user."""
        items = self._items(user_id)
        self.delete(user_id, [_memory_id(item) for item in items if "vector" in item])
        with self._lock:
            self._copies.pop(user_id, None)

    def _note(self, partition: str, now: datetime, says: Item) -> Item:
        """Return an item that tells other processes something."""
        key = {"pk": partition, "sk": _VECTOR + time_ordered_id(now)}
        return key | says | {EXPIRES_AT: epoch(now + _NOTES_KEPT)}

    def _current(self, user_id: str) -> _Copy:
        now = self._clock.now()
        copy = self._copies.pop(user_id, None)
        if copy is None or now - copy.read_at >= _KEPT_WARM:
            copy = _Copy(now)
        items = self._items(user_id, since=copy.looked_at)
        if copy.looked_at and any("late" in item and _memory_id(item) not in copy.notes for item in items):
            copy = _Copy(now)
            items = self._items(user_id)
        copy.looked_at = now
        for item in items:
            _apply(item, copy)
        self._copies[user_id] = copy
        while len(self._copies) > 1 and sum(map(len, self._copies.values())) > _MOST_VECTORS:
            self._copies.popitem(last=False)
        return copy

    def _items(self, user_id: str, *, since: datetime | None = None) -> Sequence[Mapping[str, Any]]:
        after = _VECTOR + moment_prefix(since - _OVERLAP) if since else None
        return self._table.query(user_partition(user_id), _VECTOR, after=after, consistent=True)


def _apply(item: Mapping[str, Any], copy: _Copy) -> None:
    """Bring one item into the copy; attributes as DynamoDB sends them, which saves most of a cold start."""
    if "gone" in item:
        copy.remove([one["S"] for one in item["gone"]["L"]])
    elif "late" in item:
        copy.notes.add(_memory_id(item))
    else:
        people = tuple(one["S"] for one in item["people"]["L"]) if "people" in item else ()
        kind = MemoryKind(item["kind"]["S"])
        copy.add(IndexedMemory(_memory_id(item), bytes(item["vector"]["B"]), kind, people))


def _memory_id(item: Mapping[str, Any]) -> str:
    return str(item["sk"]["S"]).removeprefix(_VECTOR)
