"""Vectors in Pinecone: one namespace a user, so that erasing a user is one call.

Pinecone gets vectors, kinds and hashes: of users as namespaces, of addresses to filter by. Words of memories stay in
the table. What it finds is looked up there, so a vector that is not deleted yet never brings a forgotten memory back.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from itertools import batched
from threading import Lock
from typing import TYPE_CHECKING

from pinecone import NotFoundError, Pinecone, PineconeError, UnauthorizedError

from assistant.adapters.dynamo_circuit import SharedCircuit
from assistant.adapters.secrets import ApiKey
from assistant.domain.errors import Unavailable
from assistant.domain.memory.memory import MemoryKind
from assistant.ports.memory import IndexedMemory, Match

if TYPE_CHECKING:
    from pinecone import Index

logger = logging.getLogger(__name__)

ATTEMPT_SECONDS = 2.0
# The SDK tries a call up to four times and pauses for as long as it is told, up to a minute, which nothing configures.
CALL_SECONDS = 4.0
_THREADS = 4
_LARGEST_UPSERT = 100
_LARGEST_DELETE = 1000
_ONE = 127


class PineconeDown(Exception):
    """Pinecone does not answer or refuses; counts for the circuit."""


class PineconeVectors:
    """Implements ``ports.VectorIndex``; ``host`` is the address of the index, which saves looking it up by name."""

    def __init__(self, host: str, key: ApiKey, circuit: SharedCircuit) -> None:
        self._host = host
        self._key = key
        self._circuit = circuit
        self._client: Index | None = None
        self._refused = False
        self._opening = Lock()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="pinecone")

    def upsert(self, user_id: str, memories: Sequence[IndexedMemory]) -> None:
        """Add memories; one that is there already is replaced."""
        for some in batched(memories, _LARGEST_UPSERT, strict=False):
            vectors = [
                {
                    "id": memory.memory_id,
                    "values": _numbers(memory.vector),
                    "metadata": {"kind": memory.kind.value, "people": [_hash(person) for person in memory.people]},
                }
                for memory in some
            ]
            self._call(lambda index: index.upsert(vectors=vectors, namespace=_hash(user_id)))  # noqa: B023 runs now

    def query(
        self, user_id: str, vector: bytes, *, limit: int, kind: MemoryKind | None = None, people: Collection[str] = ()
    ) -> Sequence[Match]:
        """Return the nearest memories."""
        wanted: dict[str, object] = {}
        if kind:
            wanted["kind"] = {"$eq": kind.value}
        if people:
            wanted["people"] = {"$in": [_hash(person) for person in people]}
        answer = self._call(
            lambda index: index.query(
                top_k=limit, vector=_numbers(vector), namespace=_hash(user_id), filter=wanted or None
            )
        )
        found = [Match(match.id, round(match.score, 4)) for match in answer.matches]
        return sorted(found, key=lambda match: (-match.score, match.memory_id))

    def delete(self, user_id: str, memory_ids: Collection[str]) -> None:
        """Forget memories; none is no call."""
        for some in batched(memory_ids, _LARGEST_DELETE, strict=False):
            self._call(lambda index: _delete(index, _hash(user_id), list(some)))  # noqa: B023 runs now

    def forget(self, user_id: str) -> None:
        """Forget everything of the user."""
        self._call(lambda index: _delete(index, _hash(user_id)))

    def close(self) -> None:
        """Wait for calls under way, given up or not, and close the connections for good."""
        self._threads.shutdown()
        self._drop_client()

    def _drop_client(self) -> None:
        client, self._client = self._client, None
        if client:
            client.close()

    def _call[Answer](self, work: "Callable[[Index], Answer]") -> Answer:
        try:
            return self._circuit.call(lambda: self._timed(work))
        except PineconeDown as error:
            raise Unavailable("The search by meaning does not answer right now.") from error

    def _timed[Answer](self, work: "Callable[[Index], Answer]") -> Answer:
        running = self._threads.submit(lambda: work(self._index()))
        try:
            return running.result(CALL_SECONDS)
        except UnauthorizedError as error:
            # The next call reads the key anew.
            self._drop_client()
            self._refused = True
            raise _down(error) from error
        except (PineconeError, TimeoutError) as error:
            raise _down(error) from error

    def _index(self) -> "Index":
        # Calls that were given up still run beside the next one.
        with self._opening:
            if self._client is None:
                key = self._key.value(fresh=self._refused)
                if key is None:
                    raise Unavailable("There is no key for Pinecone.")
                self._client = Pinecone(key, timeout=ATTEMPT_SECONDS).index(host=self._host)
                self._refused = False
            return self._client


def _delete(index: "Index", namespace: str, ids: list[str] | None = None) -> None:
    """Delete these vectors, or all; a namespace that is not there has none of them."""
    with suppress(NotFoundError):
        index.delete(namespace=namespace, ids=ids, delete_all=ids is None)


def _down(error: Exception) -> PineconeDown:
    logger.warning("pinecone did not answer: %s", type(error).__name__)
    return PineconeDown(type(error).__name__)


def _numbers(vector: bytes) -> list[float]:
    return [component / _ONE for component in memoryview(vector).cast("b")]


def _hash(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:32]
