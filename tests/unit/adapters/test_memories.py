"""One suite for the store of memories and its fake, and one for both indexes."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, cast

import pytest

from assistant.adapters.dynamo import Table, user_partition
from assistant.adapters.dynamo_memories import DynamoMemories
from assistant.adapters.dynamo_vectors import DynamoVectors
from assistant.domain.errors import Unavailable
from assistant.domain.memory.change import Line, RememberedRequest, with_changed, with_memory, without
from assistant.domain.memory.memory import Fact, Memory, MemoryKind, Standing, time_ordered_id
from assistant.domain.sources import Source, SourceKind
from assistant.ports.memory import DIMENSIONS, IndexedMemory, MemoryStore, VectorIndex
from tests.fakes.memory import MemoryMemories, MemoryVectors
from tests.fakes.runtime import ManualClock

USER = "user123"


@pytest.fixture(params=["fake", "dynamodb"])
def memories(request: pytest.FixtureRequest, clock: ManualClock) -> MemoryStore:
    if request.param == "fake":
        return MemoryMemories(clock)
    return DynamoMemories(request.getfixturevalue("table"), clock)


@pytest.fixture(params=["fake", "dynamodb"])
def vectors(request: pytest.FixtureRequest, clock: ManualClock) -> VectorIndex:
    return MemoryVectors() if request.param == "fake" else DynamoVectors(request.getfixturevalue("table"), clock)


def new(clock: ManualClock, text: str = "Northwind sits in Bern.", attribute: str = "office") -> Memory:
    clock.advance(1)
    fact = Fact(
        kind=MemoryKind.FACT,
        subject="Northwind",
        attribute=attribute,
        text=text,
        valid_from=clock.now(),
        confidence=0.7,
    )
    return Memory.of(fact, Source.whole(SourceKind.MAIL, "email1"), now=clock.now())


class TestMemoryStore:
    def test_keeps_a_memory_with_its_line_its_request_and_the_note_of_its_vector(
        self, memories: MemoryStore, clock: ManualClock
    ) -> None:
        memory = new(clock)
        request = RememberedRequest("key1", "digest", memory.id, clock.now() + timedelta(days=1))
        assert memories.write(USER, with_memory(memories.line(USER, memory.line), memory, request))
        (kept,) = memories.line(USER, memory.line).members
        assert (kept.memory, kept.version, kept.request_key) == (memory, 1, "key1")
        assert memories.find(USER, [memory.id, "unknown"]) == {memory.id: kept}
        assert memories.unindexed(USER, 10) == [kept]
        assert memories.remembered(USER, "key1") == request
        assert memories.remembered(USER, "key2") is None
        assert memories.find("user1234", [memory.id]) == {}
        memories.indexed(USER, [memory.id])
        assert memories.unindexed(USER, 10) == []

    def test_a_request_is_forgotten_after_a_day(self, memories: MemoryStore, clock: ManualClock) -> None:
        memory = new(clock)
        request = RememberedRequest("key1", "digest", memory.id, clock.now() + timedelta(days=1))
        memories.write(USER, with_memory(Line(memory.line), memory, request))
        clock.advance(86_400)
        assert memories.remembered(USER, "key1") is None
        other = new(clock, attribute="phone")
        again = RememberedRequest("key1", "other", other.id, clock.now() + timedelta(days=1))
        assert memories.write(USER, with_memory(Line(other.line), other, again))
        assert memories.remembered(USER, "key1") == again

    def test_nothing_is_written_when_the_line_or_the_request_was(
        self, memories: MemoryStore, clock: ManualClock
    ) -> None:
        memory, other = new(clock), new(clock, "Northwind sits in Zug.")
        request = RememberedRequest("key1", "digest", memory.id, clock.now() + timedelta(days=1))
        stale = memories.line(USER, memory.line)
        assert memories.write(USER, with_memory(stale, memory, request))
        assert not memories.write(USER, with_memory(stale, other))
        elsewhere = new(clock, attribute="phone")
        assert not memories.write(USER, with_memory(Line(elsewhere.line), elsewhere, request))
        assert set(memories.find(USER, [memory.id, other.id, elsewhere.id])) == {memory.id}

    def test_a_newer_memory_closes_the_older_under_its_next_version(
        self, memories: MemoryStore, clock: ManualClock
    ) -> None:
        first, second = new(clock), new(clock, "Northwind sits in Zug.")
        for memory in (first, second):
            assert memories.write(USER, with_memory(memories.line(USER, memory.line), memory))
        older, newer = memories.line(USER, first.line).members
        assert (older.version, older.memory.superseded_by, older.memory.superseded_at) == (
            2,
            second.id,
            second.valid_from,
        )
        approved = newer.memory.model_copy(update={"standing": Standing.APPROVED})
        assert memories.write(USER, with_changed(memories.line(USER, first.line), approved))
        assert memories.find(USER, [second.id])[second.id].memory == approved

    def test_what_is_removed_is_gone_with_all_that_stood_beside_it(
        self, memories: MemoryStore, clock: ManualClock
    ) -> None:
        first, second = new(clock), new(clock, "Northwind sits in Zug.")
        request = RememberedRequest("key1", "digest", second.id, clock.now() + timedelta(days=1))
        memories.write(USER, with_memory(Line(first.line), first))
        memories.write(USER, with_memory(memories.line(USER, first.line), second, request))
        assert memories.write(USER, without(memories.line(USER, first.line), [second.id]))
        (left,) = memories.line(USER, first.line).members
        assert left.memory == first
        assert memories.remembered(USER, "key1") is None
        assert [kept.memory.id for kept in memories.unindexed(USER, 10)] == [first.id]
        assert memories.write(USER, without(memories.line(USER, first.line), [first.id]))
        assert memories.line(USER, first.line) == Line(first.line)
        assert memories.page(USER, before=None, limit=10) == []

    def test_pages_go_from_the_newest_to_the_oldest(self, memories: MemoryStore, clock: ManualClock) -> None:
        made = [new(clock, attribute="") for _ in range(7)]
        for memory in made:
            memories.write(USER, with_memory(Line(memory.line), memory))
        newest = [memory.id for memory in reversed(made)]
        first = memories.page(USER, before=None, limit=3)
        assert [kept.memory.id for kept in first] == newest[:3]
        rest = memories.page(USER, before=first[-1].memory.id, limit=100)
        assert [kept.memory.id for kept in rest] == newest[3:]


class GrowingTable:
    """A table in which each look finds a vector more."""

    def __init__(self) -> None:
        self._names = iter(range(1_000_000))

    def query(self, *_: object, **__: object) -> list[dict[str, Any]]:
        number = next(self._names)
        people = {"L": [{"S": f"person{number}@company.com"}, {"S": "ann@company.com"}]}
        item = {"sk": {"S": f"VECTOR#{number:08x}"}, "vector": {"B": unit(0)}, "kind": {"S": "fact"}, "people": people}
        return [item]


def test_several_threads_may_ask_one_index(clock: ManualClock) -> None:
    before = sys.getswitchinterval()
    vectors = DynamoVectors(cast("Table", GrowingTable()), clock)
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            asked = pool.map(lambda _: vectors.query(USER, unit(0), limit=5, people=["ann@company.com"]), range(400))
            assert all(list(asked))
    finally:
        sys.setswitchinterval(before)
    assert len(vectors.query(USER, unit(0), limit=1_000)) == 401


def unit(*places: int) -> bytes:
    """Return a vector along these axes."""
    share = round(127 / len(places) ** 0.5)
    return bytes(share if place in places else 0 for place in range(DIMENSIONS))


@pytest.fixture
def ids(clock: ManualClock) -> Iterator[str]:
    def numbered() -> Iterator[str]:
        while True:
            clock.advance(0.002)
            yield time_ordered_id(clock.now())

    return numbered()


def indexed(memory_id: str, vector: bytes, kind: MemoryKind = MemoryKind.FACT, *people: str) -> IndexedMemory:
    return IndexedMemory(memory_id, vector, kind, people)


def found(index: VectorIndex, vector: bytes, limit: int = 10, **among: object) -> Sequence[str]:
    return [match.memory_id for match in index.query(USER, vector, limit=limit, **among)]  # type: ignore[arg-type]


class TestVectorIndex:
    def test_finds_the_nearest_of_a_kind_and_a_person(self, vectors: VectorIndex, ids: Iterator[str]) -> None:
        first, second, third = (next(ids) for _ in range(3))
        vectors.upsert(
            USER,
            [
                indexed(first, unit(0), MemoryKind.FACT, "ann@company.com"),
                indexed(second, unit(0, 1), MemoryKind.PERSON, "ann@company.com", "ben@company.com"),
                indexed(third, unit(1), MemoryKind.PERSON),
            ],
        )
        assert found(vectors, unit(0)) == [first, second, third]
        assert found(vectors, unit(0), limit=2) == [first, second]
        assert found(vectors, unit(0), kind=MemoryKind.PERSON) == [second, third]
        assert found(vectors, unit(0), people=["ben@company.com"]) == [second]
        assert found(vectors, unit(0), people=["ann@company.com"], kind=MemoryKind.FACT) == [first]
        assert found(vectors, unit(0), people=["eve@company.com"]) == []
        assert found(vectors, unit(0), people=["eve@company.com", "ben@company.com", "ann@company.com"]) == [
            first,
            second,
        ]
        assert [match.score for match in vectors.query(USER, unit(0), limit=2)] == pytest.approx([1, 0.71], abs=0.01)
        assert vectors.query("user1234", unit(0), limit=10) == []

    def test_what_is_forgotten_is_not_found(self, vectors: VectorIndex, ids: Iterator[str]) -> None:
        first, second = next(ids), next(ids)
        vectors.upsert(USER, [indexed(first, unit(0)), indexed(second, unit(1))])
        assert found(vectors, unit(0)) == [first, second]
        vectors.delete(USER, [first, "unknown"])
        vectors.delete(USER, [])
        assert found(vectors, unit(0)) == [second]
        vectors.forget(USER)
        assert found(vectors, unit(0)) == []


class TestWarmCopies:
    """Two processes with the same table."""

    @pytest.fixture
    def other(self, table: Table, clock: ManualClock) -> DynamoVectors:
        return DynamoVectors(table, clock)

    @pytest.fixture
    def vectors(self, table: Table, clock: ManualClock) -> DynamoVectors:
        return DynamoVectors(table, clock)

    def test_what_one_adds_or_forgets_the_other_finds_or_does_not(
        self, vectors: DynamoVectors, other: DynamoVectors, ids: Iterator[str]
    ) -> None:
        many = [next(ids) for _ in range(300)]
        vectors.upsert(USER, [indexed(one, unit(0)) for one in many])
        assert len(found(other, unit(0), limit=1000)) == 300
        later = next(ids)
        vectors.upsert(USER, [indexed(later, unit(0), MemoryKind.FACT, "ann@company.com")])
        assert found(other, unit(0), people=["ann@company.com"]) == [later]
        vectors.delete(USER, many[:299])
        assert set(found(other, unit(0), limit=1000)) == {many[299], later}
        assert set(found(vectors, unit(0), limit=1000)) == {many[299], later}

    def test_a_query_reads_only_what_is_new(
        self, vectors: DynamoVectors, ids: Iterator[str], clock: ManualClock
    ) -> None:
        vectors.upsert(USER, [indexed(next(ids), unit(0)) for _ in range(30)])
        clock.advance(120)
        vectors.upsert(USER, [indexed(next(ids), unit(1))])
        assert len(found(vectors, unit(0), limit=100)) == 31
        (item,) = vectors._items(USER, since=vectors._copies[USER].looked_at)
        assert item["pk"] == {"S": user_partition(USER)}
        clock.advance(61)
        found(vectors, unit(0))
        assert vectors._items(USER, since=vectors._copies[USER].looked_at) == []

    def test_a_vector_that_arrives_late_is_found(
        self, vectors: DynamoVectors, other: DynamoVectors, ids: Iterator[str], clock: ManualClock
    ) -> None:
        late = next(ids)
        clock.advance(3600)
        other.upsert(USER, [indexed(next(ids), unit(0))])
        assert len(found(vectors, unit(0))) == 1
        other.upsert(USER, [indexed(late, unit(0))])
        assert late in found(vectors, unit(0))
        assert late in found(vectors, unit(0))

    def test_a_copy_is_read_anew_after_a_day(
        self, vectors: DynamoVectors, ids: Iterator[str], clock: ManualClock
    ) -> None:
        one = next(ids)
        vectors.upsert(USER, [indexed(one, unit(0))])
        assert found(vectors, unit(0)) == [one]
        before = vectors._copies[USER]
        clock.advance(86_399)
        found(vectors, unit(0))
        assert vectors._copies[USER] is before
        clock.advance(1)
        assert found(vectors, unit(0)) == [one]
        assert vectors._copies[USER] is not before

    def test_the_users_served_last_stay_warm(
        self, vectors: DynamoVectors, ids: Iterator[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("assistant.adapters.dynamo_vectors._MOST_VECTORS", 2)
        for user in ("ann", "ben", "eve"):
            vectors.upsert(user, [indexed(next(ids), unit(0))])
            vectors.query(user, unit(0), limit=1)
        assert list(vectors._copies) == ["ben", "eve"]


def test_every_call_says_when_the_table_is_down(missing_table: Table, clock: ManualClock) -> None:
    memories, vectors = DynamoMemories(missing_table, clock), DynamoVectors(missing_table, clock)
    memory = new(clock)
    calls = (
        lambda: memories.find(USER, [memory.id]),
        lambda: memories.page(USER, before=None, limit=1),
        lambda: memories.line(USER, memory.line),
        lambda: memories.write(USER, with_memory(Line(memory.line), memory)),
        lambda: memories.remembered(USER, "key1"),
        lambda: memories.unindexed(USER, 1),
        lambda: memories.indexed(USER, [memory.id]),
        lambda: vectors.upsert(USER, [indexed(memory.id, unit(0))]),
        lambda: vectors.query(USER, unit(0), limit=1),
        lambda: vectors.delete(USER, [memory.id]),
        lambda: vectors.forget(USER),
    )
    for call in calls:
        with pytest.raises(Unavailable):
            call()
