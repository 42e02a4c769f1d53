from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.calendar.objective import do_nothing, score
from assistant.domain.calendar.plan import EMPTY_PLAN, Merge, Plan
from assistant.domain.calendar.problem import Interval, Problem
from assistant.domain.calendar.request import AttendeeAvailability, CalendarEvent, FocusTask
from assistant.domain.calendar.rules import Rule, merge_starts, starts, task_starts, violations
from tests.fakes.examples import examples
from tests.unit.calendar.weeks import at, clock, event, named, problem, problems

FLEXIBLE: dict[str, Any] = {"flexibility": "same_week"}
MERGEABLE: dict[str, Any] = {"merge_key": "k", **FLEXIBLE}


def broken(week: Problem, plan: Plan) -> list[Rule]:
    return [violation.rule for violation in violations(week, plan)]


def moved(week: Problem, start: str, minutes: int = 60, name: str = "e") -> Plan:
    return Plan(moved={name: at(week, start, minutes)})


def a_week(*more: CalendarEvent, **given: Any) -> Problem:
    return problem(event("e", "2026-03-23T10:00", **FLEXIBLE), *more, **given)


@examples(60)
@given(problems())
def test_doing_nothing_breaks_no_rule(week: Problem) -> None:
    assert violations(week, EMPTY_PLAN) == ()


@examples(60)
@given(problems(), st.data())
def test_a_start_is_allowed_where_nothing_of_the_user_is_in_the_way(week: Problem, data: st.DataObject) -> None:
    movable = [one for one in week.events if starts(week, one)]
    if not movable:
        return
    chosen = data.draw(st.sampled_from(movable))
    start = data.draw(st.sampled_from(starts(week, chosen)))
    alone = replace(week, events=(chosen,), max_per_day=None)

    assert violations(alone, Plan(moved={chosen.id: Interval(start, start + chosen.minutes)})) == ()


def test_starts_are_on_the_grid_in_the_hours_of_allowed_days() -> None:
    week = a_week(no_meetings_days=["Tuesday", "Wednesday afternoon"], now="2026-03-23T16:10", days=3)
    later = problem(
        event("e", "2026-03-24T10:00", **FLEXIBLE),
        no_meetings_days=["Tuesday", "Wednesday afternoon"],
        now="2026-03-23T15:10",
        days=3,
        grid=30,
    )

    assert starts(week, named(week, "e")) == ()
    assert [clock(later, start)[8:16] for start in starts(later, named(later, "e"))] == [
        "23T15:30", "23T16:00", "25T09:00", "25T09:30", "25T10:00", "25T10:30", "25T11:00",
    ]  # fmt: skip


def test_starts_keep_to_the_events_window_and_to_who_is_needed() -> None:
    busy = AttendeeAvailability.model_validate({"busy": [{"start": "2026-03-23T12:00", "end": "2026-03-23T12:15"}]})
    lunch = event("lunch", "2026-03-23T10:00", flexibility="same_day", time_window={"start": "11:00", "end": "14:00"})
    week = problem(lunch, availability={"ann@company.com": busy})

    assert [clock(week, start)[11:16] for start in starts(week, named(week, "lunch"))] == [
        "11:00", "12:15", "12:30", "12:45", "13:00",
    ]  # fmt: skip


def test_an_event_without_attendees_may_use_all_working_hours() -> None:
    hold = event("hold", "2026-03-23T10:00", attendees=[], flexibility="same_day")
    week = problem(hold, working_hours={"start": "07:00", "end": "12:00"}, no_meetings_days=["Monday"], grid=60)

    assert [clock(week, start)[11:16] for start in starts(week, named(week, "hold"))] == [
        "07:00",
        "08:00",
        "09:00",
        "11:00",
    ]


def test_same_week_means_the_iso_week() -> None:
    week = problem(event("e", "2026-03-29T10:00", **FLEXIBLE), days=14, working_days=["Sunday", "Monday"], grid=60)
    anywhere = problem(
        event("e", "2026-03-29T10:00", flexibility="anywhere"), days=14, working_days=["Sunday", "Monday"]
    )

    assert {clock(week, start)[8:10] for start in starts(week, named(week, "e"))} == {"23", "29"}
    assert {clock(week, start)[8:10] for start in starts(anywhere, named(anywhere, "e"))} == {"23", "29", "30", "05"}


@pytest.mark.parametrize(
    ("start", "minutes", "rule"),
    [
        ("2026-03-23T10:00", 60, Rule.NO_CHANGE),
        ("2026-03-23T12:00", 45, Rule.DURATION),
        ("2026-03-23T12:05", 60, Rule.TIME_NOT_ALLOWED),
        ("2026-03-23T16:30", 60, Rule.TIME_NOT_ALLOWED),
        ("2026-03-23T08:30", 60, Rule.TIME_NOT_ALLOWED),
        ("2026-03-28T10:00", 60, Rule.TIME_NOT_ALLOWED),
        ("2026-03-30T10:00", 60, Rule.TIME_NOT_ALLOWED),
        ("2026-03-25T10:00", 60, Rule.TIME_NOT_ALLOWED),
        ("2026-03-24T10:00", 60, None),
    ],
)
def test_where_an_event_may_not_go(start: str, minutes: int, rule: Rule | None) -> None:
    away = CalendarEvent.model_validate(
        {"event_id": "away", "all_day": True, "start": "2026-03-25", "end": "2026-03-26", "transparency": "opaque"}
    )
    week = a_week(away, days=10)

    assert broken(week, moved(week, start, minutes)) == ([rule] if rule else [])


def test_a_fixed_event_stays() -> None:
    week = problem(event("e", "2026-03-23T10:00"))

    assert broken(week, moved(week, "2026-03-23T12:00")) == [Rule.NOT_MOVABLE]


def test_a_new_time_is_free_and_keeps_the_buffer() -> None:
    week = a_week(event("other", "2026-03-24T10:00"), event("hold", "2026-03-25T10:00", attendees=[]))

    assert broken(week, moved(week, "2026-03-24T10:30")) == [Rule.CONFLICT]
    assert broken(week, moved(week, "2026-03-24T11:00")) == [Rule.BUFFER]
    assert broken(week, moved(week, "2026-03-24T11:15")) == []
    assert broken(week, moved(week, "2026-03-25T11:00")) == []


def test_two_moves_into_one_another_are_one_conflict() -> None:
    week = a_week(event("f", "2026-03-24T10:00", **FLEXIBLE))
    new = at(week, "2026-03-25T10:00")

    assert broken(week, Plan(moved={"e": new, "f": new})) == [Rule.CONFLICT]


def test_what_was_broken_before_is_no_violation() -> None:
    week = problem(event("a", "2026-03-23T10:00"), event("b", "2026-03-23T10:30"), max_meetings_per_day=1)

    assert broken(week, do_nothing(week)) == []


def test_a_full_day_takes_no_more() -> None:
    full = a_week(event("other", "2026-03-24T10:00"), max_meetings_per_day=1)

    assert broken(full, moved(full, "2026-03-24T14:00")) == [Rule.FULL_DAY]
    assert broken(full, moved(full, "2026-03-23T14:00")) == []


def test_who_is_in_a_declined_meeting_is_not_free() -> None:
    week = a_week(event("status", "2026-03-24T10:00", declinable=True))
    elsewhere = a_week(event("status", "2026-03-24T10:00", declinable=True, attendees=[{"email": "bob@company.com"}]))
    plan = replace(moved(week, "2026-03-24T10:30"), declined=frozenset({"status"}))

    assert broken(week, plan) == [Rule.IN_DECLINED_MEETING]
    assert broken(elsewhere, plan) == []


def test_what_may_not_be_declined_or_shortened() -> None:
    week = a_week()

    assert broken(week, Plan(declined=frozenset({"e"}))) == [Rule.NOT_DECLINABLE]
    assert broken(week, Plan(shortened=frozenset({"e"}))) == [Rule.NOT_SHORTENABLE]


def test_two_events_of_one_key_become_one_of_three_quarters() -> None:
    week = problem(
        event("a", "2026-03-23T10:00", 30, **MERGEABLE),
        event("b", "2026-03-24T10:00", 45, **MERGEABLE),
        event("c", "2026-03-24T14:00", merge_key="other", **FLEXIBLE),
        event("alone", "2026-03-24T16:00", 45, attendees=[], **MERGEABLE),
    )

    def merged(first: str, second: str, start: str, minutes: int) -> Plan:
        return Plan(merged=(Merge(first, second, at(week, start, minutes)),))

    assert broken(week, merged("a", "b", "2026-03-25T10:00", 60)) == []
    assert broken(week, merged("a", "b", "2026-03-23T10:15", 60)) == []
    assert broken(week, merged("a", "b", "2026-03-25T10:00", 75)) == [Rule.DURATION]
    assert broken(week, merged("a", "b", "2026-03-25T16:30", 60)) == [Rule.TIME_NOT_ALLOWED]
    assert broken(week, merged("a", "c", "2026-03-25T10:00", 75)) == [Rule.NOT_MERGEABLE]
    assert broken(week, merged("a", "alone", "2026-03-25T10:00", 60)) == [Rule.NOT_MERGEABLE]
    assert broken(week, merged("alone", "a", "2026-03-25T10:00", 60)) == [Rule.NOT_MERGEABLE]
    assert merge_starts(week, named(week, "a"), named(week, "c")) == ()


def test_merged_events_need_everyone_of_both() -> None:
    busy = AttendeeAvailability.model_validate({"busy": [{"start": "2026-03-23T09:00", "end": "2026-03-23T16:00"}]})
    week = problem(
        event("a", "2026-03-23T10:00", 30, merge_key="k", flexibility="same_day"),
        event("b", "2026-03-23T13:00", 30, attendees=[{"email": "bob@company.com"}], **MERGEABLE),
        availability={"bob@company.com": busy},
    )

    assert [clock(week, start)[11:16] for start in merge_starts(week, *week.events)] == ["16:00", "16:15"]


def test_an_event_changes_once() -> None:
    week = a_week(event("f", "2026-03-24T10:00", declinable=True, **MERGEABLE))
    twice = replace(moved(week, "2026-03-23T12:00", name="f"), declined=frozenset({"f"}))

    assert broken(week, twice) == [Rule.CHANGED_TWICE]
    assert broken(week, Plan(declined=frozenset({"nobody"}))) == [Rule.UNKNOWN_EVENT]


def test_pieces_of_a_task() -> None:
    tasks = [
        FocusTask.model_validate(
            {
                "task_id": "t",
                "duration_minutes": 120,
                "chunk_minutes": 60,
                "deadline": "2026-03-24T12:00",
                "earliest_start": "2026-03-23T13:00",
            }
        )
    ]
    week = problem(event("e", "2026-03-23T14:00"), tasks=tasks, grid=30)

    def pieces(*starts: str, minutes: int = 60, name: str = "t") -> Plan:
        return Plan(tasks={name: tuple(at(week, start, minutes) for start in starts)})

    assert broken(week, pieces("2026-03-23T13:00", "2026-03-24T11:00")) == []
    assert broken(week, pieces("2026-03-23T13:00", minutes=30)) == [Rule.TASK_PIECE]
    assert broken(week, pieces("2026-03-23T12:30")) == [Rule.TASK_PIECE]
    assert broken(week, pieces("2026-03-24T11:30")) == [Rule.TASK_PIECE]
    assert broken(week, pieces("2026-03-23T16:30")) == [Rule.TASK_PIECE]
    assert broken(week, pieces("2026-03-23T13:30")) == [Rule.TASK_OVERLAP]
    assert broken(week, pieces("2026-03-23T13:00", "2026-03-23T13:00")) == [Rule.TASK_OVERLAP]
    assert broken(week, pieces("2026-03-23T13:00", "2026-03-24T09:00", "2026-03-24T10:00")) == [Rule.TASK_PIECE]
    assert broken(week, pieces("2026-03-23T13:00", name="u")) == [Rule.UNKNOWN_TASK]
    assert [clock(week, start)[8:16] for start in task_starts(week, week.tasks[0])][-1] == "24T11:00"


def test_pieces_of_tasks_may_stand_in_focus_blocks() -> None:
    tasks = [FocusTask(task_id="t", duration_minutes=60)]
    week = problem(tasks=tasks, days=1)
    plan = replace(do_nothing(week), tasks={"t": (at(week, "2026-03-23T09:00"),)})

    assert plan.focus[0].overlaps(plan.tasks["t"][0])
    assert broken(week, plan) == []
    assert score(week, plan).unmet == 0


@pytest.mark.parametrize(
    ("start", "minutes", "rules"),
    [
        ("2026-03-24T10:00", 120, []),
        ("2026-03-24T10:00", 90, [Rule.FOCUS_BLOCK]),
        ("2026-03-24T10:05", 125, [Rule.FOCUS_BLOCK]),
        ("2026-03-24T16:00", 120, [Rule.FOCUS_BLOCK]),
        ("2026-03-28T10:00", 120, [Rule.FOCUS_BLOCK]),
        ("2026-04-10T10:00", 120, [Rule.FOCUS_BLOCK]),
        ("2026-03-23T11:30", 120, [Rule.FOCUS_BLOCK]),
        ("2026-03-23T13:00", 120, [Rule.FOCUS_OVERLAP]),
    ],
)
def test_where_a_focus_block_may_stand(start: str, minutes: int, rules: list[Rule]) -> None:
    week = problem(event("e", "2026-03-23T14:00"), days=7, now="2026-03-23T11:45")

    assert broken(week, Plan(focus=(at(week, start, minutes),))) == rules


def test_focus_blocks_do_not_overlap() -> None:
    week = problem()
    blocks = (at(week, "2026-03-23T09:00", 120), at(week, "2026-03-23T10:00", 120))

    assert broken(week, Plan(focus=blocks)) == [Rule.FOCUS_OVERLAP]
