"""Undoing: in which order, and what may be taken back without overwriting what the user did meanwhile."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from assistant.domain.effects.actions import TargetState
from assistant.domain.effects.effect import EffectRecord, TargetKey

MOST_IN_JOB: Final = 20


class EffectJob(BaseModel):
    """Effects of a user to be done, or undone, one after the other; the message body of the queue ``effects``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_id: str
    effect_ids: tuple[str, ...] = Field(min_length=1)
    undo: bool = False
    request_id: str
    requested_at: AwareDatetime


class Verdict(StrEnum):
    """What undoing an effect comes to."""

    REVERT = "revert"
    ALREADY = "already"
    CONFLICT = "conflict"


class LeftReason(StrEnum):
    """Why an effect is not undone now: it is being done, cannot be taken back, or has ended otherwise."""

    RUNNING = "running"
    FINAL = "final"
    ENDED = "ended"


def verdict(record: EffectRecord, seen: TargetState, foreign: Set[str]) -> Verdict:
    """Judge an effect that is done by what its target is like now.

    Only what the effect changed counts. ``foreign`` names what others are known to have changed since: that is left
    alone even where it looks as we left it.
    """
    names = changes(record)
    if _of(names, seen) == _of(names, record.before):
        return Verdict.ALREADY
    return Verdict.CONFLICT if names & foreign or _of(names, seen) != _of(names, record.after) else Verdict.REVERT


def changes(record: EffectRecord) -> Set[str]:
    """Return what of its target the effect changed."""
    before: Mapping[str, object] = record.before or {}
    after: Mapping[str, object] = record.after or {}
    return {name for name in before if before[name] != after.get(name)}


def _of(names: Set[str], state: TargetState | None) -> TargetState:
    return {name: value for name, value in (state or {}).items() if name in names}


def jobs(records: Iterable[EffectRecord], *, undo: bool, request_id: str, at: AwareDatetime) -> tuple[EffectJob, ...]:
    """Return the jobs for these effects of one user, those of one target in one job and in order.

    Doing goes from the first to the last, undoing from the last that was done to the first; what others need is done
    before them, and undone after them.
    """
    ordered = sorted(records, key=_undone_first if undo else lambda record: record.effect.place, reverse=undo)
    by_target: defaultdict[TargetKey, list[EffectRecord]] = defaultdict(list)
    for record in ordered:
        by_target[record.effect.target.key].append(record)
    groups = sorted(by_target.values(), key=_most_needs, reverse=undo)
    return tuple(
        EffectJob(
            user_id=batch[0].effect.user_id,
            effect_ids=tuple(record.id for record in batch),
            undo=undo,
            request_id=request_id,
            requested_at=at,
        )
        for batch in _batches(groups)
    )


def _batches(groups: Iterable[list[EffectRecord]]) -> Iterable[list[EffectRecord]]:
    """Join groups into batches; one that is larger than a batch stays whole."""
    batch: list[EffectRecord] = []
    for group in groups:
        if batch and len(batch) + len(group) > MOST_IN_JOB:
            yield batch
            batch = []
        batch += group
    if batch:
        yield batch


def _most_needs(group: Iterable[EffectRecord]) -> int:
    """Return how much one of them needs: more than each of what it needs, as needs are whole."""
    return max(len(record.effect.needs) for record in group)


def _undone_first(record: EffectRecord) -> tuple[AwareDatetime, str]:
    return record.done_at or record.changed_at, record.effect.place
