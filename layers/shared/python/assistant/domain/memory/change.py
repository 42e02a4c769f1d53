"""How memories are kept: with a version, in lines that change as a whole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from assistant.domain.memory.memory import Memory
from assistant.domain.memory.succession import succeeded

REQUEST_KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class KeptMemory:
    """A memory with its version, from 1; ``request_key`` is the idempotency key of the request that made it."""

    memory: Memory
    version: int = 1
    request_key: str | None = None


@dataclass(frozen=True, slots=True)
class RememberedRequest:
    """A request that made a memory: ``digest`` tells whether a later one is the same."""

    key: str
    digest: str
    memory_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """The memories of which one holds at a time; ``version`` 0 means that nothing is stored."""

    name: str
    version: int = 0
    members: tuple[KeptMemory, ...] = ()


@dataclass(frozen=True, slots=True)
class LineChange:
    """What to write: ``line`` is as it was read, ``members`` all that remain.

    ``written`` are those of them that are new or changed, ``added`` the ids of new ones, which have no vector yet.
    """

    line: Line
    members: tuple[KeptMemory, ...]
    written: tuple[KeptMemory, ...]
    removed: tuple[KeptMemory, ...] = ()
    added: frozenset[str] = frozenset()
    request: RememberedRequest | None = field(default=None)


def with_memory(line: Line, memory: Memory, request: RememberedRequest | None = None) -> LineChange:
    """Return the change that adds a memory to its line and closes what it contradicts."""
    new = KeptMemory(memory, version=0, request_key=request.key if request else None)
    return replace(_settled(line, (*line.members, new)), added=frozenset({memory.id}), request=request)


def with_changed(line: Line, memory: Memory) -> LineChange:
    """Return the change that replaces the member of this id."""
    members = (replace(kept, memory=memory) if kept.memory.id == memory.id else kept for kept in line.members)
    return _settled(line, members)


def without(line: Line, memory_ids: Iterable[str]) -> LineChange:
    """Return the change that removes members; what they had closed is open again."""
    gone = frozenset(memory_ids)
    removed = tuple(kept for kept in line.members if kept.memory.id in gone)
    rest = (kept for kept in line.members if kept.memory.id not in gone)
    return replace(_settled(line, rest), removed=removed)


def _settled(line: Line, members: Iterable[KeptMemory]) -> LineChange:
    wanted = {kept.memory.id: kept for kept in members}
    before = {kept.memory.id: kept for kept in line.members}
    settled = [_next(before.get(memory.id), wanted[memory.id], memory) for memory in _line(wanted.values())]
    written = tuple(kept for kept in settled if before.get(kept.memory.id) != kept)
    return LineChange(line, tuple(settled), written)


def _line(members: Iterable[KeptMemory]) -> Sequence[Memory]:
    return succeeded(kept.memory for kept in members)


def _next(before: KeptMemory | None, wanted: KeptMemory, memory: Memory) -> KeptMemory:
    """Return the member with its new content under the next version, or as it was where nothing changed."""
    if before and before.memory == memory:
        return before
    return replace(wanted, memory=memory, version=wanted.version + 1)
