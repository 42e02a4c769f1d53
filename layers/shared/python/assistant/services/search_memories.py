"""Use cases: find memories by meaning, list them, show one.

With the index or the model down a search matches exact words instead, and says so in ``degraded``.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from assistant.domain import metric_names
from assistant.domain.errors import FieldError, InvalidRequest, NotFound, Unavailable
from assistant.domain.memory.change import KeptMemory
from assistant.domain.memory.memory import Memory, MemoryKind, Standing
from assistant.domain.memory.words import share_of_words
from assistant.domain.sources import Source
from assistant.domain.users import Identity
from assistant.ports.memory import Match, MemoryStore
from assistant.services.index_memories import MemoryPorts, catch_up

# Below this cosine two texts have nothing in common.
NEAR: Final = 0.15
_NEAREST: Final = 1000
_CHUNK: Final = 100
_MOST_READ: Final = 2000
_CURSOR = re.compile(r"(?P<way>after|offset)-(?P<place>[0-9a-f]{1,32})")

MemoryDegraded = Literal["semantic_search"]


class MemoryView(BaseModel):
    """A memory as callers see it; ``valid_to`` is when it stopped holding, by its own word or by a newer one."""

    id: str
    kind: MemoryKind
    subject: str
    attribute: str
    text: str
    people: tuple[str, ...]
    source: Source
    standing: Standing
    confidence: float
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None
    superseded_by: str | None
    created_at: AwareDatetime
    score: float | None = Field(default=None, description="How near it is to what was searched for, up to 1")

    @classmethod
    def of(cls, memory: Memory, score: float | None = None) -> Self:
        """Return what is shown of a memory."""
        shown = memory.model_dump(exclude={"line", "superseded_at", "valid_to"})
        return cls(**shown, valid_to=memory.ends_at, score=score)


class MemoryList(BaseModel):
    """Memories, the nearest first in a search, else the newest first; ``next_cursor`` asks for what follows."""

    user_id: str
    memories: tuple[MemoryView, ...]
    next_cursor: str | None = None
    degraded: tuple[MemoryDegraded, ...] = ()


class MemoryQuery(BaseModel):
    """What is looked for: words, a kind, a person, a time at or within which it holds; and which page of it."""

    model_config = ConfigDict(frozen=True)

    q: str | None = Field(
        default=None, max_length=1000, description="Search by meaning; without it the newest come first"
    )
    kind: MemoryKind | None = None
    person: str | None = Field(default=None, max_length=254, description="An address among the people of a memory")
    since: AwareDatetime | None = Field(default=None, description="Holds at some time from then on")
    until: AwareDatetime | None = Field(default=None, description="Holds at some time before")
    as_of: AwareDatetime | None = Field(default=None, description="Holds at this very time")
    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=64, description="The next_cursor of the page before")

    def takes(self, memory: Memory) -> bool:
        """Whether a memory is one of those looked for, its words aside."""
        return (
            (self.kind is None or memory.kind is self.kind)
            and (self.person is None or self.person.lower() in memory.people)
            and (self.as_of is None or memory.holds_at(self.as_of))
            and ((self.since is None and self.until is None) or memory.holds_within(self.since, self.until))
        )


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A memory in the order of the list; ``cursor`` asks for what follows it."""

    memory: Memory
    score: float | None
    cursor: str


def search_memories(user_id: str, wanted: MemoryQuery, caller: Identity, *, ports: MemoryPorts) -> MemoryList:
    """Return a page of memories; a page may be shorter although another follows.

    Raises:
        Forbidden: the memories are of another user.
        InvalidRequest: the cursor is none of this kind of list, or the period ends before it begins.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    _refuse_reversed(wanted)
    degraded: tuple[MemoryDegraded, ...] = ()
    if wanted.q and wanted.q.strip():
        offset = int(_place(wanted.cursor, "offset") or "0", 16)
        people = (wanted.person.lower(),) if wanted.person else ()
        ranked, degraded = nearest(user_id, wanted.q, ports, kind=wanted.kind, people=people)
        candidates = _ranked(user_id, ranked, offset, ports.store)
    else:
        candidates = _newest(user_id, _place(wanted.cursor, "after"), ports.store)
    page, following = _cut(candidates, wanted)
    return MemoryList(
        user_id=user_id,
        memories=tuple(MemoryView.of(one.memory, one.score) for one in page),
        next_cursor=following,
        degraded=degraded,
    )


def show_memory(user_id: str, memory_id: str, caller: Identity, *, store: MemoryStore) -> KeptMemory:
    """Return one memory, superseded or not.

    Raises:
        Forbidden: it is of another user.
        NotFound: it is unknown or forgotten.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    kept = store.find(user_id, [memory_id]).get(memory_id)
    if kept is None:
        raise NotFound("No such memory is known.")
    return kept


def nearest(
    user_id: str,
    query: str,
    ports: MemoryPorts,
    *,
    kind: MemoryKind | None = None,
    people: Collection[str] = (),
    least: float = NEAR,
) -> tuple[Sequence[Match], tuple[MemoryDegraded, ...]]:
    """Return at most 1,000 memories by how near they are to the words; by shared words where meanings are out of reach.

    Of this kind, with one of these people (addresses in lower case), as near as ``least`` or nearer.
    """
    degraded: tuple[MemoryDegraded, ...] = ("semantic_search",)
    if catch_up(user_id, ports):
        try:
            (vector,) = ports.embedder.embed([query])
            if any(vector):
                found = ports.index.query(user_id, vector, limit=_NEAREST, kind=kind, people=people)
                return [match for match in found if match.score >= least], ()
            degraded = ()
        except Unavailable:
            ports.meter.count(metric_names.DEGRADED, missing="semantic_search")
    among = (
        kept.memory
        for kept in every_memory(ports.store, user_id)
        if (kind is None or kept.memory.kind is kind) and (not people or set(people) & set(kept.memory.people))
    )
    return _by_words(query, among, least), degraded


def _by_words(query: str, memories: Iterable[Memory], least: float) -> Sequence[Match]:
    """Return the memories that share a word with the query; all of them where they may be as far as can be."""
    matches = (Match(memory.id, share_of_words(query, memory)) for memory in memories)
    shared = (match for match in matches if match.score or least < 0)
    return sorted(shared, key=lambda match: (-match.score, match.memory_id))


def every_memory(store: MemoryStore, user_id: str, before: str | None = None) -> Iterator[KeptMemory]:
    """Yield the user's memories, the newest first, those learned before the one of this id."""
    while page := store.page(user_id, before=before, limit=_CHUNK):
        yield from page
        if len(page) < _CHUNK:
            return
        before = page[-1].memory.id


def _ranked(user_id: str, ranked: Sequence[Match], offset: int, store: MemoryStore) -> Iterator[_Candidate]:
    for chunk in batched(enumerate(ranked[offset:], offset + 1), _CHUNK, strict=False):
        kept = store.find(user_id, [match.memory_id for _, match in chunk])
        for place, match in chunk:
            if match.memory_id in kept:
                yield _Candidate(kept[match.memory_id].memory, match.score, f"offset-{place:x}")


def _newest(user_id: str, after: str | None, store: MemoryStore) -> Iterator[_Candidate]:
    for kept in every_memory(store, user_id, after):
        yield _Candidate(kept.memory, None, f"after-{kept.memory.id}")


def _cut(candidates: Iterable[_Candidate], wanted: MemoryQuery) -> tuple[Sequence[_Candidate], str | None]:
    """Return a page, and the cursor of the next where there may be one; a request reads 2,000 candidates at most."""
    page: list[_Candidate] = []
    cursor = None
    for read, candidate in enumerate(candidates):
        if len(page) == wanted.limit or read == _MOST_READ:
            return page, cursor
        cursor = candidate.cursor
        if wanted.takes(candidate.memory):
            page.append(candidate)
    return page, None


def _place(cursor: str | None, way: str) -> str | None:
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None or found["way"] != way:
        detail = "must be the next_cursor of the same list"
        raise InvalidRequest("This page cannot be found.", errors=(FieldError("cursor", detail),))
    return found["place"]


def _refuse_reversed(wanted: MemoryQuery) -> None:
    if wanted.since and wanted.until and wanted.until <= wanted.since:
        detail = f"is not after {wanted.since.isoformat()}"
        raise InvalidRequest("The period ends before it begins.", errors=(FieldError("until", detail),))
