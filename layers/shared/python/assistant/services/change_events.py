"""Moves, declines, enters and deletes events of connected calendars: the executor of the actions on events."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from assistant.domain.calendar.answers import Answer
from assistant.domain.effects.actions import (
    AnswerEvent,
    AnyAction,
    CreateEvent,
    DeclineEvent,
    DeleteEvent,
    EventTime,
    Inverse,
    MoveEvent,
    TargetState,
)
from assistant.domain.effects.canonical import entered_as
from assistant.domain.effects.effect import Effect
from assistant.domain.errors import Forbidden, NotFound, PreconditionFailed, Unavailable
from assistant.ports.calendar_account import CalendarAccount, CalendarAccounts
from assistant.ports.connections import ConnectionStore
from assistant.ports.runtime import Clock
from assistant.services.effect_account import account_of

if TYPE_CHECKING:
    from assistant.domain.calendar.connected import ConnectedEvent

_ELSEWHERE: Final = "The event is no longer where it was, so it stays where it is now."
_MOVED: Final = "The event takes place at another time by now, so your answer to it stays as it is."
_OVER: Final = "That time is over, so nothing was entered."
_TAKEN: Final = "Something else takes that time, so nothing was entered. Once it is free, accept the suggestion again."
_NO_ROOM: Final = "Something else takes that time, so the event stays where it is."
_TOO_LATE: Final = "That time is over, so the event stays where it is."
_CHANGED: Final = "The event was changed, so it stays."


@dataclass(frozen=True, slots=True)
class EventExecutor:
    """Implements ``ports.effects.EffectExecutor``."""

    connections: ConnectionStore
    calendars: CalendarAccounts
    clock: Clock

    def observe(self, effect: Effect) -> TargetState:
        """Return when the event takes place, what the user answered to it, or what one of ours is like.

        Raises:
            PreconditionFailed: the event is not where it was, nor where it should go.
        """
        calendar = self._calendar(effect)
        match effect.action:
            case MoveEvent() as move:
                return _place(calendar.get(effect.target.object_id), move)
            case DeclineEvent() as decline:
                return {"answer": _answer(calendar, effect.target.object_id, decline)}
            case CreateEvent():
                found = calendar.find(effect.id)
                return {"event": _seen(found) if found else None}
            case other:
                raise TypeError(f"no action on events: {other.kind}")

    def apply(self, effect: Effect, action: AnyAction | Inverse) -> None:
        """Move the event, answer the invitation, or enter an event of ours and take it out."""
        calendar = self._calendar(effect)
        match action:
            case MoveEvent():
                _move(calendar, effect, action, self.clock.now())
            case DeclineEvent():
                _require_unmoved(calendar.get(effect.target.object_id), action)
                calendar.answer(effect.target.object_id, Answer.DECLINED)
            case AnswerEvent(answer=answer):
                calendar.answer(effect.target.object_id, answer)
            case CreateEvent():
                _enter(calendar, effect, action, self.clock.now())
            case DeleteEvent():
                _take_out(calendar, effect)

    def _calendar(self, effect: Effect) -> CalendarAccount:
        return self.calendars.open(account_of(effect, self.connections))


def _place(found: "ConnectedEvent", move: MoveEvent) -> TargetState:
    for known in (move.was.value, move.to.value):
        if _takes(found, known):
            return known.state
    raise PreconditionFailed(_ELSEWHERE)


def _takes(found: "ConnectedEvent", known: EventTime) -> bool:
    start, end = found.event.start, found.event.end
    return isinstance(start, datetime) and (known.start, known.end) == (start, end)


def _require_unmoved(found: "ConnectedEvent", decline: DeclineEvent) -> None:
    if decline.was.value and not _takes(found, decline.was.value):
        raise PreconditionFailed(_MOVED)


def _move(calendar: CalendarAccount, effect: Effect, move: MoveEvent, now: datetime) -> None:
    """Move the version that stands where it was, there or back again.

    Raises:
        PreconditionFailed: somebody moved it meanwhile, or the time it would have is over, or takes something else.
        Unavailable: somebody changed something else of it meanwhile, as an attendee who answers does; move it again.
    """
    event_id, wanted = effect.target.object_id, move.to.value
    found = calendar.get(event_id)
    if _place(found, move) == wanted.state:
        return
    if wanted.end <= now:
        raise PreconditionFailed(_TOO_LATE)
    known = {event_id, *move.beside.value}
    if not move.shortens and _in_the_way(calendar, effect, wanted, move.timezone.value) - known:
        raise PreconditionFailed(_NO_ROOM)
    try:
        calendar.move(event_id, wanted.start, wanted.end, version=found.version)
    except PreconditionFailed:
        # Also the answer where it moved, but the provider's word of that was lost.
        if _place(calendar.get(event_id), move) != wanted.state:
            raise Unavailable("The event is being changed. Please try again shortly.") from None


def _answer(calendar: CalendarAccount, event_id: str, decline: DeclineEvent) -> str:
    """Return the answer: tentative where there is none yet, as none can be taken back.

    What was declined Outlook takes out of the calendar.

    Raises:
        PreconditionFailed: it takes place at another time than the user was asked about.
    """
    try:
        found = calendar.get(event_id)
    except NotFound:
        return Answer.DECLINED.value
    _require_unmoved(found, decline)
    event = found.event
    if event.organizer_is_self:
        raise Forbidden("You organize this event. Cancel it in your calendar instead.")
    return Answer.TENTATIVE.value if event.self_response == "needs_action" else event.self_response


def _seen(one: "ConnectedEvent") -> str:
    event = one.event
    return entered_as(
        event.title, event.start, event.end, place=event.location, text=event.description, people=one.people
    )


def _enter(calendar: CalendarAccount, effect: Effect, action: CreateEvent, now: datetime) -> None:
    """Enter the event where its time is free still, or will be once what it needs is done.

    Raises:
        PreconditionFailed: the time is over, or something else takes it.
    """
    from assistant.domain.calendar.connected import NewEvent  # noqa: PLC0415 - the adapter loaded it

    at = action.at.value
    if at.end <= now:
        raise PreconditionFailed(_OVER)
    if _in_the_way(calendar, effect, at, action.timezone.value, action.beside.value):
        raise PreconditionFailed(_TAKEN)
    calendar.create(NewEvent(effect.id, action.title.value, at.start, at.end, private=True))


def _in_the_way(
    calendar: CalendarAccount, effect: Effect, at: EventTime, timezone: str, beside: Sequence[str] = ()
) -> Set[str]:
    """Return the ids of what takes this time, save for what the effects it needs take away."""
    from assistant.domain.calendar.connected import is_in_the_way  # noqa: PLC0415 - the adapter loaded it

    zone = ZoneInfo(timezone)
    start, end = at.start.astimezone(zone), at.end.astimezone(zone)
    standing = (one for one in calendar.events(start, end) if is_in_the_way(one, start, end, beside))
    return {one.event.event_id for one in standing} - {one.object_id for one in effect.needs}


def _take_out(calendar: CalendarAccount, effect: Effect) -> None:
    """Delete the event of the effect unless it was changed.

    Raises:
        PreconditionFailed: somebody changed it.
    """
    found = calendar.find(effect.id)
    if found is None:
        return
    if not isinstance(effect.action, CreateEvent) or _seen(found) != effect.action.entered:
        raise PreconditionFailed(_CHANGED)
    try:
        calendar.delete(found.event.event_id, version=found.version)
    except PreconditionFailed:
        # Also the answer where it was deleted, but the provider's word of that was lost.
        if calendar.find(effect.id) is not None:
            raise PreconditionFailed(_CHANGED) from None
