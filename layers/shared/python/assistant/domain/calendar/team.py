"""Several people's calendars planned together: a meeting they share moves once, for all of them.

Each member has a problem of their own, with their own zone, hours and wishes, and gets a plan of their own: nothing of
one calendar ever stands in another, but for the meetings both hold. An event with the same id at the same time in two
calendars is one meeting; it may stay or move, and move only where every one of its people may. Declining, shortening
and merging are left to what belongs to one member alone.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain
from zoneinfo import ZoneInfo

from assistant.domain.calendar.greedy import greedy_plan
from assistant.domain.calendar.objective import Score, move_cost, score
from assistant.domain.calendar.plan import Plan
from assistant.domain.calendar.problem import Event, Interval, Problem
from assistant.domain.calendar.request import CalendarEvent, Flexibility

_STRICTEST_FIRST = tuple(Flexibility)


@dataclass(frozen=True, slots=True)
class Team:
    """Problems by user id, over the same days and on the same grid, and the shared meetings by id with their users."""

    members: Mapping[str, Problem]
    shared: Mapping[str, tuple[str, ...]]


def complete_calendars(calendars: Mapping[str, Sequence[CalendarEvent]]) -> Mapping[str, tuple[CalendarEvent, ...]]:
    """Return the calendars, by address, with every meeting on those of all members it needs.

    Who has its id at another time has another meeting, or knows better. How far a meeting may move says the calendar of
    its organizer; where none is its organizer's, the strictest.
    """
    copies: defaultdict[tuple[str, date], dict[str, CalendarEvent]] = defaultdict(dict)
    known: defaultdict[str, set[str]] = defaultdict(set)
    for address, events in calendars.items():
        for event in events:
            copies[event.event_id, _begins(event)][address] = event
            known[event.event_id].add(address)
    completed: defaultdict[str, list[CalendarEvent]] = defaultdict(list)
    for (event_id, _), held in copies.items():
        owner = next((event for event in held.values() if event.organizer_is_self), None)
        flexibility = owner.flexibility if owner else min((event.flexibility for event in held.values()), key=_leeway)
        original = owner or next(iter(held.values()))
        needed = {attendee.email for attendee in original.attendees if not attendee.optional} & calendars.keys()
        for address in (*held, *sorted(needed - known[event_id])):
            copy = held.get(address) or original.model_copy(update={"organizer_is_self": False})
            shared = len(held) > 1 or bool(needed)
            completed[address].append(copy.model_copy(update={"flexibility": flexibility}) if shared else copy)
    return {address: tuple(completed[address]) for address in calendars}


def team_of(problems: Mapping[str, Problem]) -> Team:
    """Return the team with its shared meetings found, each as movable as its least movable copy."""
    holders: defaultdict[tuple[str, Interval], list[str]] = defaultdict(list)
    for user, problem in problems.items():
        for event in problem.events:
            holders[event.id, event.at].append(user)
    meetings: defaultdict[str, list[list[str]]] = defaultdict(list)
    for (name, _), users in holders.items():
        if len(users) > 1:
            meetings[name].append(users)
    shared = {name: tuple(chain.from_iterable(groups)) for name, groups in meetings.items()}
    # Two meetings of one id would have to move to the same time.
    movable = {
        name: len(meetings[name]) == 1 and all(_event(problems[user], name).movable for user in users)
        for name, users in shared.items()
    }
    members = {
        user: replace(
            problem,
            events=tuple(
                _as_shared(event, movable=movable[event.id]) if user in shared.get(event.id, ()) else event
                for event in problem.events
            ),
        )
        for user, problem in problems.items()
    }
    return Team(members, shared)


def team_score(team: Team, plans: Mapping[str, Plan]) -> Score:
    """Return what the plans cost all members together; the move of a shared meeting is paid once, as its first pays."""
    scores = [score(problem, plans[user]) for user, problem in team.members.items()]
    paid_again = sum(
        move_cost(team.members[user], _event(team.members[user], name), plans[user].moved[name].start)
        for name, users in team.shared.items()
        for user in users[1:]
        if name in plans[user].moved
    )
    return Score(
        sum(one.conflicts for one in scores),
        sum(one.unmet for one in scores),
        sum(one.cost for one in scores) - paid_again,
    )


def torn(team: Team, plans: Mapping[str, Plan]) -> frozenset[str]:
    """Return the shared meetings that the plans put at different times."""
    return frozenset(
        name for name, users in team.shared.items() if len({plans[user].moved.get(name) for user in users}) > 1
    )


def separate_plans(team: Team) -> Mapping[str, Plan]:
    """Return a good plan for each member that leaves every shared meeting where it is."""
    return {user: greedy_plan(_settled(problem, team, user)) for user, problem in team.members.items()}


def _settled(problem: Problem, team: Team, user: str) -> Problem:
    events = tuple(
        replace(event, flexibility=Flexibility.FIXED) if user in team.shared.get(event.id, ()) else event
        for event in problem.events
    )
    return replace(problem, events=events)


def _as_shared(event: Event, *, movable: bool) -> Event:
    flexibility = event.flexibility if movable else Flexibility.FIXED
    return replace(event, flexibility=flexibility, declinable=False, shortened=None, merge_key=None)


def _begins(event: CalendarEvent) -> date:
    start = event.start
    if isinstance(start, datetime) and start.tzinfo is None and event.timezone:
        return start.replace(tzinfo=ZoneInfo(event.timezone))
    return start


def _event(problem: Problem, name: str) -> Event:
    return next(event for event in problem.events if event.id == name)


def _leeway(flexibility: Flexibility) -> int:
    return _STRICTEST_FIRST.index(flexibility)
