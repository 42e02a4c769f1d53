"""Use cases: forget one memory, all of a source, or all with a person, and the mails that were kept of them.

Mails, briefings made of them and vectors go first: while the index is down no memory is forgotten, rather than half of
it. What a forgotten memory had closed is open again, so that nothing of it is left to infer.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import batched

from pydantic import BaseModel, ConfigDict, Field

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.errors import Conflict, FieldError, InvalidRequest
from assistant.domain.meetings.basis import BriefingBasis
from assistant.domain.meetings.past_mail import PastMail
from assistant.domain.memory.change import without
from assistant.domain.memory.memory import Memory
from assistant.domain.sources import SourceKind
from assistant.domain.users import Identity
from assistant.ports.meetings import DerivedBriefings, PastMails
from assistant.services.index_memories import MemoryPorts
from assistant.services.search_memories import every_memory, show_memory

_ATTEMPTS = 5
_THREADS = 8
# Of a line, in one transaction: each takes up to three of its hundred writes.
_AT_ONCE = 25
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class ForgetPorts(MemoryPorts):
    """The ports forgetting needs."""

    briefings: DerivedBriefings
    mails: PastMails


class Forgotten(BaseModel):
    """How many memories were forgotten; ``more`` says that time ran out: ask again for the rest.

    ``briefings`` and ``mails`` are how many kept briefings and kept mails went with them.
    """

    forgotten: int
    briefings: int = 0
    mails: int = 0
    more: bool = False


class ForgetQuery(BaseModel):
    """What to forget: a source by kind and id, or a person by address or name."""

    model_config = ConfigDict(frozen=True)

    source_kind: SourceKind | None = None
    source_id: str | None = Field(default=None, min_length=1, max_length=1024)
    person: str | None = Field(default=None, min_length=2, max_length=254, description="An address or a name")


@dataclass(frozen=True, slots=True)
class _Target:
    """Which memories and mails are to be forgotten, and which briefings beside those that cite the memories."""

    memories: Callable[[Memory], bool]
    briefings: Callable[[BriefingBasis], bool]
    mails: Callable[[PastMail], bool]


@dataclass(frozen=True, slots=True)
class _Derived:
    """Which briefings go, and whose meetings are prepared again: made anew, they would have nothing of it."""

    concerned: Callable[[BriefingBasis], bool]
    again: Callable[[BriefingBasis], bool]


def forget_memory(user_id: str, memory_id: str, caller: Identity, *, ports: ForgetPorts) -> Forgotten:
    """Forget one memory, and the kept briefings that cite it.

    Raises:
        Forbidden: it is of another user.
        NotFound: it is unknown or forgotten already.
        Conflict: its line kept changing meanwhile.
        Unavailable: the store or the index is down; ask again.
    """
    kept = show_memory(user_id, memory_id, caller, store=ports.store)
    derived = _Derived(_citing([kept.memory]), again=lambda _: True)
    return _forgotten(user_id, [kept.memory], derived, caller, until=None, ports=ports)


def forget_memories(
    user_id: str, wanted: ForgetQuery, caller: Identity, *, seconds: float, ports: ForgetPorts
) -> Forgotten:
    """Forget all that was learned from a source, or all that names a person, within about ``seconds``.

    A person is named by address among a memory's people, as its subject, or in its words. Kept mails of the source, or
    that name the person, go too, and briefings that cite any of them, name the person or are of a meeting with them.

    Raises:
        Forbidden: they are of another user.
        InvalidRequest: neither a source nor a person is named, or both are.
        Conflict: a line kept changing meanwhile.
        Unavailable: the store or the index is down; ask again.
    """
    caller.must_be(user_id)
    target = _target(wanted)
    until = ports.clock.monotonic() + seconds
    found = [kept.memory for kept in every_memory(ports.store, user_id) if target.memories(kept.memory)]
    # First of all: a briefing that is made meanwhile must not cite them.
    mails = ports.mails.forget(user_id, target.mails)
    citing = _citing(found, mails)

    derived = _Derived(
        concerned=lambda basis: citing(basis) or target.briefings(basis),
        # What was sent with a meeting, and who is invited, stays with it: from that the same would be made again.
        again=lambda basis: not target.briefings(basis),
    )
    return _forgotten(user_id, found, derived, caller, mails=len(mails), until=until, ports=ports)


def _citing(memories: Sequence[Memory], mails: Collection[str] = ()) -> Callable[[BriefingBasis], bool]:
    cited = {(SourceKind.MEMORY, memory.id) for memory in memories} | {(SourceKind.MAIL, one) for one in mails}
    return lambda basis: not cited.isdisjoint(basis.cited)


def _target(wanted: ForgetQuery) -> _Target:
    source: tuple[SourceKind | None, str | None] = (wanted.source_kind, wanted.source_id)
    match (all(source), any(source), wanted.person):
        case (True, _, None):
            return _Target(
                lambda memory: (memory.source.kind, memory.source.id) == source,
                lambda basis: source in basis.cited,
                lambda mail: (SourceKind.MAIL, mail.message_id) == source,
            )
        case (_, False, str(person)):
            # Whole words: who forgets "Ann" keeps what is known of Anna and of plans.
            name = re.compile(rf"(?<!\w){re.escape(person)}(?!\w)", re.IGNORECASE)
            return _Target(
                lambda memory: _names(memory, name), lambda basis: basis.names(name), lambda mail: mail.names(name)
            )
        case _:
            detail = "needs source_kind and source_id, or else person"
            raise InvalidRequest("Say what to forget.", errors=(FieldError("query", detail),))


def _names(memory: Memory, name: re.Pattern[str]) -> bool:
    said = (memory.subject, memory.attribute, memory.text, memory.source.quote)
    return any(map(name.fullmatch, memory.people)) or any(map(name.search, said))


def _forgotten(
    user_id: str,
    memories: Sequence[Memory],
    derived: _Derived,
    caller: Identity,
    *,
    mails: int = 0,
    until: float | None,
    ports: ForgetPorts,
) -> Forgotten:
    """Forget the briefings, then the memories in chunks until the time is over, then note how many it were."""
    briefings = ports.briefings.forget(user_id, derived.concerned, again=derived.again)
    done = 0
    for chunk in batched(memories, _CHUNK, strict=False):
        if done and until is not None and ports.clock.monotonic() >= until:
            break
        ids = [memory.id for memory in chunk]
        ports.index.delete(user_id, ids)
        lines = _by_line(chunk)
        with ThreadPoolExecutor(min(_THREADS, len(lines))) as pool:
            list(pool.map(partial(_remove, user_id, ports), lines, lines.values()))
        # Vectors that were on their way meanwhile: whoever brings them later sees that their memory is gone.
        ports.index.delete(user_id, ids)
        done += len(chunk)
    if done or mails:
        # Those made of them meanwhile: whoever keeps one later sees that its memory is gone.
        briefings += ports.briefings.forget(user_id, derived.concerned, again=derived.again)
    if done or briefings or mails:
        counts = {"memories": done, "briefings": briefings, "mails": mails}
        ports.audit.record(audit_event(AuditAction.MEMORIES_FORGOTTEN, caller, ports.clock.now(), counts=counts))
    return Forgotten(forgotten=done, briefings=briefings, mails=mails, more=done < len(memories))


def _by_line(memories: Sequence[Memory]) -> Mapping[str, Sequence[str]]:
    lines: defaultdict[str, list[str]] = defaultdict(list)
    for memory in memories:
        lines[memory.line].append(memory.id)
    return lines


def _remove(user_id: str, ports: MemoryPorts, line: str, memory_ids: Sequence[str]) -> None:
    for some in batched(memory_ids, _AT_ONCE, strict=False):
        _remove_some(user_id, line, some, ports)


def _remove_some(user_id: str, line: str, memory_ids: Sequence[str], ports: MemoryPorts) -> None:
    for _ in range(_ATTEMPTS):
        change = without(ports.store.line(user_id, line), memory_ids)
        if not change.removed or ports.store.write(user_id, change):
            return
    raise Conflict("This is being changed elsewhere. Please try again.")
