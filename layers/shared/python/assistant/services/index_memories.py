"""What every use case of memory does with vectors: make them, and bring those that are missing to the index."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.domain import metric_names
from assistant.domain.errors import Unavailable
from assistant.domain.memory.change import KeptMemory
from assistant.domain.memory.memory import Memory
from assistant.ports.memory import Embedder, IndexedMemory, MemoryStore, VectorIndex
from assistant.ports.runtime import AuditTrail, Clock, Meter

_AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class MemoryPorts:
    """The ports memory needs."""

    store: MemoryStore
    index: VectorIndex
    embedder: Embedder
    audit: AuditTrail
    meter: Meter
    clock: Clock


def words_to_embed(memory: Memory) -> str:
    """Return what a memory's vector is made of."""
    return f"{memory.subject}: {memory.attribute} {memory.text}" if memory.attribute else memory.text


def catch_up(user_id: str, ports: MemoryPorts) -> bool:
    """Bring missing vectors to the index, the oldest first, 25 at a time; False where something is down."""
    try:
        while waiting := ports.store.unindexed(user_id, _AT_ONCE):
            _index(user_id, waiting, ports)
            if len(waiting) < _AT_ONCE:
                break
    except Unavailable:
        ports.meter.count(metric_names.DEGRADED, missing="semantic_search")
        return False
    return True


def _index(user_id: str, waiting: Sequence[KeptMemory], ports: MemoryPorts) -> None:
    memories = [kept.memory for kept in waiting]
    vectors = ports.embedder.embed([words_to_embed(memory) for memory in memories])
    indexed = [
        IndexedMemory(memory.id, vector, memory.kind, memory.people)
        for memory, vector in zip(memories, vectors, strict=True)
        # Words that no model knows have no direction, and no index takes a vector without one.
        if any(vector)
    ]
    if indexed:
        ports.index.upsert(user_id, indexed)
    ids = [memory.id for memory in memories]
    # Who forgot one meanwhile found no vector to forget.
    ports.index.delete(user_id, set(ids) - ports.store.find(user_id, ids).keys())
    ports.store.indexed(user_id, ids)
