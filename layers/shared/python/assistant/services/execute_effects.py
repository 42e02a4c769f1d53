"""Use cases of the worker: do effects and undo them, each once in effect however often the job is delivered.

The state of the target is kept with the effect before the action is applied. A worker that finds an effect begun by
one that died reads from the target whether the action happened.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from assistant.domain import metric_names
from assistant.domain.effects.actions import EffectKind
from assistant.domain.effects.approval import approved_but_failed, undo_conflicts
from assistant.domain.effects.effect import LEASE, Effect, EffectRecord, EffectState, TargetKey
from assistant.domain.effects.ledger import EffectChange, LedgerEvent
from assistant.domain.effects.undo import EffectJob, Verdict, changes, verdict
from assistant.domain.errors import AssistantError, PreconditionFailed, Unavailable
from assistant.ports.effects import EffectExecutor, EffectStore
from assistant.ports.notifications import Notifier
from assistant.ports.runtime import Clock, Meter

logger = logging.getLogger(__name__)

CHANGED_MEANWHILE: Final = "It was changed meanwhile, so it stays as it is now."
NOT_AS_APPROVED: Final = "It is no longer what was approved, so nothing more is done."
NOT_NEEDED: Final = "What it needs did not happen, so it was left."
_HAPPENS: Final = frozenset({EffectState.QUEUED, EffectState.RUNNING, EffectState.DONE})


@dataclass(frozen=True, slots=True)
class ExecutePorts:
    """The ports the worker needs."""

    effects: EffectStore
    executors: Mapping[EffectKind, EffectExecutor]
    notifier: Notifier
    meter: Meter
    clock: Clock


@dataclass(slots=True)
class _Undoing:
    """What was found while a job is undone: what others changed, by target, and the effects left as they are."""

    foreign: defaultdict[TargetKey, set[str]] = field(default_factory=lambda: defaultdict(set))
    left: list[EffectRecord] = field(default_factory=list)


def run_job(job: EffectJob, *, seconds: float, ports: ExecutePorts) -> None:
    """Do or undo the effects of a job in order; a target that has to wait, or breaks, does not hold up the others.

    None is begun after ``seconds``. What is refused is final, by whatever error but Unavailable: no later try mends it,
    and of a mail that may have left nobody but its user can tell (Conflict).

    Raises:
        Unavailable: a provider or the store is down, another worker is at it, or time is up; deliver the job again.
        Exception: an effect broke, which its log names; the same, and in the end it is among the dead letters.
    """
    until = ports.clock.monotonic() + seconds
    records = ports.effects.find(job.user_id, job.effect_ids)
    waiting: dict[TargetKey, Exception] = {}
    undoing = _Undoing()
    held: set[str] = set()
    for record in (records[name] for name in job.effect_ids if name in records):
        if record.effect.target.key in waiting or record.id in held:
            held |= record.effect.needed_ids if job.undo else set()
            continue
        try:
            _require_time(until, ports)
            _undo(record, undoing, ports) if job.undo else _do(record, ports)
        except Exception as error:  # noqa: BLE001 whatever breaks one, the others are done
            if not isinstance(error, Unavailable):
                extra = {"effect_id": record.id, "error": type(error).__name__}
                logger.error("an effect broke", extra=extra)  # noqa: TRY400 the message may quote the target
            waiting[record.effect.target.key] = error
            # What was entered where an event stood is gone before the event returns.
            held |= record.effect.needed_ids if job.undo else set()
    if undoing.left:
        ports.notifier.notify(job.user_id, undo_conflicts(undoing.left, job))
    if waiting:
        raise next(iter(waiting.values()))


def _do(record: EffectRecord, ports: ExecutePorts) -> None:
    if record.state not in (EffectState.QUEUED, EffectState.RUNNING):
        return
    _require_free(record, ports)
    if not record.is_as_approved:
        _fail(record, NOT_AS_APPROVED, ports)
        return
    effect = record.effect
    executor = ports.executors[effect.action.kind]
    try:
        _require_needed(effect, ports)
        seen = executor.observe(effect)
        if record.state is EffectState.QUEUED:
            after, inverse = effect.action.after(seen), effect.action.inverse(seen)
            record = _next(record, LedgerEvent.STARTED, ports, before=seen, after=after, inverse=inverse)
        elif seen not in (record.before, record.after):
            _fail(record, CHANGED_MEANWHILE, ports)
            return
        else:
            record = _next(record, LedgerEvent.STARTED, ports)
        if seen != record.after:
            executor.apply(effect, effect.action)
    except Unavailable:
        raise
    except AssistantError as error:
        _fail(record, error.detail, ports)
    else:
        _next(record, LedgerEvent.DONE, ports)


def _require_needed(effect: Effect, ports: ExecutePorts) -> None:
    """Let an effect happen only after those it needs.

    Raises:
        PreconditionFailed: one of them did not happen, or was taken back.
        Unavailable: one of them is still to be done.
    """
    if not effect.needs:
        return
    found = ports.effects.find(effect.user_id, effect.needed_ids)
    if found.keys() != effect.needed_ids or any(one.state not in _HAPPENS for one in found.values()):
        raise PreconditionFailed(NOT_NEEDED)
    # Two that change places need each other.
    before = [one for one in found.values() if effect.id not in one.effect.needed_ids]
    if any(one.state is not EffectState.DONE for one in before):
        raise Unavailable("What this needs is being done. Please try again shortly.")


def _fail(record: EffectRecord, problem: str, ports: ExecutePorts) -> None:
    """Tell who approved it, before it is noted: who is not told now is told by the next try."""
    if record.approval:
        news = approved_but_failed(record, problem, ports.clock.now())
        ports.notifier.notify(record.effect.user_id, news)
    _next(record, LedgerEvent.FAILED, ports, problem=problem)


def _undo(record: EffectRecord, undoing: _Undoing, ports: ExecutePorts) -> None:
    if record.state is not EffectState.UNDOING:
        return
    _require_free(record, ports)
    effect = record.effect
    executor = ports.executors[effect.action.kind]
    foreign = undoing.foreign[effect.target.key]
    # One begun before was undone by us, where its target is as it was before.
    begun = record.leased_until is not None
    inverse = record.inverse
    try:
        if inverse is not None:
            seen = executor.observe(effect)
            judged = verdict(record, seen, foreign)
            if judged is Verdict.CONFLICT or (judged is Verdict.ALREADY and not begun):
                foreign |= changes(record)
            if judged is Verdict.CONFLICT:
                _leave(record, CHANGED_MEANWHILE, undoing, ports)
                return
            if judged is Verdict.REVERT:
                record = _next(record, LedgerEvent.UNDO_STARTED, ports)
                executor.apply(effect, inverse)
    except Unavailable:
        raise
    except AssistantError as error:
        _leave(record, error.detail, undoing, ports)
    else:
        _next(record, LedgerEvent.UNDONE, ports)


def _leave(record: EffectRecord, problem: str, undoing: _Undoing, ports: ExecutePorts) -> None:
    undoing.left.append(_next(record, LedgerEvent.UNDO_FAILED, ports, problem=problem))


def _require_time(until: float, ports: ExecutePorts) -> None:
    if ports.clock.monotonic() >= until:
        raise Unavailable("There is no time left for this. Please try again shortly.")


def _require_free(record: EffectRecord, ports: ExecutePorts) -> None:
    if record.is_leased(ports.clock.now()):
        raise Unavailable("This is being done elsewhere. Please try again shortly.")


_STATE_AFTER: Final = {
    LedgerEvent.STARTED: EffectState.RUNNING,
    LedgerEvent.DONE: EffectState.DONE,
    LedgerEvent.FAILED: EffectState.FAILED,
    LedgerEvent.UNDO_STARTED: EffectState.UNDOING,
    LedgerEvent.UNDONE: EffectState.UNDONE,
    LedgerEvent.UNDO_FAILED: EffectState.DONE,
}
_BEGINS: Final = frozenset({LedgerEvent.STARTED, LedgerEvent.UNDO_STARTED})


def _next(record: EffectRecord, event: LedgerEvent, ports: ExecutePorts, **update: object) -> EffectRecord:
    """Commit the next version; Unavailable where another worker was faster."""
    now = ports.clock.now()
    if event in _BEGINS:
        update["leased_until"] = now + LEASE
    if event is LedgerEvent.DONE:
        update["done_at"] = now
    following = record.changed(now, state=_STATE_AFTER[event], **update)
    if not ports.effects.commit(record.effect.user_id, [EffectChange(following, event)]):
        raise Unavailable("This is being done elsewhere. Please try again shortly.")
    if event not in _BEGINS:
        ports.meter.count(metric_names.EFFECTS, kind=record.effect.action.kind, outcome=event)
    return following
