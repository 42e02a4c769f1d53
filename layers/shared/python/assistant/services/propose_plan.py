"""Use case: ask the user to approve what accepted suggestions of a plan do to their connected calendars."""

from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from assistant.domain.calendar.changes import Change
from assistant.domain.calendar.plan_record import PlanRecord
from assistant.domain.calendar.suggestions import AskedChange
from assistant.domain.effects.approval import action_hash, rendered
from assistant.domain.effects.effect import ENDED, Effect, EffectRecord, EffectState, Needed
from assistant.domain.effects.of_plan import effects_of_plan
from assistant.domain.effects.policy import permission_of
from assistant.domain.effects.wording import summary
from assistant.domain.errors import Conflict
from assistant.domain.languages import WrittenLanguage
from assistant.domain.preferences import Permission
from assistant.ports.effects import EffectStore
from assistant.ports.kept_calendar import KeptEvents
from assistant.services.propose_effects import ProposePorts, propose_permitted

_MOST_TIMES: Final = 10


@dataclass(frozen=True, slots=True)
class ProposePlanPorts:
    """The ports it needs."""

    kept: KeptEvents
    propose: ProposePorts


def propose_plan(
    record: PlanRecord,
    chosen: Sequence[Change],
    *,
    language: WrittenLanguage,
    request_id: str,
    ports: ProposePlanPorts,
) -> Sequence[AskedChange]:
    """Propose the changes a connected calendar can take; implements ``ports.calendar.PlanProposer``.

    Proposed again a change that waits or is done stays as it is; one that was rejected, failed or was taken back is
    asked about anew.

    Raises:
        Conflict: the same was asked and refused too often.
        Unavailable: the store, the queue or the notifier is down; propose them again.
    """
    days, now = record.problem.days, ports.propose.clock.now()
    start, end = (
        datetime.fromtimestamp(at * 60, record.problem.zone) for at in (days[0].whole.start, days[-1].whole.end)
    )
    kept = ports.kept.within(record.user_id, start, end)
    planned = effects_of_plan(record, chosen, kept, language=language, now=now)
    if not planned:
        return ()
    permissions = ports.propose.preferences.read(record.user_id).preferences.effects
    open_ = _open([one.effect for one in planned], now, ports)
    never = {
        place for place, one in enumerate(open_) if permission_of(one.action.kind, permissions) is Permission.NEVER
    }
    wanted = [
        _with_needs(one, [open_[place] for place in sorted(plan.needs)])
        for one, plan in zip(open_, planned, strict=True)
        if never.isdisjoint(plan.needs)
    ]
    proposed = propose_permitted(record.user_id, wanted, permissions, request_id=request_id, ports=ports.propose)
    return [_asked(one, now) for one in proposed]


def _with_needs(effect: Effect, needed: Iterable[Effect]) -> Effect:
    needs = tuple(Needed(effect_id=one.id, object_id=one.target.object_id, summary=summary(one)) for one in needed)
    return effect.model_copy(update={"needs": needs})


def _asked(record: EffectRecord, now: datetime) -> AskedChange:
    effect = record.effect
    return AskedChange(
        effect_id=effect.id,
        state=record.state_at(now),
        rendered=rendered(effect),
        action_hash=action_hash(effect),
    )


def _open(effects: Sequence[Effect], now: datetime, ports: ProposePlanPorts) -> Sequence[Effect]:
    """Return each effect for the first occasion on which it is not over."""
    found: dict[int, Effect] = {}
    asked = dict(enumerate(effects))
    for occasion in range(1, _MOST_TIMES + 1):
        over = _over(asked.values(), now, ports.propose.effects)
        found |= {place: one for place, one in asked.items() if one.id not in over}
        asked = {place: one.again(str(occasion)) for place, one in asked.items() if one.id in over}
        if not asked:
            return [found[place] for place in range(len(effects))]
    raise Conflict("This was asked and refused too often. Please make another plan.")


def _over(effects: Collection[Effect], now: datetime, store: EffectStore) -> Set[str]:
    """Return the ids of what has ended, or waits and needs what has ended."""
    user_id = next(iter(effects)).user_id
    known = store.find(user_id, [one.id for one in effects])
    waiting = [one for one in known.values() if one.state is EffectState.WAITING]
    needed = store.find(user_id, {needed.effect_id for one in waiting for needed in one.effect.needs})
    ended = {name for name, one in (*known.items(), *needed.items()) if one.state_at(now) in ENDED}
    return ended | {one.id for one in waiting if not ended.isdisjoint(each.effect_id for each in one.effect.needs)}
