"""Use case: the user takes back one effect, those of a run, or those since a time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched, islice
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.effects.effect import LONGEST_APPROVAL, Capability, EffectRecord, EffectState
from assistant.domain.effects.ledger import EffectChange, LedgerEvent
from assistant.domain.effects.undo import LeftReason, jobs
from assistant.domain.errors import Unavailable
from assistant.domain.moments import Moment
from assistant.domain.users import Identity
from assistant.ports.effects import MOST_CHANGES, EffectStore
from assistant.services.answer_approvals import AnswerPorts, commit_answers
from assistant.services.matching_page import matching_page
from assistant.services.show_effects import PLACE, known_effect, newest_effects

_LEFT: Final[Mapping[EffectState, LeftReason]] = {
    EffectState.RUNNING: LeftReason.RUNNING,
    EffectState.DONE: LeftReason.FINAL,
}
_DETAILS: Final[Mapping[LeftReason, str]] = {
    LeftReason.RUNNING: "It is being done right now. Please ask again shortly.",
    LeftReason.FINAL: "What was sent cannot be taken back.",
    LeftReason.ENDED: "There is nothing to undo: it is {}.",
}
_ATTEMPTS: Final = 5
_MOST_AT_ONCE: Final = 300
_LAST_WITHIN: Final = timedelta(days=7)
_MOST_LOOKED_AT: Final = 1_000
_NOT_BEGUN: Final = frozenset({EffectState.WAITING, EffectState.QUEUED})
_TO_UNDO: Final = frozenset({EffectState.DONE, EffectState.UNDOING})


class UndoRequest(BaseModel):
    """What is taken back: one effect, those of a run, or those done since a time; one of the three."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    effect_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    run_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    since: Moment | None = None
    cursor: Annotated[str, Field(pattern=f"^{PLACE}$", description="The next_cursor of the answer before")] | None = (
        None
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if sum(one is not None for one in (self.effect_id, self.run_id, self.since)) != 1:
            raise ValueError("needs exactly one of effect_id, run_id and since")
        if self.cursor is not None and self.effect_id is not None:
            raise ValueError("a cursor goes on with a run_id or since")
        return self

    def means(self, record: EffectRecord) -> bool:
        """Whether it is taken back, of those of the run or proposed in time; what is named is, whatever it is like."""
        late = self.since is None or (record.done_at or record.effect.proposed_at) >= self.since
        live = record.state in _TO_UNDO | _NOT_BEGUN | {EffectState.RUNNING}
        return self.effect_id is not None or (late and live)


class LeftAlone(BaseModel):
    """An effect that is not undone now, and why."""

    effect_id: str
    reason: LeftReason
    detail: str


class UndoAnswer(BaseModel):
    """What is being undone, what was called off before it began, and what is left alone.

    An effect is ``undone`` a little later; what the user changed meanwhile stays, and the effect names the ``problem``.
    ``next_cursor`` asks the same request for those before them, until there are none.
    """

    user_id: str
    undoing: tuple[str, ...]
    called_off: tuple[str, ...]
    left_alone: tuple[LeftAlone, ...]
    next_cursor: str | None = None


def undo_effects(user_id: str, wanted: UndoRequest, caller: Identity, *, ports: AnswerPorts) -> UndoAnswer:
    """Mark the effects, the newest first, and hand them to the worker; what has not begun is called off.

    Of one effect those are taken back with it that need it.
    Asked again nothing more happens.

    Raises:
        Forbidden: they are of another user.
        NotFound: the one effect is unknown or forgotten.
        Unavailable: the store or the queue is down; ask again.
    """
    caller.must_be(user_id)
    some, last = matching_page(_newest(user_id, wanted, ports), wanted.means, limit=_MOST_AT_ONCE)
    marked = [
        record for chunk in batched(some, MOST_CHANGES, strict=False) for record in _marked(user_id, chunk, ports)
    ]
    by_state: defaultdict[EffectState, list[EffectRecord]] = defaultdict(list)
    for record in marked:
        by_state[record.state].append(record)
    undoing = by_state.pop(EffectState.UNDOING, [])
    called_off = by_state.pop(EffectState.REJECTED, [])
    now = ports.clock.now()
    ports.queue.request(jobs(undoing, undo=True, request_id=caller.request_id, at=now))
    counts = {"undoing": len(undoing), "called_off": len(called_off)}
    ports.audit.record(audit_event(AuditAction.EFFECTS_UNDONE, caller, now, counts=counts))
    return UndoAnswer(
        user_id=user_id,
        undoing=_ids(undoing),
        called_off=_ids(called_off),
        left_alone=tuple(_left_alone(record) for group in by_state.values() for record in group),
        next_cursor=last.effect.place if last else None,
    )


@dataclass(frozen=True, slots=True)
class LastRun:
    """The run that can be taken back, None where there is none, and what was ``sent`` since, and is not told yet."""

    run_id: str | None
    sent: tuple[LeftAlone, ...]


def last_run(user_id: str, at: datetime, effects: EffectStore) -> LastRun:
    """Return the run of what was done last before ``at``, not a week before, and neither sent nor taken back by then.

    What was asked to be undone since then counts as it was: asked again for the same time, the answer is the same run.
    """
    since = at - _LAST_WITHIN
    newest = newest_effects(user_id, effects, since=since, run_id=None)
    done = [record for record in islice(newest, _MOST_LOOKED_AT) if record.done_at and record.done_at <= at]
    undoable = [record for record in done if record.effect.action.undoable]
    last = max((record for record in undoable if _stood(record, at)), key=_when_done, default=None)
    run_id = last.effect.origin.run_id if last else None
    # What was sent before something was taken back was told with that.
    told = max((_when_done(one) if _stood(one, at) else one.changed_at for one in undoable), default=since)
    final = (record for record in done if not record.effect.action.undoable and _when_done(record) > told)
    return LastRun(run_id, tuple(_left_alone(record) for record in final if record.effect.origin.run_id != run_id))


def _when_done(record: EffectRecord) -> datetime:
    return record.done_at or record.changed_at


def _stood(record: EffectRecord, at: datetime) -> bool:
    """Whether a done effect stood at that time; where undoing it found a conflict before, that is not tried again."""
    return record.changed_at >= at or (record.state is EffectState.DONE and record.problem is None)


def _newest(user_id: str, wanted: UndoRequest, ports: AnswerPorts) -> Iterable[EffectRecord]:
    if wanted.effect_id is not None:
        record = known_effect(user_id, wanted.effect_id, ports.effects)
        return (record, *_needing(record, ports.effects))
    # What was done since then may have been proposed as long before as a question stays open.
    since = wanted.since and wanted.since - LONGEST_APPROVAL
    return newest_effects(user_id, ports.effects, before=wanted.cursor, since=since, run_id=wanted.run_id)


def _needing(record: EffectRecord, effects: EffectStore) -> Iterable[EffectRecord]:
    """Return what makes no sense without an effect; only those of a plan are needed by others."""
    effect = record.effect
    if effect.origin.capability is not Capability.CALENDAR:
        return ()
    others = newest_effects(effect.user_id, effects, since=effect.proposed_at, run_id=effect.origin.run_id)
    live = _TO_UNDO | _NOT_BEGUN
    return (
        one for one in others if one.state in live and any(needed.effect_id == record.id for needed in one.effect.needs)
    )


def _marked(user_id: str, records: Sequence[EffectRecord], ports: AnswerPorts) -> Sequence[EffectRecord]:
    """Return the effects after those that can be undone or called off are marked so."""
    for _ in range(_ATTEMPTS):
        changes = {record.id: change for record in records if (change := _change(record, ports))}
        if commit_answers(user_id, list(changes.values()), ports):
            return [changes[record.id].record if record.id in changes else record for record in records]
        records = list(ports.effects.find(user_id, [record.id for record in records]).values())
    raise Unavailable("The effects are being dealt with elsewhere. Please try again shortly.")


def _change(record: EffectRecord, ports: AnswerPorts) -> EffectChange | None:
    now = ports.clock.now()
    if record.state is EffectState.DONE and record.effect.action.undoable:
        return EffectChange(record.changed(now, state=EffectState.UNDOING, problem=None), LedgerEvent.UNDO_ASKED)
    if record.state in _NOT_BEGUN:
        return EffectChange(record.changed(now, state=EffectState.REJECTED), LedgerEvent.REJECTED)
    return None


def _ids(records: Iterable[EffectRecord]) -> tuple[str, ...]:
    return tuple(record.id for record in records)


def _left_alone(record: EffectRecord) -> LeftAlone:
    reason = _LEFT.get(record.state, LeftReason.ENDED)
    return LeftAlone(effect_id=record.id, reason=reason, detail=_DETAILS[reason].format(record.state.value))
