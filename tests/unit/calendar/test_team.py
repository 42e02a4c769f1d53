"""Several calendars in one plan: shared meetings move once for all, and each member keeps their own rules."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.adapters import cp_sat_week
from assistant.adapters.cp_sat_team import CpSatTeamSolver
from assistant.domain.calendar.objective import Score, best_focus, move_cost, score
from assistant.domain.calendar.plan import EMPTY_PLAN, Plan
from assistant.domain.calendar.problem import Interval
from assistant.domain.calendar.reading import read_problem
from assistant.domain.calendar.request import Attendee, CalendarEvent, Constraints, DateRange, Flexibility
from assistant.domain.calendar.rules import starts, violations
from assistant.domain.calendar.solution import Status
from assistant.domain.calendar.team import Team, complete_calendars, separate_plans, team_of, team_score, torn
from tests.fakes.examples import examples

ANA, BEN = "ana@company.com", "ben@company.com"
MORNING: dict[str, Any] = {"no_meetings_before": "09:00", "no_meetings_after": "12:00", "focus_time_hours": 1}
SECONDS = 20.0


def event(event_id: str, start: str, end: str, attendees: Sequence[str], **more: Any) -> CalendarEvent:
    return CalendarEvent.model_validate(
        {
            "event_id": event_id,
            "start": f"2025-01-20T{start}",
            "end": f"2025-01-20T{end}",
            "attendees": [{"email": email} for email in attendees],
            "flexibility": "same_day",
            **more,
        }
    )


def team(
    calendars: Mapping[str, Sequence[CalendarEvent]], zones: Mapping[str, str] | None = None, **constraints: Any
) -> Team:
    return team_of(
        {
            address: read_problem(
                events,
                date_range=DateRange.model_validate({"start_date": "2025-01-20", "end_date": "2025-01-20"}),
                zone=ZoneInfo((zones or {}).get(address, "Europe/Berlin")),
                constraints=Constraints.model_validate(MORNING | constraints),
                grid=30,
            )
            for address, events in complete_calendars(calendars).items()
        }
    )


def solved(planned: Team) -> Mapping[str, Plan]:
    solution = CpSatTeamSolver().solve(planned, separate_plans(planned), seconds=SECONDS)
    assert solution.status is Status.OPTIMAL
    assert solution.gaps == (0, 0, 0)
    assert solution.score == team_score(planned, solution.plan)
    return solution.plan


def test_a_shared_meeting_moves_once_for_all_of_its_people() -> None:
    planned = team(
        {
            ANA: [
                event("joint", "09:00", "10:00", [BEN], organizer_is_self=True),
                event("client", "09:00", "10:00", ["client@x.com"], flexibility="fixed"),
            ],
            BEN: [event("lawyer", "11:00", "12:00", ["lawyer@x.com"], flexibility="fixed")],
        }
    )
    assert planned.shared == {"joint": (ANA, BEN)}
    plans = solved(planned)
    ten = next(one.end for one in (event.at for event in planned.members[ANA].events))
    assert plans[ANA].moved == plans[BEN].moved == {"joint": Interval(ten, ten + 60)}
    both = score(planned.members[ANA], plans[ANA]).cost + score(planned.members[BEN], plans[BEN]).cost
    joint = next(event for event in planned.members[BEN].events if event.id == "joint")
    assert team_score(planned, plans).cost == both - move_cost(planned.members[BEN], joint, ten)


def test_a_time_that_one_member_may_not_use_is_used_by_none() -> None:
    """Nine in New York is three in the afternoon in Berlin: no meeting hour suits both, so the conflict stays."""
    calendars = {
        ANA: [
            event("joint", "09:00", "10:00", [BEN], organizer_is_self=True, timezone="Europe/Berlin"),
            event("client", "09:00", "10:00", ["client@x.com"], flexibility="fixed", timezone="Europe/Berlin"),
        ],
        BEN: [],
    }
    plans = solved(team(calendars, {BEN: "America/New_York"}))
    assert plans[ANA].moved == plans[BEN].moved == {}


def test_the_organizer_says_how_far_a_meeting_may_move() -> None:
    meeting = event("joint", "09:00", "10:00", [BEN], organizer_is_self=True)
    copy = event("joint", "09:00", "10:00", [ANA], flexibility="fixed")
    by_owner = complete_calendars({ANA: [meeting], BEN: [copy]})
    nobodys = complete_calendars({ANA: [meeting.model_copy(update={"organizer_is_self": False})], BEN: [copy]})
    assert {held[0].flexibility for held in by_owner.values()} == {Flexibility.SAME_DAY}
    assert {held[0].flexibility for held in nobodys.values()} == {Flexibility.FIXED}


def test_only_those_who_are_needed_get_a_meeting_they_do_not_have() -> None:
    needed = event("needed", "09:00", "10:00", [BEN])
    maybe = Attendee(email=BEN, optional=True)
    optional = event("optional", "10:00", "11:00", []).model_copy(update={"attendees": (maybe,)})
    private = event("private", "11:00", "12:00", ["doctor@x.com"], title="Doctor")
    calendars = complete_calendars({ANA: [needed, optional, private], BEN: []})
    assert [held.event_id for held in calendars[BEN]] == ["needed"]
    assert list(calendars[ANA]) == [needed, optional, private]


def test_who_has_the_id_at_another_time_has_another_meeting() -> None:
    needed, other = event("1", "09:00", "10:00", [BEN]), event("1", "11:00", "12:00", [])
    calendars = complete_calendars({ANA: [needed], BEN: [other]})
    assert (list(calendars[ANA]), list(calendars[BEN])) == ([needed], [other])


def test_two_meetings_of_one_id_stay_where_they_are() -> None:
    early, late = event("1", "09:00", "10:00", []), event("1", "11:00", "12:00", [])
    planned = team({"a@x.com": [early], "b@x.com": [early], "c@x.com": [late], "d@x.com": [late]})
    assert planned.shared == {"1": ("a@x.com", "b@x.com", "c@x.com", "d@x.com")}
    assert not any(one.movable for member in planned.members.values() for one in member.events)


def test_what_is_shared_is_neither_declined_nor_cut_nor_merged() -> None:
    held = event("joint", "09:00", "10:00", [BEN], declinable=True, min_duration_minutes=30, merge_key="weekly")
    planned = team({ANA: [held], BEN: []})
    for problem in planned.members.values():
        (shared,) = problem.events
        assert (shared.declinable, shared.shortened, shared.merge_key) == (False, None, None)


HALF_HOURS = [f"{hour:02}:{minute:02}" for hour in range(9, 12) for minute in (0, 30)]
NEXT = dict(zip(HALF_HOURS, [*HALF_HOURS[1:], "12:00"], strict=True))
MOVABLE = st.sampled_from(["fixed", "same_day"])


@given(
    shared=st.lists(st.tuples(st.sampled_from(HALF_HOURS), MOVABLE), min_size=1, max_size=2),
    own=st.lists(st.tuples(st.sampled_from([ANA, BEN]), st.sampled_from(HALF_HOURS), MOVABLE), max_size=2),
)
@examples(15)
def test_no_allowed_plans_score_lower(shared: list[tuple[str, str]], own: list[tuple[str, str, str]]) -> None:
    calendars: dict[str, list[CalendarEvent]] = {ANA: [], BEN: []}
    for index, (start, flexibility) in enumerate(shared):
        calendars[ANA].append(event(f"s{index}", start, NEXT[start], [BEN], flexibility=flexibility))
    for index, (who, start, flexibility) in enumerate(own):
        calendars[who].append(event(f"o{index}", start, NEXT[start], ["x@x.com"], flexibility=flexibility))
    planned = team(calendars, meeting_buffer_minutes=30)
    assert team_score(planned, solved(planned)) == least(planned)


def least(planned: Team) -> Score:
    """Return the best score of all plans, by trying each."""
    offers: dict[str, set[int]] = {}
    for problem in planned.members.values():
        for one in problem.events:
            possible = set(starts(problem, one)) - {one.start}
            offers[one.id] = offers.get(one.id, possible) & possible
    names = list(offers)
    best: list[Score] = []
    for chosen in product(*([None, *sorted(offers[name])] for name in names)):
        times = dict(zip(names, chosen, strict=True))
        plans = {}
        for user, problem in planned.members.items():
            moved = {
                one.id: Interval(start, start + one.minutes)
                for one in problem.events
                if (start := times[one.id]) is not None
            }
            plan = Plan(moved=moved)
            plans[user] = Plan(moved=moved, focus=best_focus(problem, plan))
        if not any(violations(problem, plans[user]) for user, problem in planned.members.items()):
            best.append(team_score(planned, plans))
    return min(best)


def test_plans_that_tear_a_meeting_apart_are_seen() -> None:
    planned = team({ANA: [event("joint", "09:00", "09:30", [BEN])], BEN: []})
    start = planned.members[ANA].events[0].start + 60
    plans = {ANA: Plan(moved={"joint": Interval(start, start + 30)}), BEN: EMPTY_PLAN}
    assert torn(planned, plans) == {"joint"}


def test_without_time_the_start_is_the_answer() -> None:
    planned = team({ANA: [event("joint", "09:00", "09:30", [BEN])], BEN: []})
    start = separate_plans(planned)
    solution = CpSatTeamSolver().solve(planned, start, seconds=0.0)
    assert (solution.plan, solution.status, solution.bounds) == (start, Status.FEASIBLE, None)
    assert solution.gaps == (None, None, None)


def test_a_team_too_large_to_search_keeps_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cp_sat_week, "MOST_BINARIES", 3)
    planned = team({ANA: [event("joint", "09:00", "09:30", [BEN])], BEN: []})
    start = separate_plans(planned)
    solution = CpSatTeamSolver().solve(planned, start, seconds=SECONDS)
    assert (solution.plan, solution.status, solution.bounds) == (start, Status.FEASIBLE, None)


def test_a_plan_names_only_what_is_on_its_own_calendar() -> None:
    planned = team(
        {
            ANA: [event("joint", "09:00", "09:30", [BEN]), event("anas", "09:00", "09:30", ["x@x.com"])],
            BEN: [event("bens", "09:00", "09:30", ["y@x.com"])],
        }
    )
    for user, plan in solved(planned).items():
        assert {*plan.moved} <= {one.id for one in planned.members[user].events}
    assert {one.id for one in planned.members[BEN].events} == {"joint", "bens"}
