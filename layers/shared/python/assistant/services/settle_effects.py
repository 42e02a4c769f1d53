"""Use case: hand over again what the worker never got, and close questions, also those nobody answered."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from assistant.domain.effects.effect import EffectRecord, EffectState
from assistant.domain.effects.ledger import EffectChange, LedgerEvent
from assistant.domain.effects.settling import is_lost, was_asked
from assistant.domain.effects.undo import jobs
from assistant.ports.effects import EffectQueue, EffectStore
from assistant.ports.runtime import Clock
from assistant.services.close_question import close_question
from assistant.services.notify import NotifyPorts

logger = logging.getLogger(__name__)

_REQUEST: Final = "settling"


@dataclass(frozen=True, slots=True)
class SettlePorts:
    """The ports settling needs."""

    effects: EffectStore
    queue: EffectQueue
    notify: NotifyPorts
    clock: Clock


def settle_effects(user_id: str, effect_ids: Collection[str], *, ports: SettlePorts) -> None:
    """Settle what the user's effects left open; those that went on meanwhile stay as they are.

    Raises:
        Unavailable: the store or the queue is down; settle them again.
    """
    now = ports.clock.now()
    records = list(ports.effects.find(user_id, effect_ids).values())
    lost = [record for record in records if is_lost(record, now)]
    for undo, state in ((False, EffectState.QUEUED), (True, EffectState.UNDOING)):
        some = [record for record in lost if record.state is state]
        ports.queue.request(jobs(some, undo=undo, request_id=_REQUEST, at=now))
    if lost:
        logger.warning("effects handed over again", extra={"effects": len(lost)})
    for record in records:
        if record.state_at(now) is EffectState.EXPIRED is not record.state:
            _expire(record, ports)
        elif was_asked(record):
            close_question(record, ports=ports.notify)


def _expire(record: EffectRecord, ports: SettlePorts) -> None:
    """Note that the question is closed; one that was answered at the last moment is left to the answer."""
    expired = record.changed(ports.clock.now(), state=EffectState.EXPIRED)
    if ports.effects.commit(record.effect.user_id, [EffectChange(expired, LedgerEvent.EXPIRED)]):
        close_question(expired, ports=ports.notify)
