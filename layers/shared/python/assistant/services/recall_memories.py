"""What other use cases ask of memory: what is known, now, about some words and some people."""

from collections.abc import Sequence
from datetime import datetime

from assistant.domain.memory.memory import Memory
from assistant.services.index_memories import MemoryPorts
from assistant.services.search_memories import nearest

# Some of what is found no longer holds.
_READ = 200
# As much as two texts about the same thing have in common.
_OF_PEOPLE = 0.3


def recall_memories(
    user_id: str, query: str, people: Sequence[str], *, now: datetime, limit: int, ports: MemoryPorts
) -> Sequence[Memory]:
    """Return up to ``limit`` memories that hold at ``now``, the most relevant first.

    Relevant are those near to the words, and all with one of the people, who make up for some distance. Observations
    are among them: ``standing`` says so, and nothing may be done on their word. ``now`` is aware.

    Raises:
        Unavailable: the store is down. With the index down shared words are counted instead.
    """
    ranked = _ranked(user_id, query, people, ports)
    kept = ports.store.find(user_id, ranked[: max(limit, _READ)])
    memories = (kept[memory_id].memory for memory_id in ranked if memory_id in kept)
    return [memory for memory in memories if memory.holds_at(now)][:limit]


def _ranked(user_id: str, query: str, people: Sequence[str], ports: MemoryPorts) -> Sequence[str]:
    """Return ids by score, in two questions to the index however many people there are."""
    near, _ = nearest(user_id, query, ports)
    scores = {match.memory_id: match.score for match in near}
    if people:
        addresses = frozenset(address.lower() for address in people)
        with_people, _ = nearest(user_id, query, ports, people=addresses, least=-1)
        scores |= {match.memory_id: match.score + _OF_PEOPLE for match in with_people}
    return sorted(scores, key=lambda memory_id: (-scores[memory_id], memory_id))
