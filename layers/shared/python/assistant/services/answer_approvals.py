"""Use cases: the user approves or rejects an effect that waits for their word."""

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.effects.approval import action_hash
from assistant.domain.effects.effect import Approval, EffectRecord, EffectState
from assistant.domain.effects.ledger import EffectChange, LedgerEvent
from assistant.domain.effects.undo import jobs
from assistant.domain.errors import Conflict, FieldError, InvalidRequest
from assistant.domain.users import Identity
from assistant.ports.effects import EffectQueue, EffectStore
from assistant.ports.runtime import AuditTrail, Clock
from assistant.services.show_effects import EffectView, known_effect

_ATTEMPTS: Final = 3
_GONE_ON: Final = frozenset({EffectState.QUEUED, EffectState.RUNNING, EffectState.DONE})


@dataclass(frozen=True, slots=True)
class AnswerPorts:
    """The ports answers need."""

    effects: EffectStore
    queue: EffectQueue
    audit: AuditTrail
    clock: Clock


class ApprovalRequest(BaseModel):
    """The user's word for one action, as it was shown to them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="The action_hash of the effect")]


def approve_effect(
    user_id: str, effect_id: str, approval: ApprovalRequest, caller: Identity, *, ports: AnswerPorts
) -> EffectView:
    """Let the worker do exactly what was shown; approved again while it is under way, nothing more happens.

    Raises:
        Forbidden: it is of another user.
        NotFound: it is unknown or forgotten.
        InvalidRequest: the hash is that of another action than the one that waits.
        Conflict: it does not wait for an approval, or no longer.
        Unavailable: the store or the queue is down; approve again.
    """
    caller.must_be(user_id)
    for _ in range(_ATTEMPTS):
        record = known_effect(user_id, effect_id, ports.effects)
        now = ports.clock.now()
        if approval.action_hash != action_hash(record.effect):
            wrong = FieldError("action_hash", "is not that of the action that waits; look at it again")
            raise InvalidRequest("This approves another action.", errors=(wrong,))
        if record.approval and record.state in _GONE_ON:
            return _handed_over(record, caller, ports)
        _require_waiting(record, record.state_at(now))
        given = Approval(action_hash=approval.action_hash, at=now, delegate_id=caller.delegate_id)
        approved = record.changed(now, state=EffectState.QUEUED, approval=given)
        if ports.effects.commit(user_id, [EffectChange(approved, LedgerEvent.APPROVED)]):
            ports.audit.record(audit_event(AuditAction.EFFECT_APPROVED, caller, now, subject_id=effect_id))
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
        if ports.effects.commit(user_id, [EffectChange(rejected, LedgerEvent.REJECTED)]):
            ports.audit.record(audit_event(AuditAction.EFFECT_REJECTED, caller, now, subject_id=effect_id))
            return EffectView.of(rejected, now)
    raise Conflict("This effect is being dealt with elsewhere. Please try again.")


def _handed_over(record: EffectRecord, caller: Identity, ports: AnswerPorts) -> EffectView:
    """Hand it to the worker; again too, for the first time may have failed between keeping and handing over."""
    now = ports.clock.now()
    if record.state is EffectState.QUEUED:
        ports.queue.request(jobs([record], undo=False, request_id=caller.request_id, at=now))
    return EffectView.of(record, now)


def _require_waiting(record: EffectRecord, state: EffectState) -> None:
    if state is EffectState.EXPIRED:
        raise Conflict(f"The question was open until {record.asked_until:%d %b %Y, %H:%M} UTC.")
    if state is not EffectState.WAITING:
        raise Conflict(f"This does not wait for an approval: it is {state.value}.")
