"""Use cases: list effects, and show one."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from assistant.domain.effects.actions import AnyAction, Inverse
from assistant.domain.effects.approval import action_hash, rendered
from assistant.domain.effects.effect import LONGEST_APPROVAL, EffectRecord, EffectState, Needed, Origin, Target
from assistant.domain.errors import NotFound, unknown_cursor
from assistant.domain.moments import Moment
from assistant.domain.sources import Source
from assistant.domain.users import Identity
from assistant.ports.effects import EffectStore
from assistant.ports.runtime import Clock
from assistant.services.matching_page import CHUNK, chunked, matching_page

PLACE: Final = r"[0-9]{13}-[0-9a-f]{32}"


class EffectQuery(BaseModel):
    """Which effects are listed, and which page of them."""

    model_config = ConfigDict(frozen=True)

    state: EffectState | None = None
    run_id: str | None = Field(default=None, max_length=200, description="Those of one run")
    since: Moment | None = Field(default=None, description="Those proposed since then")
    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=64, description="The next_cursor of the page before")


class EffectView(BaseModel):
    """An effect as its user sees it.

    ``action_hash`` is what approving it has to name; ``rendered`` is what the user approves by that.
    """

    id: str
    state: EffectState
    rendered: str
    action_hash: str
    target: Target
    action: AnyAction
    origin: Origin
    confidence: float
    reasoning: str
    evidence: tuple[Source, ...]
    needs: tuple[Needed, ...] = Field(description="What is approved with it")
    ruling: str
    proposed_at: AwareDatetime
    changed_at: AwareDatetime
    asked_until: AwareDatetime | None = Field(description="Until when it can be approved, where that is asked")
    approved_at: AwareDatetime | None
    approved_by: str | None = Field(description="The user, or who approved it as their delegate")
    done_at: AwareDatetime | None
    before: Mapping[str, str | bool | None] | None
    after: Mapping[str, str | bool | None] | None
    inverse: Inverse | None
    problem: str | None

    @classmethod
    def of(cls, record: EffectRecord, now: datetime) -> Self:
        """Return the view of an effect."""
        effect, state = record.effect, record.state_at(now)
        return cls(
            id=record.id,
            state=state,
            rendered=rendered(effect),
            action_hash=action_hash(effect),
            target=effect.target,
            action=effect.action,
            origin=effect.origin,
            confidence=effect.confidence,
            reasoning=effect.reasoning,
            evidence=effect.evidence,
            needs=effect.needs,
            ruling=record.ruling,
            proposed_at=effect.proposed_at,
            changed_at=record.changed_at,
            asked_until=record.asked_until if state is EffectState.WAITING else None,
            approved_at=record.approval.at if record.approval else None,
            approved_by=(record.approval.delegate_id or effect.user_id) if record.approval else None,
            done_at=record.done_at,
            before=record.before,
            after=record.after,
            inverse=record.inverse,
            problem=record.problem,
        )


class EffectList(BaseModel):
    """Effects, the newest first; ``next_cursor`` asks for what follows."""

    user_id: str
    effects: tuple[EffectView, ...]
    next_cursor: str | None = None


def list_effects(
    user_id: str, wanted: EffectQuery, caller: Identity, *, effects: EffectStore, clock: Clock
) -> EffectList:
    """Return a page of effects.

    Raises:
        Forbidden: they are of another user.
        InvalidRequest: the cursor is none of this list.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    if wanted.cursor and not re.fullmatch(PLACE, wanted.cursor):
        raise unknown_cursor("effects")
    now = clock.now()
    newest = newest_effects(user_id, effects, before=wanted.cursor, since=wanted.since, run_id=wanted.run_id)
    page, last = matching_page(newest, lambda record: wanted.state in (None, record.state_at(now)), limit=wanted.limit)
    return EffectList(
        user_id=user_id,
        effects=tuple(EffectView.of(record, now) for record in page),
        next_cursor=last.effect.place if last else None,
    )


def show_effect(user_id: str, effect_id: str, caller: Identity, *, effects: EffectStore, clock: Clock) -> EffectView:
    """Return one effect; raises Forbidden, NotFound or Unavailable."""
    caller.must_be(user_id)
    return EffectView.of(known_effect(user_id, effect_id, effects), clock.now())


def known_effect(user_id: str, effect_id: str, effects: EffectStore) -> EffectRecord:
    """Return an effect; raises NotFound where it is unknown or forgotten."""
    found = effects.find(user_id, [effect_id]).get(effect_id)
    if found is None:
        raise NotFound("No such effect is known.")
    return found


def waiting_effects(user_id: str, now: datetime, effects: EffectStore) -> list[EffectRecord]:
    """Return the effects that wait for the user's word, the newest first; raises Unavailable."""
    newest = newest_effects(user_id, effects, since=now - LONGEST_APPROVAL, run_id=None)
    return [record for record in newest if record.state_at(now) is EffectState.WAITING]


def newest_effects(
    user_id: str, effects: EffectStore, *, before: str | None = None, since: datetime | None, run_id: str | None
) -> Iterator[EffectRecord]:
    """Return the effects proposed since then, of this run, the newest first, read as they are asked for."""
    return chunked(
        lambda place: effects.page(user_id, before=place, since=since, run_id=run_id, limit=CHUNK),
        lambda record: record.effect.place,
        before=before,
    )
