"""Use cases: remember something, correct it, approve what was only observed."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.errors import Conflict, FieldError, InvalidRequest, NotFound, field_errors, used_key
from assistant.domain.memory.change import (
    REQUEST_KEPT_FOR,
    KeptMemory,
    Line,
    LineChange,
    RememberedRequest,
    with_changed,
    with_memory,
)
from assistant.domain.memory.memory import Confidence, Fact, Memory, MemoryText, People, Standing, Statement
from assistant.domain.sources import Source, SourceKind
from assistant.domain.users import Identity
from assistant.domain.versions import Preconditions
from assistant.services.index_memories import MemoryPorts, catch_up
from assistant.services.search_memories import MemoryDegraded, MemoryView, show_memory

_ATTEMPTS = 5
# A line is read and judged as a whole.
_MOST_IN_LINE = 100


class NewMemory(Statement):
    """Something to remember; without a source it is the user's own word, without ``valid_from`` it holds from now."""

    source: Source | None = None
    valid_from: AwareDatetime | None = None


class MemoryCorrection(BaseModel):
    """What was wrong: only the given fields change, null removes ``valid_to``. It holds from now where nothing is said.

    What a memory is about stays: for another subject, kind or attribute forget it and add another.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: MemoryText | None = None
    people: People | None = None
    confidence: Confidence | None = None
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = Field(default=None)


class KeptView(BaseModel):
    """A memory that was added, corrected or approved, and which older ones of its line it closed."""

    memory: MemoryView
    supersedes: Annotated[tuple[str, ...], Field(description="Ids of memories that it closed")]
    degraded: tuple[MemoryDegraded, ...] = ()


def add_memory(
    user_id: str, new: NewMemory, caller: Identity, *, key: str | None, ports: MemoryPorts
) -> tuple[KeptView, int]:
    """Keep a memory; return it with its version. A second request with the same key returns what the first one made.

    Raises:
        Forbidden: it is for another user.
        InvalidRequest: its times are reversed, the key was used for something else, or its line is full.
        Conflict: its line kept changing meanwhile.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    now = ports.clock.now()
    memory = Memory.of(_fact(new, now), new.source or Source.whole(SourceKind.REQUEST, caller.request_id), now=now)
    request = _request(key, new, memory, now) if key else None

    def attempt() -> KeptMemory | LineChange:
        if request and (made := _made_before(user_id, request, ports)):
            return made
        line = ports.store.line(user_id, memory.line)
        _refuse_full(line)
        return with_memory(line, memory, request)

    return _written(memory.id, attempt, AuditAction.MEMORY_ADDED, caller, ports)


def correct_memory(
    user_id: str,
    memory_id: str,
    correction: MemoryCorrection,
    caller: Identity,
    preconditions: Preconditions,
    *,
    ports: MemoryPorts,
) -> tuple[KeptView, int]:
    """Keep the corrected memory as a new one, on the user's word, that closes the one it corrects.

    Raises:
        Forbidden: it is of another user.
        NotFound: it is unknown or forgotten.
        PreconditionFailed: a precondition does not hold.
        Conflict: a newer memory closed it already, or its line kept changing meanwhile.
        InvalidRequest: nothing is corrected, its times are reversed, or it would begin before the one it corrects.
        Unavailable: the store is down.
    """
    now = ports.clock.now()
    old = show_memory(user_id, memory_id, caller, store=ports.store)
    preconditions.require(old.version)
    fact = _corrected(old.memory, correction, now)
    own_word = Source.whole(SourceKind.REQUEST, caller.request_id)
    memory = Memory.of(fact, own_word, now=now, line=old.memory.line)

    def attempt() -> LineChange:
        line = ports.store.line(user_id, memory.line)
        current = _member(line, memory_id)
        preconditions.require(current.version)
        if closer := current.memory.superseded_by:
            raise Conflict(f"Memory {closer} says something newer: correct that one.")
        _refuse_full(line)
        return with_memory(line, memory)

    return _written(memory.id, attempt, AuditAction.MEMORY_CORRECTED, caller, ports)


def approve_memory(
    user_id: str, memory_id: str, caller: Identity, preconditions: Preconditions, *, ports: MemoryPorts
) -> tuple[KeptView, int]:
    """Put the user's word behind an observation; approving twice changes nothing.

    Raises:
        Forbidden: it is of another user.
        NotFound: it is unknown or forgotten.
        PreconditionFailed: a precondition does not hold.
        Conflict: its line kept changing meanwhile.
        Unavailable: the store is down.
    """
    kept = show_memory(user_id, memory_id, caller, store=ports.store)

    def attempt() -> KeptMemory | LineChange:
        line = ports.store.line(user_id, kept.memory.line)
        current = _member(line, memory_id)
        preconditions.require(current.version)
        if current.memory.standing is Standing.APPROVED:
            return current
        return with_changed(line, current.memory.model_copy(update={"standing": Standing.APPROVED}))

    return _written(memory_id, attempt, AuditAction.MEMORY_APPROVED, caller, ports)


def _written(
    memory_id: str,
    attempt: Callable[[], KeptMemory | LineChange],
    action: AuditAction,
    caller: Identity,
    ports: MemoryPorts,
) -> tuple[KeptView, int]:
    """Write what ``attempt`` wants, again where the line changed meanwhile; a kept memory means nothing is to do."""
    user_id = caller.user_id
    for _ in range(_ATTEMPTS):
        wanted = attempt()
        if isinstance(wanted, KeptMemory):
            return _view(user_id, wanted, ports.store.line(user_id, wanted.memory.line).members, ports)
        if ports.store.write(user_id, wanted):
            kept = next(one for one in wanted.members if one.memory.id == memory_id)
            ports.audit.record(audit_event(action, caller, ports.clock.now(), subject_id=memory_id))
            return _view(user_id, kept, wanted.members, ports)
    raise Conflict("This is being changed elsewhere. Please try again.")


def _view(user_id: str, kept: KeptMemory, members: tuple[KeptMemory, ...], ports: MemoryPorts) -> tuple[KeptView, int]:
    closed = tuple(one.memory.id for one in members if one.memory.superseded_by == kept.memory.id)
    degraded: tuple[MemoryDegraded, ...] = () if catch_up(user_id, ports) else ("semantic_search",)
    return KeptView(memory=MemoryView.of(kept.memory), supersedes=closed, degraded=degraded), kept.version


def _fact(new: NewMemory, now: datetime) -> Fact:
    given = new.model_dump(exclude={"source", "valid_from"})
    return _checked(given | {"valid_from": new.valid_from or now})


def _corrected(old: Memory, correction: MemoryCorrection, now: datetime) -> Fact:
    changes = correction.model_dump(exclude_unset=True)
    changes = {name: value for name, value in changes.items() if value is not None or name == "valid_to"}
    if not changes:
        raise InvalidRequest("Nothing is corrected.", errors=(FieldError("body", "needs a field that changes"),))
    begins = changes.get("valid_from") or max(now, old.valid_from)
    if begins < old.valid_from:
        detail = f"is before the memory it corrects, {old.valid_from.isoformat()}"
        raise InvalidRequest("A correction cannot begin earlier.", errors=(FieldError("valid_from", detail),))
    kept = {name: getattr(old, name) for name in Fact.model_fields}
    return _checked(kept | changes | {"valid_from": begins})


def _checked(fields: dict[str, object]) -> Fact:
    try:
        return Fact.model_validate(fields)
    except ValidationError as error:
        raise InvalidRequest("Some fields need another value.", errors=field_errors(error.errors())) from None


def _request(key: str, new: NewMemory, memory: Memory, now: datetime) -> RememberedRequest:
    digest = sha256(new.model_dump_json().encode()).hexdigest()
    return RememberedRequest(key, digest, memory.id, now + REQUEST_KEPT_FOR)


def _made_before(user_id: str, request: RememberedRequest, ports: MemoryPorts) -> KeptMemory | None:
    known = ports.store.remembered(user_id, request.key)
    if known is None:
        return None
    if known.digest != request.digest:
        raise used_key("memory")
    return ports.store.find(user_id, [known.memory_id]).get(known.memory_id)


def _member(line: Line, memory_id: str) -> KeptMemory:
    for kept in line.members:
        if kept.memory.id == memory_id:
            return kept
    raise NotFound("No such memory is known.")


def _refuse_full(line: Line) -> None:
    if len(line.members) >= _MOST_IN_LINE:
        detail = f"has {_MOST_IN_LINE} memories of this subject; forget some first"
        raise InvalidRequest("Too much is remembered of this.", errors=(FieldError("attribute", detail),))
