"""What other use cases ask of memory: what is known, now, about some words and some people."""

from collections.abc import Sequence
from datetime import datetime

from assistant.domain.memory.memory import Memory
from assistant.services.index_memories import MemoryPorts
from assistant.services.search_memories import nearest

_READ_EACH = 100


def recall_memories(
    user_id: str, query: str, people: Sequence[str], *, now: datetime, limit: int, ports: MemoryPorts
) -> Sequence[Memory]:
    """Return up to ``limit`` memories that hold at ``now``, the most relevant first.

    Relevant are those near to the words, and first among those as near, the ones with the people. Observations are
    among them: ``standing`` says so, and nothing may be done on their word. ``now`` is aware.

    Raises:
        Unavailable: the store is down. With the index down exact words are compared instead.
    """
    ranked = _ranked(user_id, query, people, ports)
    kept = ports.store.find(user_id, ranked[: max(limit, _READ_EACH)])
    memories = (kept[memory_id].memory for memory_id in ranked if memory_id in kept)
    return [memory for memory in memories if memory.holds_at(now)][:limit]


def _ranked(user_id: str, query: str, people: Sequence[str], ports: MemoryPorts) -> Sequence[str]:
    """Return ids by score; that of a memory with one of the people counts double."""
    scores: dict[str, float] = {}
    everything, _ = nearest(user_id, query, ports)
    for match in everything:
        scores[match.memory_id] = match.score
    for person in dict.fromkeys(address.lower() for address in people):
        with_person, _ = nearest(user_id, query, ports, person=person)
        for match in with_person:
            scores[match.memory_id] = max(scores.get(match.memory_id, 0.0), 2 * match.score)
    return sorted(scores, key=lambda memory_id: (-scores[memory_id], memory_id))
