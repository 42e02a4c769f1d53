"""Memory in memory: a store, an index that compares all vectors, and an embedder of letters."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from assistant.domain.memory.change import KeptMemory, Line, LineChange, RememberedRequest
from assistant.domain.memory.memory import Fact, Memory, MemoryKind
from assistant.domain.sources import Source, SourceKind
from assistant.ports.meetings import MeetingStore, PastMails
from assistant.ports.memory import DIMENSIONS, IndexedMemory, Match
from assistant.ports.notes import PageStore
from assistant.ports.runtime import Clock
from assistant.ports.tasks import TaskStore
from assistant.services.index_memories import MemoryPorts
from assistant.services.kept_evidence import KeptEvidencePorts
from tests.fakes.meetings import MemoryMeetings, MemoryPastMails
from tests.fakes.notes import MemoryPages
from tests.fakes.runtime import MemoryMeter
from tests.fakes.stores import MemoryAuditTrail, Outage


class MemoryMemories:
    """Implements ``ports.MemoryStore``."""

    def __init__(self, clock: Clock, outage: Outage | None = None) -> None:
        self._clock = clock
        self._outage = outage or Outage()
        self.kept: dict[tuple[str, str], KeptMemory] = {}
        self.lines: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = {}
        self.requests: dict[tuple[str, str], RememberedRequest] = {}
        self.waiting: dict[tuple[str, str], None] = {}

    def find(self, user_id: str, memory_ids: Iterable[str]) -> Mapping[str, KeptMemory]:
        self._outage.check()
        return {one: self.kept[user_id, one] for one in memory_ids if (user_id, one) in self.kept}

    def page(self, user_id: str, *, before: str | None, limit: int) -> Sequence[KeptMemory]:
        self._outage.check()
        ids = sorted((one for owner, one in self.kept if owner == user_id), reverse=True)
        return [self.kept[user_id, one] for one in ids if before is None or one < before][:limit]

    def line(self, user_id: str, line: str) -> Line:
        self._outage.check()
        version, members = self.lines.get((user_id, line), (0, ()))
        return Line(line, version, tuple(self.kept[user_id, one] for one in members))

    def write(self, user_id: str, change: LineChange) -> bool:
        line, request = change.line, change.request
        if self.line(user_id, line.name).version != line.version:
            return False
        if request and self.remembered(user_id, request.key):
            return False
        for kept in change.removed:
            del self.kept[user_id, kept.memory.id]
            self.waiting.pop((user_id, kept.memory.id), None)
            if kept.request_key:
                self.requests.pop((user_id, kept.request_key), None)
        self.kept |= {(user_id, kept.memory.id): kept for kept in change.written}
        self.waiting |= {(user_id, one): None for one in change.added}
        if request:
            self.requests[user_id, request.key] = request
        members = tuple(kept.memory.id for kept in change.members)
        self.lines[user_id, line.name] = (line.version + 1, members)
        if not members:
            del self.lines[user_id, line.name]
        return True

    def remembered(self, user_id: str, key: str) -> RememberedRequest | None:
        self._outage.check()
        known = self.requests.get((user_id, key))
        return known if known and known.expires_at > self._clock.now() else None

    def unindexed(self, user_id: str, limit: int) -> Sequence[KeptMemory]:
        self._outage.check()
        return [self.kept[place] for place in sorted(self.waiting) if place[0] == user_id][:limit]

    def indexed(self, user_id: str, memory_ids: Collection[str]) -> None:
        self._outage.check()
        for memory_id in memory_ids:
            self.waiting.pop((user_id, memory_id), None)


class MemoryVectors:
    """Implements ``ports.VectorIndex``."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self.kept: dict[tuple[str, str], IndexedMemory] = {}

    def upsert(self, user_id: str, memories: Sequence[IndexedMemory]) -> None:
        self._outage.check()
        self.kept |= {(user_id, memory.memory_id): memory for memory in memories}

    def query(
        self, user_id: str, vector: bytes, *, limit: int, kind: MemoryKind | None = None, people: Collection[str] = ()
    ) -> Sequence[Match]:
        self._outage.check()
        found = [
            Match(memory.memory_id, cosine(vector, memory.vector))
            for (owner, _), memory in self.kept.items()
            if owner == user_id
            and (kind is None or memory.kind is kind)
            and (not people or set(people) & set(memory.people))
        ]
        return sorted(found, key=lambda match: (-match.score, match.memory_id))[:limit]

    def delete(self, user_id: str, memory_ids: Collection[str]) -> None:
        self._outage.check()
        for memory_id in memory_ids:
            self.kept.pop((user_id, memory_id), None)

    def forget(self, user_id: str) -> None:
        self._outage.check()
        self.kept = {place: memory for place, memory in self.kept.items() if place[0] != user_id}


class LetterEmbedder:
    """Implements ``ports.Embedder``: texts with the same words are near, whatever they mean."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()

    def embed(self, texts: Sequence[str]) -> Sequence[bytes]:
        self._outage.check()
        return [_vector(text) for text in texts]

    def nearness(self, text: str, others: Sequence[str]) -> Sequence[float]:
        (vector,) = self.embed([text])
        return [cosine(vector, other) for other in self.embed(others)]


def memory_ports(clock: Clock, store: MemoryMemories | None = None, index: MemoryVectors | None = None) -> MemoryPorts:
    """Return what memory needs, in memory."""
    given = (store or MemoryMemories(clock), index or MemoryVectors(), LetterEmbedder())
    return MemoryPorts(*given, MemoryAuditTrail(), MemoryMeter(), clock)


def kept_evidence_ports(
    memory: MemoryPorts,
    tasks: TaskStore,
    pages: PageStore | None = None,
    mails: PastMails | None = None,
    meetings: MeetingStore | None = None,
) -> KeptEvidencePorts:
    """Return what reading kept evidence needs; without pages, mails and meetings unless there are some."""
    return KeptEvidencePorts(
        memory.store,
        tasks,
        pages or MemoryPages(memory.clock),
        mails or MemoryPastMails(memory.clock),
        meetings or MemoryMeetings(memory.clock),
        memory.embedder,
        lambda: memory,
    )


def cosine(first: bytes, second: bytes) -> float:
    """Return the cosine of two vectors of signed bytes."""
    one, other = memoryview(first).cast("b"), memoryview(second).cast("b")
    return sum(a * b for a, b in zip(one, other, strict=True)) / 127**2


def _vector(text: str) -> bytes:
    words = [word.strip(".,?!:").lower() for word in text.split()]
    counts = [0] * DIMENSIONS
    for word in words:
        counts[sum(ord(letter) * place for place, letter in enumerate(word, 1)) % DIMENSIONS] += 1
    length = sum(count * count for count in counts) ** 0.5 or 1
    return bytes(round(127 * count / length) for count in counts)


def known_memory(memory_id: str, now: datetime) -> Memory:
    """Return the memory that the recorded events speak of: a preference read in a mail, of the line ``line``."""
    fact = Fact(kind=MemoryKind.PREFERENCE, subject="calls", text="Prefers calls on Tuesday mornings.", valid_from=now)
    observed = Memory.of(fact, Source.whole(SourceKind.MAIL, "email9"), now=now, line="line")
    return observed.model_copy(update={"id": memory_id})
