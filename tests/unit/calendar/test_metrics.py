from dataclasses import replace

from assistant.domain.calendar.metrics import metrics
from assistant.domain.calendar.objective import do_nothing
from assistant.domain.calendar.plan import EMPTY_PLAN
from assistant.domain.calendar.unmet import unmet
from tests.unit.calendar.weeks import MONDAY, at, event, problem, with_focus


def test_a_day_in_numbers() -> None:
    week = problem(
        event("early", "2026-03-23T08:30"),
        event("a", "2026-03-23T10:00", 45, flexibility="same_day"),
        event("b", "2026-03-23T10:30"),
        event("c", "2026-03-23T11:35", 25),
        event("lunch", "2026-03-23T12:00", attendees=[]),
        days=1,
        focus_time_hours=4,
        min_focus_block_minutes=90,
    )

    before = metrics(week, do_nothing(week))

    assert before.conflicts == 1
    assert before.outside_minutes == 30
    assert before.buffer_violations == 1
    assert before.meeting_minutes == 60 + 45 + 60 + 25
    assert before.meetings_per_day == {MONDAY: 4}
    # Free are 9:30-10:00, 11:30-11:35 and 13:00-17:00.
    assert (before.fragmented_minutes, before.fragments) == (35, 2)
    assert (before.potential_focus_minutes, before.longest_free_block) == (240, 240)
    assert (before.protected_focus_minutes, before.focus_shortfall_minutes) == (240, 0)


def test_focus_time_that_stands_is_protected() -> None:
    week = problem(
        event("Focus time", "2026-03-23T09:00", 90, attendees=[]),
        event("offsite", "2026-03-23T11:00", 360),
        days=1,
        focus_time_hours=2,
    )
    before = metrics(week, do_nothing(week))
    assert (before.protected_focus_minutes, before.focus_shortfall_minutes) == (90, 30)
    (missing,) = unmet(week, do_nothing(week))
    assert missing.detail == "Monday 23 March has 1 h 30 min of focus time; you want 2 h."


def test_the_numbers_follow_the_plan() -> None:
    week = problem(
        event("client", "2026-03-23T10:00", is_external=True),
        event("review", "2026-03-23T10:30", flexibility="same_day"),
        days=1,
    )
    plan = with_focus(week, replace(EMPTY_PLAN, moved={"review": at(week, "2026-03-23T13:00")}))

    after = metrics(week, plan)

    assert (metrics(week, do_nothing(week)).conflicts, after.conflicts) == (1, 0)
    assert after.longest_free_block == 180


def test_a_range_without_work_has_no_gaps() -> None:
    weekend = problem(first=MONDAY.replace(day=28), days=2)

    numbers = metrics(weekend, do_nothing(weekend))

    assert (numbers.meetings_per_day, numbers.longest_free_block, numbers.fragments) == ({}, 0, 0)
