from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from assistant.domain.calendar.objective import Score, best_focus, do_nothing, move_cost, outside_minutes, score
from assistant.domain.calendar.plan import EMPTY_PLAN, Merge, Plan, placed
from assistant.domain.calendar.problem import Problem
from assistant.domain.calendar.request import CalendarEvent, FocusTask
from assistant.domain.calendar.rules import violations
from tests.unit.calendar.weeks import at, clock, event, named, problem, problems, with_focus

NO_FOCUS: dict[str, Any] = {"focus_time_hours": 0}


def test_tiers_come_one_after_the_other() -> None:
    assert Score(0, 900, 900) < Score(1, 0, 0)
    assert Score(1, 0, 900) < Score(1, 1, 0)
    assert Score(1, 2, 3).tiers == (1, 2, 3)


def test_every_overlapping_pair_is_a_conflict() -> None:
    week = problem(
        event("a", "2026-03-23T10:00", 90),
        event("b", "2026-03-23T10:30"),
        event("c", "2026-03-23T11:00"),
        event("d", "2026-03-23T11:30", attendees=[]),
        **NO_FOCUS,
    )

    # a-b, a-c, b-c and c-d; b and d only touch.
    assert score(week, EMPTY_PLAN).conflicts == 4


@pytest.mark.parametrize(
    ("start", "minutes", "outside"),
    [
        ("2026-03-23T08:30", 60, 30),
        ("2026-03-23T16:30", 120, 90),
        ("2026-03-23T12:30", 60, 30),
        ("2026-03-23T20:00", 24 * 60, 24 * 60 - 3 * 60),
        ("2026-03-28T10:00", 60, 0),
        ("2026-03-29T23:00", 120, 60),
    ],
)
def test_minutes_outside_the_hours(start: str, minutes: int, outside: int) -> None:
    week = problem(
        days=7,
        no_meetings_windows=[{"start": "13:00", "end": "14:00"}],
        no_meetings_days=["Tuesday afternoon"],
        **NO_FOCUS,
    )

    assert outside_minutes(week, at(week, start, minutes)) == outside


def test_every_minute_of_a_meeting_on_a_day_away_is_outside() -> None:
    away = CalendarEvent.model_validate(
        {"event_id": "away", "all_day": True, "start": "2026-03-24", "end": "2026-03-25", "transparency": "opaque"}
    )
    week = problem(away, event("e", "2026-03-24T10:00"), **NO_FOCUS)

    assert score(week, EMPTY_PLAN) == Score(0, 60, 0)


def test_only_meetings_need_meeting_hours_and_count_towards_the_maximum() -> None:
    alone = [event(name, "2026-03-23T07:00", 30, attendees=[]) for name in "a"]
    meetings = [event(f"m{number}", f"2026-03-23T{number + 9:02d}:00", 30) for number in range(4)]

    week = problem(*alone, *meetings, max_meetings_per_day=2, **NO_FOCUS)

    assert score(week, EMPTY_PLAN) == Score(0, 120, 0)


def test_a_task_counts_as_scheduled_only_when_whole() -> None:
    tasks = [
        FocusTask(task_id=name, duration_minutes=120, chunk_minutes=60, priority=name) for name in ("P1", "P2", "P4")
    ]
    week = problem(tasks=tasks, **NO_FOCUS)
    pieces = (at(week, "2026-03-23T09:00"), at(week, "2026-03-23T10:00"))

    assert score(week, EMPTY_PLAN).unmet == 240 + 120 + 30
    assert score(week, Plan(tasks={"P1": pieces, "P2": (at(week, "2026-03-23T11:00"),)})).unmet == 120 + 30


def test_short_gaps_between_meetings_cost_and_touching_ones_too() -> None:
    week = problem(
        event("a", "2026-03-23T10:00"),
        event("b", "2026-03-23T11:00", 5),
        event("c", "2026-03-23T11:09", 30),
        event("alone", "2026-03-23T11:45", 30, attendees=[]),
        **NO_FOCUS,
    )

    # a-b and b-c, and a-c with nine minutes between.
    assert score(week, EMPTY_PLAN) == Score(0, 0, 45)


def test_focus_counts_in_blocks_that_are_long_enough() -> None:
    week = problem(event("a", "2026-03-23T10:45", 60), event("b", "2026-03-23T13:30", 120), days=1, focus_time_hours=4)

    # Left are 1:45, 1:45 and 1:30; nothing of two hours.
    assert best_focus(week, EMPTY_PLAN) == ()
    assert score(week, do_nothing(week)).cost == 240


def test_focus_takes_the_longest_gap_first_and_no_more_than_wanted() -> None:
    week = problem(event("a", "2026-03-23T11:30", 30), days=2, focus_time_hours=3)

    blocks = [(clock(week, block.start), block.minutes) for block in best_focus(week, EMPTY_PLAN)]

    assert blocks == [("2026-03-23T12:00-04:00", 180), ("2026-03-24T09:00-04:00", 180)]


@given(problems())
def test_best_focus_is_allowed(week: Problem) -> None:
    assert violations(week, do_nothing(week)) == ()


@given(problems())
def test_no_focus_block_can_be_added_where_some_is_missing(week: Problem) -> None:
    focus = best_focus(week, EMPTY_PLAN)
    protected = dict.fromkeys((day.date for day in week.days), 0)
    for block in focus:
        protected[week.local(block.start).date()] += block.minutes

    for day in week.days:
        if protected[day.date] < day.focus_wanted:
            for start in range(day.work.start // week.grid * week.grid, day.work.end, week.grid):
                more = at(week, clock(week, start)[:16], week.min_focus_block)._replace(start=start)
                more = more._replace(end=start + -(-week.min_focus_block // week.grid) * week.grid)
                assert violations(week, replace(EMPTY_PLAN, focus=(*focus, more)))


def test_the_price_of_a_move() -> None:
    week = problem(event("e", "2026-03-23T10:00", attendees=[{"email": f"{name}@b.c"} for name in "xyz"]), days=14)
    moved = named(week, "e")

    assert move_cost(week, moved, at(week, "2026-03-23T10:05").start) == 20 + 12 + 1
    assert move_cost(week, moved, at(week, "2026-03-25T09:00").start) == 20 + 12 + 32 + 4
    crowd = replace(moved, attendees=40)
    assert move_cost(week, crowd, at(week, "2026-03-24T10:00").start) == 20 + 40 + 16


def test_a_move_over_a_dst_change_keeps_the_time_of_day() -> None:
    week = problem(event("e", "2026-03-06T10:00"), first=date(2026, 3, 2), days=14)

    assert move_cost(week, named(week, "e"), at(week, "2026-03-09T10:00").start) == 20 + 4 + 3 * 16


def test_the_price_of_other_changes() -> None:
    leeway: dict[str, Any] = {"flexibility": "same_day", "merge_key": "k"}
    week = problem(
        event("a", "2026-03-23T10:00", 30, **leeway),
        event("b", "2026-03-23T13:00", 30, **leeway),
        event("c", "2026-03-24T10:00", declinable=True, priority="P1"),
        event("d", "2026-03-25T10:00", min_duration_minutes=45),
        **NO_FOCUS,
    )
    merge = Merge("a", "b", at(week, "2026-03-23T11:00", 45))

    assert score(week, Plan(merged=(merge,))).cost == 34
    assert score(week, Plan(declined=frozenset({"c"}))).cost == 400
    assert score(week, Plan(shortened=frozenset({"d"}))).cost == 17


def test_the_calendar_a_plan_makes() -> None:
    leeway: dict[str, Any] = {"flexibility": "same_day", "merge_key": "k"}
    week = problem(
        event("a", "2026-03-23T10:00", 30, **leeway),
        event("b", "2026-03-23T13:00", 30, attendees=[{"email": "bob@company.com"}], **leeway),
        event("c", "2026-03-23T15:00", declinable=True),
        event("d", "2026-03-23T16:00", min_duration_minutes=45),
        event("e", "2026-03-24T10:00", flexibility="same_day"),
    )
    plan = Plan(
        moved={"e": at(week, "2026-03-24T09:00")},
        declined=frozenset({"c"}),
        shortened=frozenset({"d"}),
        merged=(Merge("a", "b", at(week, "2026-03-23T11:00", 45)),),
    )

    calendar = [
        (one.event.id, clock(week, one.at.start)[8:16], one.at.minutes, one.moved) for one in placed(week, plan)
    ]

    assert calendar == [("a", "23T11:00", 45, True), ("d", "23T16:00", 45, False), ("e", "24T09:00", 60, True)]
    assert placed(week, plan)[0].required == ("ann@company.com", "bob@company.com")
    assert with_focus(week, plan).focus
