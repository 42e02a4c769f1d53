"""What accepted suggestions of a plan do to connected calendars."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from assistant.domain.calendar.changes import Change, ChangeType, closure, dependencies
from assistant.domain.calendar.connected import ConnectedEvent, is_in_the_way, takes_time
from assistant.domain.calendar.focus_time import FOCUS_TIME
from assistant.domain.calendar.kept import CalendarPlace, KeptCalendar, KeptEvent
from assistant.domain.calendar.plan import placed
from assistant.domain.calendar.plan_record import PlanRecord
from assistant.domain.calendar.problem import Event, Interval, Problem, Task
from assistant.domain.calendar.reasoning import visible_title
from assistant.domain.effects.actions import AnyAction, CreateEvent, DeclineEvent, EventTime, MoveEvent
from assistant.domain.effects.effect import LONGEST_TITLE, MOST_NEEDED, Capability, Effect, Origin, Target
from assistant.domain.effects.provenance import Traced
from assistant.domain.languages import WrittenLanguage
from assistant.domain.sources import Source, SourceKind
from assistant.domain.triage.decision import DecidedBy

# A shortened meeting is moved to a time that ends sooner.
_ALTER: Final = frozenset({ChangeType.RESCHEDULE, ChangeType.SHORTEN, ChangeType.DECLINE})
_ENTER: Final = frozenset({ChangeType.FOCUS_BLOCK, ChangeType.TASK_BLOCK})

type _Actions = Iterator[tuple[int, Target, AnyAction]]


@dataclass(frozen=True, slots=True)
class PlannedEffect:
    """The effect of a change; ``needs`` are the places among the others of those it needs, directly or not."""

    effect: Effect
    needs: frozenset[int]


def effects_of_plan(
    record: PlanRecord, chosen: Sequence[Change], kept: KeptCalendar, *, language: WrittenLanguage, now: datetime
) -> tuple[PlannedEffect, ...]:
    """Return the effects of changes to events that stand in a connected calendar, and of time that is entered there.

    The user moves what they organize, and declines what others do. What has begun, or would be over, is left out, and
    what needs a change that is not among them while an event stands in its way. ``chosen`` break no rule together.
    Merging two meetings is for the user to do: nothing takes the cancelling of one back.
    """
    begun = {event.id for event in record.problem.events if _time(event.at).start <= now}
    wanted = {
        place: one
        for place, one in enumerate(chosen)
        if begun.isdisjoint(one.altered) and (one.at is None or _time(one.at).end > now)
    }
    found = (*_altered(wanted, record, kept), *_entered(wanted, record, kept, language))
    actions = {place: (target, action) for place, target, action in found}
    needs = _needs(record.problem, chosen, kept)
    together = {place: closure([place], needs) for place in sorted(actions)}
    whole = [place for place, all_ in together.items() if all_ <= actions.keys() and len(all_) <= MOST_NEEDED]
    places = {place: number for number, place in enumerate(whole)}
    return tuple(
        PlannedEffect(
            _effect(record, *actions[place], now=now), frozenset(places[other] for other in together[place] - {place})
        )
        for place in whole
    )


def _effect(record: PlanRecord, target: Target, action: AnyAction, *, now: datetime) -> Effect:
    return Effect(
        user_id=record.user_id,
        target=target,
        action=action,
        origin=Origin(capability=Capability.CALENDAR, run_id=record.plan_id, decided_by=DecidedBy.CORE),
        confidence=1,
        reasoning="You accepted this suggestion of your plan.",
        proposed_at=now,
    )


def _needs(problem: Problem, chosen: Sequence[Change], kept: KeptCalendar) -> Sequence[frozenset[int]]:
    """Return the places of the changes each needs, save for those whose events have gone from where they were."""
    seen = {event.id: event for event in problem.events}
    standing = {
        one.connected.event.event_id for one in kept.events if takes_time(one.connected.event) and _is_seen(one, seen)
    }
    open_ = {place for place, one in enumerate(chosen) if not standing.isdisjoint(one.altered)}
    return [needed & open_ for needed in dependencies(problem, chosen)]


def _altered(wanted: Mapping[int, Change], record: PlanRecord, kept: KeptCalendar) -> _Actions:
    """Yield each action in the first calendar whose event takes it: one meeting may stand in two of the user's."""
    problem = record.problem
    seen = {event.id: event for event in problem.events}
    unseen = [one.connected for one in kept.events if not _is_seen(one, seen)]
    accounts = {place.connection_id: place.account for place in kept.places}
    known: defaultdict[str, list[KeptEvent]] = defaultdict(list)
    for one in kept.events:
        known[one.connected.event.event_id].append(one)
    for place, change in wanted.items():
        if change.type in _ALTER:
            event = seen[change.events[0]]
            if change.type is ChangeType.RESCHEDULE and _is_taken(change, unseen, problem):
                continue
            beside = _known_at((event.at, change.at), record) if change.at else ()
            actions = (
                (
                    _target(one, accounts.get(one.connection_id, "")),
                    _action(change, event, one, problem.zone.key, beside),
                )
                for one in known[event.id]
            )
            yield from islice(((place, target, action) for target, action in actions if action), 1)


def _is_taken(change: Change, unseen: Sequence[ConnectedEvent], problem: Problem) -> bool:
    """Whether something the plan did not see there takes the new time."""
    if change.at is None:
        return False
    start, end = (problem.local(minute) for minute in change.at)
    return any(is_in_the_way(one, start, end, ()) for one in unseen if one.event.event_id not in change.events)


def _entered(
    wanted: Mapping[int, Change], record: PlanRecord, kept: KeptCalendar, language: WrittenLanguage
) -> _Actions:
    """Yield events to be entered, each where all calendars are known to leave its time free.

    What the plan saw does not count: its rules say whether it goes away.
    """
    seen = {event.id: event for event in record.problem.events}
    home = _home(kept, seen)
    unseen = [one.connected for one in kept.events if not _is_seen(one, seen)]
    for place, change in wanted.items():
        if change.type not in _ENTER or not change.at or not home:
            continue
        start, end = (record.problem.local(minute) for minute in change.at)
        known = all(calendar.covers(start, end) for calendar in kept.places)
        beside = _beside(change, change.at, record, language)
        if known and not any(is_in_the_way(one, start, end, beside) for one in unseen):
            title = _title(change, record.problem, language)
            # Another plan may want the same time again, after what this one entered was deleted.
            target = Target(
                connection_id=home.connection_id, object_id=f"{record.plan_id}/{change.at.start}", title=title.value
            )
            yield (
                place,
                target,
                CreateEvent(
                    title=title,
                    at=Traced(value=_time(change.at)),
                    timezone=Traced(value=record.problem.zone.key),
                    account=Traced(value=home.account),
                    beside=Traced(value=beside),
                ),
            )


def _title(change: Change, problem: Problem, language: WrittenLanguage) -> Traced[str]:
    """Return the title of what is entered: that of the task, or focus time."""
    task = next((task for task in problem.tasks if task.id == change.task), None)
    if task is None:
        return Traced(value=FOCUS_TIME[language])
    return Traced(value=_task_title(task, language), sources=(Source.whole(SourceKind.TASK, task.id),))


def _task_title(task: Task, language: WrittenLanguage) -> str:
    return visible_title(task.title) or FOCUS_TIME[language]


def _beside(change: Change, at: Interval, record: PlanRecord, language: WrittenLanguage) -> tuple[str, ...]:
    """Return the titles of what the plan has at the same time: pieces of tasks stand in focus time."""
    if change.type is ChangeType.TASK_BLOCK:
        return tuple(FOCUS_TIME.values())
    placed = record.solution.plan.tasks
    tasks = (task for task in record.problem.tasks if any(at.overlaps(piece) for piece in placed.get(task.id, ())))
    return tuple(dict.fromkeys(_task_title(task, language) for task in tasks))


def _home(kept: KeptCalendar, seen: Mapping[str, Event]) -> CalendarPlace | None:
    """Return the calendar that most events of the plan stand in; None where none is connected."""
    events = Counter(one.connection_id for one in kept.events if one.connected.event.event_id in seen)
    return max(kept.places, key=lambda place: (events[place.connection_id], place.connection_id), default=None)


def _is_seen(kept: KeptEvent, seen: Mapping[str, Event]) -> bool:
    """Whether an event stands where the plan saw it."""
    event = seen.get(kept.connected.event.event_id)
    return event is not None and _stands(kept) == _time(event.at)


def _known_at(times: Sequence[Interval], record: PlanRecord) -> tuple[str, ...]:
    """Return the ids of the events that stand at these times before the plan or after it."""
    before = ((event.id, event.at) for event in record.problem.events)
    after = ((one.event.id, one.at) for one in placed(record.problem, record.solution.plan))
    return tuple(sorted({name for name, at in (*before, *after) if any(map(at.overlaps, times))}))


def _action(change: Change, event: Event, kept: KeptEvent, zone: str, beside: tuple[str, ...]) -> AnyAction | None:
    found, was = kept.connected.event, _stands(kept)
    organizes = found.organizer_is_self
    if was is None or was != _time(event.at):
        return None
    if change.at is None:
        if not found.attendees or organizes:
            return None
        return DeclineEvent(was=Traced(value=was), timezone=Traced(value=zone))
    if found.attendees and not organizes:
        return None
    to = Traced[EventTime](value=_time(change.at))
    return MoveEvent(was=Traced(value=was), to=to, timezone=Traced(value=zone), beside=Traced(value=beside))


def _stands(kept: KeptEvent) -> EventTime | None:
    """Return when an event takes place, None where it takes whole days."""
    start, end = kept.connected.event.start, kept.connected.event.end
    return EventTime(start=start, end=end) if isinstance(start, datetime) and isinstance(end, datetime) else None


def _time(at: Interval) -> EventTime:
    start, end = (datetime.fromtimestamp(minute * 60, UTC) for minute in at)
    return EventTime(start=start, end=end)


def _target(kept: KeptEvent, account: str) -> Target:
    event = kept.connected.event
    return Target(
        connection_id=kept.connection_id,
        object_id=event.event_id,
        title=event.title[:LONGEST_TITLE],
        account=account,
    )
