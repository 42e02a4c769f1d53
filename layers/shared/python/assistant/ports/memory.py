"""Keeping memories, and finding them by meaning."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.domain.memory.change import KeptMemory, Line, LineChange, RememberedRequest
from assistant.domain.memory.memory import MemoryKind

# Of a vector; every component is one signed byte.
DIMENSIONS = 256


class Embedder(Protocol):
    """Turns texts into vectors whose dot product tells how near their meanings are."""

    def embed(self, texts: Sequence[str]) -> Sequence[bytes]:
        """Return for each text 256 signed bytes: its unit vector times 127; all zero for a text without known words.

        Raises:
            Unavailable: the model is not installed.
        """
        ...

    def nearness(self, text: str, others: Sequence[str]) -> Sequence[float]:
        """Return how near each of the others is to the text: the cosine of their vectors, 0 without known words.

        Raises:
            Unavailable: the model is not installed.
        """
        ...


@dataclass(frozen=True, slots=True)
class IndexedMemory:
    """What an index holds of a memory: its vector and what it can be filtered by."""

    memory_id: str
    vector: bytes
    kind: MemoryKind
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A memory found by meaning; ``score`` is the cosine of both vectors, from -1 to 1."""

    memory_id: str
    score: float


class VectorIndex(Protocol):
    """Vectors of memories, apart for each user. Every method raises Unavailable while the index is down."""

    def upsert(self, user_id: str, memories: Sequence[IndexedMemory]) -> None:
        """Add memories; one that is there already is replaced."""
        ...

    def query(
        self, user_id: str, vector: bytes, *, limit: int, kind: MemoryKind | None = None, people: Collection[str] = ()
    ) -> Sequence[Match]:
        """Return at most ``limit`` memories (1 to 1,000), the nearest first, of this kind, with one of these people."""
        ...

    def delete(self, user_id: str, memory_ids: Collection[str]) -> None:
        """Forget memories; unknown ones are no error."""
        ...

    def forget(self, user_id: str) -> None:
        """Forget everything of the user."""
        ...


class MemoryStore(Protocol):
    """Memories with the lines they stand in. Every method raises Unavailable while the store is down."""

    def find(self, user_id: str, memory_ids: Iterable[str]) -> Mapping[str, KeptMemory]:
        """Return by id those that exist."""
        ...

    def page(self, user_id: str, *, before: str | None, limit: int) -> Sequence[KeptMemory]:
        """Return the memories learned before the one of this id, the newest first; fewer than ``limit`` end it."""
        ...

    def line(self, user_id: str, line: str) -> Line:
        """Return the line as it is now; an unknown one is empty."""
        ...

    def write(self, user_id: str, change: LineChange) -> bool:
        """Change a line, all or nothing; False when the line, or the request it answers, was written meanwhile."""
        ...

    def remembered(self, user_id: str, key: str) -> RememberedRequest | None:
        """Return what an earlier request of this idempotency key made, unless it is unknown or older than a day."""
        ...

    def unindexed(self, user_id: str, limit: int) -> Sequence[KeptMemory]:
        """Return memories whose vector still has to reach the index, the oldest first."""
        ...

    def indexed(self, user_id: str, memory_ids: Collection[str]) -> None:
        """Note that the vectors of these memories reached the index."""
        ...
