"""Use case: propose effects; the policy says which are done, which are asked for and which are refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Final

from assistant.domain.effects.approval import approval_asked
from assistant.domain.effects.effect import Effect, EffectRecord, EffectState, proposed
from assistant.domain.effects.ledger import EffectChange, LedgerEvent
from assistant.domain.effects.policy import ruling
from assistant.domain.effects.undo import jobs
from assistant.domain.errors import Unavailable
from assistant.domain.preferences import EffectPermissions
from assistant.ports.effects import MOST_CHANGES, EffectQueue, EffectStore
from assistant.ports.notifications import Notifier
from assistant.ports.runtime import Clock
from assistant.ports.users import PreferenceStore

_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class ProposePorts:
    """The ports proposals need."""

    effects: EffectStore
    queue: EffectQueue
    preferences: PreferenceStore
    notifier: Notifier
    clock: Clock


def propose_effects(
    user_id: str, effects: Sequence[Effect], *, request_id: str, ports: ProposePorts
) -> tuple[EffectRecord, ...]:
    """Keep the effects, hand those that need no question to the worker, and ask the user about the others.

    Proposed again an effect stays as it is: done once, not asked for twice, and not done again after it was undone.

    Raises:
        Unavailable: the store, the queue or the notifier is down; propose them again.
    """
    permissions = ports.preferences.read(user_id).preferences.effects
    return propose_permitted(user_id, effects, permissions, request_id=request_id, ports=ports)


def propose_permitted(
    user_id: str, effects: Sequence[Effect], permissions: EffectPermissions, *, request_id: str, ports: ProposePorts
) -> tuple[EffectRecord, ...]:
    """Propose effects under permissions that are read; raises as ``propose_effects`` does."""
    wanted = tuple({effect.id: effect for effect in effects}.values())
    records = [
        record
        for chunk in batched(wanted, MOST_CHANGES, strict=False)
        for record in _kept(user_id, chunk, permissions, ports.effects)
    ]
    queued = [record for record in records if record.state is EffectState.QUEUED]
    ports.queue.request(jobs(queued, undo=False, request_id=request_id, at=ports.clock.now()))
    _ask(records, ports)
    return tuple(records)


def _kept(
    user_id: str, effects: Sequence[Effect], permissions: EffectPermissions, store: EffectStore
) -> Sequence[EffectRecord]:
    """Return the effects as they are kept, the new ones as the policy rules."""
    for _ in range(_ATTEMPTS):
        known = store.find(user_id, [effect.id for effect in effects])
        new = {effect.id: _ruled(effect, permissions) for effect in effects if effect.id not in known}
        if store.commit(user_id, [EffectChange(record, LedgerEvent.PROPOSED) for record in new.values()]):
            return [{**known, **new}[effect.id] for effect in effects]
    raise Unavailable("The store is busy. Please try again shortly.")


def _ruled(effect: Effect, permissions: EffectPermissions) -> EffectRecord:
    ruled = ruling(effect, permissions)
    return proposed(effect, ruled.permission, ruled.reason)


def _ask(records: Sequence[EffectRecord], ports: ProposePorts) -> None:
    now = ports.clock.now()
    for record in records:
        if record.state_at(now) is EffectState.WAITING:
            ports.notifier.notify(record.effect.user_id, approval_asked(record))
