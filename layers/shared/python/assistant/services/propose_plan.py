"""Use case: ask the user to approve what accepted suggestions of a plan do to their connected calendars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from assistant.domain.calendar.changes import Change
from assistant.domain.calendar.plan_record import PlanRecord
from assistant.domain.calendar.prose.wording import SummaryLanguage
from assistant.domain.calendar.suggestions import AskedChange
from assistant.domain.effects.approval import action_hash, rendered
from assistant.domain.effects.effect import ENDED, Effect, EffectRecord
from assistant.domain.effects.of_plan import effects_of_plan
from assistant.domain.errors import Conflict
from assistant.ports.kept_calendar import KeptEvents
from assistant.services.propose_effects import ProposePorts, propose_effects

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
    language: SummaryLanguage,
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
    effects = effects_of_plan(record, chosen, kept, language=language, now=now)
    if not effects:
        return ()
    wanted = _open(effects, now, ports)
    proposed = propose_effects(record.user_id, wanted, request_id=request_id, ports=ports.propose)
    return [_asked(one, now) for one in proposed]


def _asked(record: EffectRecord, now: datetime) -> AskedChange:
    effect = record.effect
    return AskedChange(
        effect_id=effect.id,
        state=record.state_at(now),
        rendered=rendered(effect),
        action_hash=action_hash(effect),
    )


def _open(effects: Sequence[Effect], now: datetime, ports: ProposePlanPorts) -> Sequence[Effect]:
    """Return the effects for the first occasion on which each has not ended."""
    open_, asked = [], effects
    for occasion in range(1, _MOST_TIMES + 1):
        known = ports.propose.effects.find(asked[0].user_id, [one.id for one in asked])
        ended = {name for name, found in known.items() if found.state_at(now) in ENDED}
        open_ += [one for one in asked if one.id not in ended]
        asked = [one.again(str(occasion)) for one in asked if one.id in ended]
        if not asked:
            return open_
    raise Conflict("This was asked and refused too often. Please make another plan.")
