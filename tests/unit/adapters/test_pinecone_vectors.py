"""Pinecone through its real SDK, against a server that takes and answers what its API does."""

import threading
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from pydantic import SecretStr

from assistant.adapters import pinecone_vectors
from assistant.adapters.dynamo import Table
from assistant.adapters.dynamo_circuit import SharedCircuit
from assistant.adapters.pinecone_vectors import PineconeDown, PineconeVectors
from assistant.adapters.secrets import ApiKey
from assistant.domain.errors import Unavailable
from assistant.domain.memory.memory import MemoryKind
from assistant.ports.memory import DIMENSIONS, IndexedMemory
from tests.fakes.pinecone_api import PineconeApi, serve
from tests.fakes.runtime import ManualClock

pytestmark = pytest.mark.network
USER = "user123"


@pytest.fixture
def api() -> Iterator[PineconeApi]:
    with serve() as api:
        yield api


@pytest.fixture
def opened() -> list[str]:
    return []


@pytest.fixture
def vectors(api: PineconeApi, table: Table, clock: ManualClock, opened: list[str]) -> Iterator[PineconeVectors]:
    circuit = SharedCircuit("pinecone", table, clock, failure=PineconeDown, opened=lambda: opened.append("opened"))
    vectors = PineconeVectors(api.url, ApiKey(SecretStr(api.key), None), circuit)
    yield vectors
    vectors.close()


def unit(*places: int) -> bytes:
    share = round(127 / len(places) ** 0.5)
    return bytes(share if place in places else 0 for place in range(DIMENSIONS))


def memory(memory_id: str, vector: bytes, kind: MemoryKind = MemoryKind.FACT, *people: str) -> IndexedMemory:
    return IndexedMemory(memory_id, vector, kind, people)


def found(vectors: PineconeVectors, **among: object) -> list[str]:
    return [match.memory_id for match in vectors.query(USER, unit(0), limit=10, **among)]  # type: ignore[arg-type]


def test_the_nearest_of_a_kind_and_a_person_are_found(vectors: PineconeVectors) -> None:
    vectors.upsert(
        USER,
        [
            memory("1", unit(0), MemoryKind.FACT, "ann@company.com"),
            memory("2", unit(0, 1), MemoryKind.PERSON, "ann@company.com", "ben@company.com"),
            memory("3", unit(1), MemoryKind.PERSON),
        ],
    )
    assert found(vectors) == ["1", "2", "3"]
    assert found(vectors, kind=MemoryKind.PERSON) == ["2", "3"]
    assert found(vectors, people=["ben@company.com"]) == ["2"]
    assert found(vectors, people=["ann@company.com"], kind=MemoryKind.FACT) == ["1"]
    assert [match.score for match in vectors.query(USER, unit(0), limit=2)] == pytest.approx([1, 0.71], abs=0.01)
    assert vectors.query("user124", unit(0), limit=10) == []


def test_negative_components_arrive(vectors: PineconeVectors, api: PineconeApi) -> None:
    vectors.upsert(USER, [memory("1", bytes([129, *[0] * 255]))])
    ((kept,),) = (space.values() for space in api.namespaces.values())
    assert kept["values"][0] == -1


def test_many_are_written_and_forgotten_in_as_many_calls_as_they_take(
    vectors: PineconeVectors, api: PineconeApi
) -> None:
    vectors.upsert(USER, [memory(f"{number}", unit(0)) for number in range(250)])
    vectors.delete(USER, [f"{number}" for number in range(1, 1250)])
    vectors.delete(USER, [])
    assert [path for path, _ in api.requests] == ["/vectors/upsert"] * 3 + ["/vectors/delete"] * 2
    assert found(vectors) == ["0"]


def test_a_user_is_forgotten_in_one_call_and_twice_is_no_error(vectors: PineconeVectors, api: PineconeApi) -> None:
    vectors.upsert(USER, [memory("1", unit(0))])
    vectors.upsert("user124", [memory("2", unit(0))])
    vectors.forget(USER)
    vectors.forget(USER)
    vectors.delete(USER, ["1"])
    assert len(api.namespaces) == 1
    assert found(vectors) == []


def test_pinecone_learns_no_names(vectors: PineconeVectors, api: PineconeApi) -> None:
    vectors.upsert("ann@company.com", [memory("1", unit(0), MemoryKind.PERSON, "ben@company.com")])
    vectors.query("ann@company.com", unit(0), limit=1, people=["ben@company.com"])
    assert "company" not in repr(api.requests)


@pytest.mark.parametrize("failure", [HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN])
def test_a_refusal_is_an_outage(vectors: PineconeVectors, api: PineconeApi, failure: HTTPStatus) -> None:
    api.failure = failure
    with pytest.raises(Unavailable):
        found(vectors)


def test_a_replaced_key_is_read_anew(
    vectors: PineconeVectors, api: PineconeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.key = "pc-new-key"
    with pytest.raises(Unavailable):
        found(vectors)
    asked: list[bool] = []

    def value(*, fresh: bool = False) -> str:
        asked.append(fresh)
        return "pc-new-key"

    monkeypatch.setattr(vectors._key, "value", value)
    assert found(vectors) == []
    assert asked == [True]


def test_without_a_key_nothing_is_asked(table: Table, clock: ManualClock, api: PineconeApi) -> None:
    circuit = SharedCircuit("pinecone", table, clock, failure=PineconeDown, opened=lambda: None)
    with pytest.raises(Unavailable, match="no key"):
        found(PineconeVectors(api.url, ApiKey(None, None), circuit))
    assert api.requests == []


@pytest.mark.parametrize("failure", [HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE])
def test_who_is_told_to_wait_for_a_minute_does_not(
    vectors: PineconeVectors, api: PineconeApi, failure: HTTPStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinecone_vectors, "CALL_SECONDS", 0.05)
    # The SDK obeys, in a thread that nobody waits for.
    api.failure, api.retry_after = failure, "0.1"
    with pytest.raises(Unavailable):
        found(vectors)


def test_silence_is_an_outage_and_five_open_the_circuit(
    vectors: PineconeVectors, api: PineconeApi, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinecone_vectors, "CALL_SECONDS", 0.05)
    api.silent = threading.Event()
    for _ in range(5):
        with pytest.raises(Unavailable):
            found(vectors)
    assert opened == ["opened"]
    asked = len(api.requests)
    with pytest.raises(Unavailable, match="Pinecone does not answer"):
        found(vectors)
    assert len(api.requests) == asked
    api.silent.set()
