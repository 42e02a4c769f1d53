"""Whole plans are accepted, approved in any order, and taken back: calendars are as the plan says, then as before."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.calendar.connected import ConnectedEvent, takes_time
from assistant.domain.calendar.greedy import greedy_plan
from assistant.domain.calendar.plan import Plan, placed
from assistant.domain.calendar.problem import Interval, Problem
from assistant.domain.calendar.suggestions import reviewed, suggestion_id
from assistant.domain.effects.effect import EffectState
from tests.fakes.plans import greedy_record, unproven
from tests.unit.calendar.weeks import problems
from tests.unit.services.accepting import PLAN, Accepting

CEO = "ceo@company.com"


def moment(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def connected(week: Problem) -> tuple[Accepting, Problem, Plan]:
    """A user in whose calendar the week stands, under its own ids: they are invited to what they decline."""
    declined = greedy_plan(week).declined
    user = Accepting(moment(week.days[0].whole.start) - timedelta(days=1))
    ids = {}
    for one in week.events:
        people = ["ann@company.com"] if one.is_meeting else []
        organizer = CEO if one.id in declined else "user@company.com"
        at = moment(one.start), moment(one.end)
        ids[one.id] = user.desk.calendar.add(one.title, *at, attendees=people, organizer=organizer)
        user.desk.calendar.respond(ids[one.id], "accepted")
        user.keep(user.desk.calendar.get(ids[one.id]))
    events = sorted((replace(one, id=ids[one.id]) for one in week.events), key=lambda one: (one.start, one.id))
    known = replace(week, events=tuple(events))
    return user, known, renamed(greedy_plan(week), ids)


def renamed(plan: Plan, ids: Mapping[str, str]) -> Plan:
    return replace(
        plan,
        moved={ids[name]: at for name, at in plan.moved.items()},
        declined=frozenset(ids[name] for name in plan.declined),
        shortened=frozenset(ids[name] for name in plan.shortened),
        merged=tuple(replace(one, first=ids[one.first], second=ids[one.second]) for one in plan.merged),
    )


def wanted(week: Problem, plan: Plan) -> list[Interval]:
    """Return the times that are taken where a plan is written: by meetings, focus time and tasks."""
    blocks = (*plan.focus, *(at for pieces in plan.tasks.values() for at in pieces))
    return sorted([*(one.at for one in placed(week, plan)), *blocks])


def taken(events: Sequence[ConnectedEvent]) -> list[Interval]:
    attended = [one.event for one in events if takes_time(one.event)]
    times = ((one.start, one.end) for one in attended)
    return sorted(Interval(*(int(at.timestamp()) // 60 for at in both if isinstance(at, datetime))) for both in times)


@given(week=problems(), data=st.data())
def test_a_plan_is_written_and_taken_back(week: Problem, data: st.DataObject) -> None:
    user, known, plan = connected(week)
    whole = moment(known.days[0].whole.start - 1440), moment(known.days[-1].whole.end + 1440)
    calendar = user.desk.calendar
    before = [one.event for one in calendar.events(*whole)]
    record = replace(greedy_record(PLAN, user.desk.clock.now()), problem=known, solution=unproven(known, plan))
    assert user.plans.save(record)
    numbers = range(1, len(reviewed(known, plan).changes) + 1)
    asked = user.accept(*(suggestion_id(1, number) for number in numbers)).asked if numbers else ()
    for view in data.draw(st.permutations(asked)):
        user.approve(view)
    assert {user.state(view) for view in asked} <= {EffectState.DONE}
    if not plan.merged:
        assert taken(calendar.events(*whole)) == wanted(known, plan)
    user.undo()
    assert [one.event for one in calendar.events(*whole)] == before
