"""What a change leaves open, and when that is looked at again: a lost hand-over, a question without an answer."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from assistant.domain.effects.canonical import digest
from assistant.domain.effects.effect import EffectRecord, EffectState
from assistant.domain.effects.ledger import EffectChange, LedgerEvent
from assistant.domain.notifications import Due, DueKind

# By then the worker has begun what reached it.
HANDED_OVER_WITHIN: Final = timedelta(minutes=10)
_OPENS: Final = frozenset({LedgerEvent.PROPOSED, LedgerEvent.APPROVED, LedgerEvent.UNDO_ASKED})
_TO_BE_DONE: Final = frozenset({EffectState.QUEUED, EffectState.UNDOING})
_DIGITS: Final = 16


def to_be_settled(changes: Iterable[EffectChange]) -> tuple[Due, ...]:
    """Return when to look again at the effects of one user that these changes leave to the worker or to the user."""
    open_until: defaultdict[tuple[str, datetime], list[str]] = defaultdict(list)
    for change in changes:
        record = change.record
        if change.event in _OPENS and (at := _looked_at(record)):
            # Effects of one run are changed within moments of each other, and looked at together.
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
