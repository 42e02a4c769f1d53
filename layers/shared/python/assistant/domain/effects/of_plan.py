"""What accepted suggestions of a plan do to events of connected calendars."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from assistant.domain.calendar.changes import Change, ChangeType
from assistant.domain.calendar.kept import KeptEvent
from assistant.domain.calendar.plan_record import PlanRecord
from assistant.domain.calendar.problem import Event, Interval
from assistant.domain.effects.actions import AnyAction, DeclineEvent, EventTime, MoveEvent
from assistant.domain.effects.effect import LONGEST_TITLE, Capability, Effect, Origin, Target
from assistant.domain.effects.provenance import Traced
from assistant.domain.triage.decision import DecidedBy

# A shortened meeting is moved to a time that ends sooner.
_MOVES = frozenset({ChangeType.RESCHEDULE, ChangeType.SHORTEN})


def effects_of_plan(
    record: PlanRecord, chosen: Iterable[Change], kept: Iterable[KeptEvent], *, now: datetime
) -> tuple[Effect, ...]:
    """Return the effects of changes to events that stand in a connected calendar where the plan saw them.

    The user moves what they organize, and declines what others do. Merging two meetings, and time kept free for work,
    are for the user to enter.
    """
    seen = {event.id: event for event in record.problem.events}
    known: defaultdict[str, list[KeptEvent]] = defaultdict(list)
    for one in kept:
        known[one.connected.event.event_id].append(one)
    return tuple(
        Effect(
            user_id=record.user_id,
            target=_target(stands),
            action=action,
            origin=Origin(capability=Capability.CALENDAR, run_id=record.plan_id, decided_by=DecidedBy.CORE),
            confidence=1,
            reasoning="You accepted this suggestion of your plan.",
            proposed_at=now,
        )
        for change in chosen
        for stands, action in _actions(change, seen, known, record.problem.zone.key)
    )


def _actions(
    change: Change, seen: Mapping[str, Event], known: Mapping[str, list[KeptEvent]], zone: str
) -> Iterator[tuple[KeptEvent, AnyAction]]:
    """Yield the action in the first calendar whose event takes it: one meeting may stand in two of the user's."""
    if change.type not in _MOVES | {ChangeType.DECLINE}:
        return
    event = seen[change.events[0]]
    for one in known.get(event.id, ()):
        action = _action(change, event, one, zone)
        if action:
            yield one, action
            return


def _action(change: Change, event: Event, kept: KeptEvent, zone: str) -> AnyAction | None:
    found = kept.connected.event
    start, end = found.start, found.end
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return None
    was, organizes = EventTime(start=start, end=end), found.organizer_is_self
    if was != _time(event.at):
        return None
    if change.at is None:
        return DeclineEvent() if found.attendees and not organizes else None
    if found.attendees and not organizes:
        return None
    return MoveEvent(was=Traced(value=was), to=Traced(value=_time(change.at)), timezone=Traced(value=zone))


def _time(at: Interval) -> EventTime:
    start, end = (datetime.fromtimestamp(minute * 60, UTC) for minute in at)
    return EventTime(start=start, end=end)


def _target(kept: KeptEvent) -> Target:
    event = kept.connected.event
    return Target(connection_id=kept.connection_id, object_id=event.event_id, title=event.title[:LONGEST_TITLE])
