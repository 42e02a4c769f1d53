from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given

from assistant.domain.calendar.greedy import greedy_plan
from assistant.domain.calendar.objective import do_nothing, score
from assistant.domain.calendar.plan import EMPTY_PLAN
from assistant.domain.calendar.problem import Problem
from assistant.domain.calendar.request import AttendeeAvailability, FocusTask
from assistant.domain.calendar.rules import violations
from tests.fakes.examples import examples
from tests.unit.calendar.weeks import at, clock, event, problem, problems

MOVES: Mapping[str, Any] = {"flexibility": "same_day"}


@examples(150)
@given(problems())
def test_is_allowed_and_never_worse_than_doing_nothing(week: Problem) -> None:
    plan = greedy_plan(week)

    assert violations(week, plan) == ()
    assert score(week, plan) <= score(week, do_nothing(week))


@examples(30)
@given(problems())
def test_does_not_depend_on_the_run(week: Problem) -> None:
    assert greedy_plan(week) == greedy_plan(replace(week))


def test_leaves_a_calendar_without_trouble_alone() -> None:
    week = problem(event("a", "2026-03-23T09:00", **MOVES), event("b", "2026-03-24T15:00", **MOVES))

    assert greedy_plan(week) == do_nothing(week)


def test_moves_the_flexible_one_of_two_that_overlap_next_to_the_other() -> None:
    week = problem(
        event("client", "2026-03-23T10:00", is_external=True),
        event("review", "2026-03-23T10:30", 30, **MOVES),
        focus_time_hours=0,
    )

    plan = greedy_plan(week)

    assert clock(week, plan.moved["review"].start) == "2026-03-23T11:15-04:00"
    assert score(week, plan).conflicts == 0


def test_declines_what_may_be_declined_where_nothing_can_move() -> None:
    week = problem(
        event("client", "2026-03-23T10:00", is_external=True),
        event("status", "2026-03-23T10:30", declinable=True, priority="P4"),
        focus_time_hours=0,
    )

    assert greedy_plan(week) == replace(EMPTY_PLAN, declined=frozenset({"status"}))


def test_shortens_where_that_is_enough() -> None:
    week = problem(
        event("planning", "2026-03-23T10:00", min_duration_minutes=45, declinable=True),
        event("client", "2026-03-23T10:45", is_external=True),
        focus_time_hours=0,
        meeting_buffer_minutes=0,
    )

    assert greedy_plan(week) == replace(EMPTY_PLAN, shortened=frozenset({"planning"}))


def test_merges_two_where_the_day_has_room_for_one() -> None:
    week = problem(
        event("first", "2026-03-23T10:00", 30, merge_key="1:1", **MOVES),
        event("second", "2026-03-23T14:00", 30, merge_key="1:1", **MOVES),
        days=1,
        focus_time_hours=0,
        max_meetings_per_day=1,
    )

    (merge,) = greedy_plan(week).merged

    assert (merge.first, merge.second, merge.at.minutes) == ("first", "second", 45)


def test_keeps_out_of_the_meeting_the_user_declined_whom_it_needs() -> None:
    filled = [event(f"w{hour}", f"2026-03-23T{hour:02d}:00", 60, is_external=True) for hour in (9, 12, 13, 14, 15, 16)]
    week = problem(
        *filled,
        event("client", "2026-03-23T10:00", is_external=True),
        event("status", "2026-03-23T10:30", 90, declinable=True, attendees=[{"email": "bob@company.com"}]),
        event("review", "2026-03-23T09:30", 30, attendees=[{"email": "bob@company.com"}], **MOVES),
        days=1,
        focus_time_hours=0,
        meeting_buffer_minutes=0,
        max_meetings_per_day=None,
    )

    plan = greedy_plan(week)

    assert plan.declined == {"status"}
    assert not any(new.overlaps(at(week, "2026-03-23T10:30", 90)) for new in plan.moved.values())


def test_schedules_the_more_important_task_where_both_do_not_fit() -> None:
    tasks = [
        FocusTask(task_id="later", duration_minutes=300, chunk_minutes=60, priority="P3"),
        FocusTask(task_id="now", duration_minutes=300, chunk_minutes=60, priority="P1"),
    ]

    plan = greedy_plan(problem(days=1, tasks=tasks))

    assert {name: len(pieces) for name, pieces in plan.tasks.items()} == {"now": 5}


def test_asks_for_no_time_when_somebody_needed_is_busy() -> None:
    busy = AttendeeAvailability.model_validate({"busy": [{"start": "2026-03-23T11:00", "end": "2026-03-23T13:00"}]})
    week = problem(
        event("client", "2026-03-23T10:00", is_external=True),
        event("review", "2026-03-23T10:30", 30, **MOVES),
        availability={"ann@company.com": busy},
        focus_time_hours=0,
        no_meetings_before="10:00",
    )

    assert clock(week, greedy_plan(week).moved["review"].start) == "2026-03-23T13:00-04:00"


def test_answers_when_a_day_is_hopelessly_full() -> None:
    crowd = [event(f"m{number}", "2026-03-23T10:00", flexibility="anywhere") for number in range(300)]
    week = problem(*crowd, max_meetings_per_day=20)

    plan = greedy_plan(week)

    assert violations(week, plan) == ()
    assert score(week, plan) < score(week, do_nothing(week))
