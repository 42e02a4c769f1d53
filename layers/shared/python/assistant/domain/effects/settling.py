"""When what a change leaves open or ends is looked at again: a lost hand-over, a question with or without an answer."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from assistant.domain.effects.canonical import digest
from assistant.domain.effects.effect import EffectRecord, EffectState
from assistant.domain.effects.ledger import EffectChange, LedgerEvent
from assistant.domain.notifications import Due, DueKind

# By then the worker has begun what reached it.
HANDED_OVER_WITHIN: Final = timedelta(minutes=10)
_OPENS: Final = frozenset({LedgerEvent.PROPOSED, LedgerEvent.APPROVED, LedgerEvent.UNDO_ASKED})
_ANSWERS: Final = frozenset({LedgerEvent.APPROVED, LedgerEvent.REJECTED})
_TO_BE_DONE: Final = frozenset({EffectState.QUEUED, EffectState.UNDOING})
_UNAPPROVED: Final = frozenset({EffectState.REJECTED, EffectState.EXPIRED})
_DIGITS: Final = 16


def to_be_settled(changes: Sequence[EffectChange]) -> tuple[Due, ...]:
    """Return when to look again at the effects that these changes leave to the worker or to the user, or answer."""
    opened = (change.record for change in changes if change.event in _OPENS)
    left = ((record, at) for record in opened if (at := _looked_at(record)))
    return (*_places(left), *answers(changes))


def answers(changes: Iterable[EffectChange]) -> tuple[Due, ...]:
    """Return when to say of the questions that these changes answer what became of them: at once."""
    return _places((one.record, one.record.changed_at) for one in changes if one.event in _ANSWERS)


def was_asked(record: EffectRecord) -> bool:
    """Whether the user was asked and the question waits no more, as far as the effect shows."""
    return record.approval is not None or record.state in _UNAPPROVED


def _places(looks: Iterable[tuple[EffectRecord, datetime]]) -> tuple[Due, ...]:
    """Return a place for the looks of each user and minute: effects of a run change within moments of each other."""
    open_until: defaultdict[tuple[str, datetime], list[str]] = defaultdict(list)
    for record, at in looks:
        open_until[record.effect.user_id, _next_minute(at)].append(record.id)
    return tuple(
        Due(user_id=user_id, kind=DueKind.EFFECTS, at=at, subject=digest(*ids)[:_DIGITS], effect_ids=tuple(ids))
        for (user_id, at), ids in open_until.items()
    )


def is_lost(record: EffectRecord, now: datetime) -> bool:
    """Whether nobody began what was handed over, as far as the effect shows; handed over again it is done once."""
    waits = record.state in _TO_BE_DONE and not record.is_leased(now)
    return waits and now >= record.changed_at + HANDED_OVER_WITHIN


def _looked_at(record: EffectRecord) -> datetime | None:
    if record.state in _TO_BE_DONE:
        return record.changed_at + HANDED_OVER_WITHIN
    return record.asked_until if record.state is EffectState.WAITING else None


def _next_minute(at: datetime) -> datetime:
    begun = at.replace(second=0, microsecond=0)
    return begun if begun == at else begun + timedelta(minutes=1)
