"""Use cases: the user approves or rejects an effect that waits for their word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.effects.approval import action_hash
from assistant.domain.effects.effect import Approval, Effect, EffectRecord, EffectState
from assistant.domain.effects.ledger import EffectChange, LedgerEvent
from assistant.domain.effects.settling import answers
from assistant.domain.effects.undo import jobs
from assistant.domain.errors import Conflict, FieldError, InvalidRequest
from assistant.domain.users import Identity
from assistant.ports.effects import EffectQueue, EffectStore
from assistant.ports.notifications import DueQueue
from assistant.ports.runtime import AuditTrail, Clock
from assistant.services.notify import hand_over
from assistant.services.show_effects import EffectView, known_effect

_ATTEMPTS: Final = 3
_GONE_ON: Final = frozenset({EffectState.QUEUED, EffectState.RUNNING, EffectState.DONE})


@dataclass(frozen=True, slots=True)
class AnswerPorts:
    """The ports answers need."""

    effects: EffectStore
    queue: EffectQueue
    due_queue: DueQueue
    audit: AuditTrail
    clock: Clock


class ApprovalRequest(BaseModel):
    """The user's word for one action, as it was shown to them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="The action_hash of the effect")]


def approve_effect(
    user_id: str, effect_id: str, approval: ApprovalRequest, caller: Identity, *, ports: AnswerPorts
) -> EffectView:
    """Let the worker do exactly what was shown, with what it needs; approved again meanwhile, nothing more happens.

    Raises:
        Forbidden: it is of another user.
        NotFound: it is unknown or forgotten.
        InvalidRequest: the hash is that of another action than the one that waits.
        Conflict: it does not wait for an approval, or no longer; or it needs what is not done any more.
        Unavailable: the store or the queue is down; approve again.
    """
    caller.must_be(user_id)
    for _ in range(_ATTEMPTS):
        record = known_effect(user_id, effect_id, ports.effects)
        now = ports.clock.now()
        if approval.action_hash != action_hash(record.effect):
            wrong = FieldError("action_hash", "is not that of the action that waits; look at it again")
            raise InvalidRequest("This approves another action.", errors=(wrong,))
        needed = ports.effects.find(user_id, [one.effect_id for one in record.effect.needs])
        if record.approval and record.state in _GONE_ON:
            return _handed_over((record, *needed.values()), caller, ports)
        _require_waiting(record, record.state_at(now))
        approved = [_approved(one, caller, now) for one in (record, *_waiting(record.effect, needed, now))]
        if commit_answers(user_id, [EffectChange(one, LedgerEvent.APPROVED) for one in approved], ports):
            counts = {"effects": len(approved)}
            ports.audit.record(
                audit_event(AuditAction.EFFECT_APPROVED, caller, now, counts=counts, subject_id=effect_id)
            )
            return _handed_over(approved, caller, ports)
    raise Conflict("This effect is being dealt with elsewhere. Please try again.")


def reject_effect(user_id: str, effect_id: str, caller: Identity, *, ports: AnswerPorts) -> EffectView:
    """Never do it; rejected again nothing more happens. Raises as ``approve_effect`` does."""
    caller.must_be(user_id)
    for _ in range(_ATTEMPTS):
        record = known_effect(user_id, effect_id, ports.effects)
        now = ports.clock.now()
        if record.state is EffectState.REJECTED:
            return EffectView.of(record, now)
        _require_waiting(record, record.state_at(now))
        rejected = record.changed(now, state=EffectState.REJECTED)
        if commit_answers(user_id, [EffectChange(rejected, LedgerEvent.REJECTED)], ports):
            ports.audit.record(audit_event(AuditAction.EFFECT_REJECTED, caller, now, subject_id=effect_id))
            return EffectView.of(rejected, now)
    raise Conflict("This effect is being dealt with elsewhere. Please try again.")


def commit_answers(user_id: str, changes: Sequence[EffectChange], ports: AnswerPorts) -> bool:
    """Commit the changes, and have the questions they answer say so; False where an effect changed meanwhile.

    Who fails here, or finds the queue down, leaves that to the next run: its place was kept with the changes.
    """
    if not ports.effects.commit(user_id, changes):
        return False
    for place in answers(changes):
        hand_over(place, ports.due_queue)
    return True


def _waiting(effect: Effect, known: Mapping[str, EffectRecord], now: datetime) -> Sequence[EffectRecord]:
    """Return what the effect needs and nobody has approved yet; raises Conflict where something of it has ended."""
    for one in effect.needs:
        state = known[one.effect_id].state_at(now) if one.effect_id in known else EffectState.EXPIRED
        if state not in _GONE_ON | {EffectState.WAITING}:
            raise Conflict(f"This needs what is {state.value}: {one.summary} Accept the suggestion again.")
    return [one for one in known.values() if one.state is EffectState.WAITING]


def _approved(record: EffectRecord, caller: Identity, now: datetime) -> EffectRecord:
    effect = record.effect
    given = Approval(action_hash=action_hash(effect), what=effect.what, at=now, delegate_id=caller.delegate_id)
    return record.changed(now, state=EffectState.QUEUED, approval=given)


def _handed_over(records: Sequence[EffectRecord], caller: Identity, ports: AnswerPorts) -> EffectView:
    """Hand them to the worker; again too, for the first time may have failed between keeping and handing over."""
    now = ports.clock.now()
    queued = [one for one in records if one.state is EffectState.QUEUED]
    ports.queue.request(jobs(queued, undo=False, request_id=caller.request_id, at=now))
    return EffectView.of(records[0], now)


def _require_waiting(record: EffectRecord, state: EffectState) -> None:
    if state is EffectState.EXPIRED:
        raise Conflict(f"The question was open until {record.asked_until:%d %b %Y, %H:%M} UTC.")
    if state is not EffectState.WAITING:
        raise Conflict(f"This does not wait for an approval: it is {state.value}.")
