"""A plan in single changes: together they are the plan, and each with what it needs is allowed."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given

from assistant.domain.calendar.changes import Change, ChangeType, changes, closure, dependencies, dependents, plan_of
from assistant.domain.calendar.greedy import greedy_plan
from assistant.domain.calendar.plan import EMPTY_PLAN, Merge, Plan
from assistant.domain.calendar.problem import Problem
from assistant.domain.calendar.rules import violations
from tests.fakes.examples import examples
from tests.fakes.weeks import busy_week
from tests.unit.calendar.weeks import at, event, problem, problems, with_focus

MOVES: Mapping[str, Any] = {"flexibility": "same_week"}


def needs(week: Problem, plan: Plan) -> dict[Change, set[Change]]:
    listed = changes(week, plan)
    return {listed[index]: {listed[other] for other in found} for index, found in enumerate(dependencies(week, listed))}


@given(problems())
def test_the_changes_of_a_plan_make_it_again(week: Problem) -> None:
    plan = greedy_plan(week)
    again = plan_of(changes(week, plan))
    assert (again.moved, again.declined, again.shortened) == (plan.moved, plan.declined, plan.shortened)
    assert set(again.merged) == set(plan.merged)
    assert again.focus == tuple(sorted(plan.focus))
    assert {task: set(pieces) for task, pieces in again.tasks.items()} == {
        task: set(pieces) for task, pieces in plan.tasks.items() if pieces
    }


@examples(150)
@given(problems())
def test_a_change_with_what_it_needs_breaks_no_rule(week: Problem) -> None:
    listed = changes(week, greedy_plan(week))
    found = dependencies(week, listed)
    for index in range(len(listed)):
        chosen = closure([index], found)
        assert violations(week, plan_of(listed[one] for one in chosen)) == ()


@given(problems())
def test_what_is_left_without_a_change_and_its_dependents_breaks_no_rule(week: Problem) -> None:
    listed = changes(week, greedy_plan(week))
    found = dependencies(week, listed)
    for index in range(len(listed)):
        left = dependents(index, found)
        assert violations(week, plan_of(one for other, one in enumerate(listed) if other not in left)) == ()


def test_a_meeting_that_takes_anothers_place_needs_that_one_gone() -> None:
    week = problem(
        event("a", "2026-03-23T10:00", **MOVES), event("b", "2026-03-23T13:00", **MOVES), meeting_buffer_minutes=0
    )
    to_b = Change(ChangeType.RESCHEDULE, at(week, "2026-03-23T13:00"), ("a",))
    away = Change(ChangeType.RESCHEDULE, at(week, "2026-03-23T15:00"), ("b",))
    plan = Plan(moved={"a": at(week, "2026-03-23T13:00"), "b": at(week, "2026-03-23T15:00")})
    assert needs(week, plan) == {to_b: {away}, away: set()}


def test_a_meeting_closer_than_the_buffer_to_anothers_place_needs_that_one_gone() -> None:
    week = problem(event("a", "2026-03-23T09:00", **MOVES), event("b", "2026-03-23T13:00", **MOVES))
    plan = Plan(moved={"a": at(week, "2026-03-23T11:55"), "b": at(week, "2026-03-23T15:00")})
    first, second = (found for _, found in sorted(needs(week, plan).items(), key=lambda one: one[0].events))
    assert len(first) == 1
    assert second == set()


def test_a_meeting_brought_to_a_full_day_needs_another_to_leave_it() -> None:
    week = problem(
        event("a", "2026-03-23T09:00", **MOVES),
        event("b", "2026-03-24T09:00", **MOVES),
        event("c", "2026-03-24T11:00"),
        max_meetings_per_day=2,
    )
    plan = Plan(moved={"a": at(week, "2026-03-24T15:00"), "b": at(week, "2026-03-25T15:00")})
    found = {change.events: {one.events for one in other} for change, other in needs(week, plan).items()}
    assert found == {("a",): {("b",)}, ("b",): set()}


def test_two_meetings_brought_to_a_full_day_need_one_each_to_leave_it() -> None:
    week = problem(
        event("a", "2026-03-23T09:00", **MOVES),
        event("b", "2026-03-23T11:00", **MOVES),
        event("c", "2026-03-24T09:00", **MOVES),
        event("d", "2026-03-24T11:00", **MOVES),
        max_meetings_per_day=2,
    )
    places = {"a": "2026-03-24T13:00", "b": "2026-03-24T15:00", "c": "2026-03-25T09:00", "d": "2026-03-25T11:00"}
    found = needs(week, Plan(moved={name: at(week, time) for name, time in places.items()}))
    assert {change.events: {one.events for one in other} for change, other in found.items()} == {
        ("a",): {("c",)},
        ("b",): {("d",)},
        ("c",): set(),
        ("d",): set(),
    }


def test_focus_time_and_work_need_the_meeting_gone_that_stands_there() -> None:
    week = busy_week()
    plan = greedy_plan(week)
    events = {one.id: one for one in week.events}
    for change, needed in needs(week, plan).items():
        if change.type in {ChangeType.FOCUS_BLOCK, ChangeType.TASK_BLOCK}:
            assert change.at
            there = {one.id for one in events.values() if one.at.overlaps(change.at)}
            assert there == {name for one in needed for name in one.events if name in there}


def test_a_merge_frees_both_places() -> None:
    week = problem(
        event("a", "2026-03-23T10:00", 30, merge_key="k", **MOVES),
        event("b", "2026-03-23T14:00", 30, merge_key="k", **MOVES),
        event("c", "2026-03-23T09:00", 30, **MOVES),
        meeting_buffer_minutes=0,
    )
    merged = Merge("a", "b", at(week, "2026-03-23T11:00", 45))
    plan = Plan(merged=(merged,), moved={"c": at(week, "2026-03-23T14:00", 30)})
    found = {change.type: {one.type for one in other} for change, other in needs(week, plan).items()}
    assert found == {ChangeType.MERGE: set(), ChangeType.RESCHEDULE: {ChangeType.MERGE}}


def test_a_gap_the_plan_makes_is_kept_as_a_buffer_and_needs_what_made_it() -> None:
    week = problem(event("a", "2026-03-23T10:00"), event("b", "2026-03-23T11:00", **MOVES), meeting_buffer_minutes=15)
    plan = Plan(moved={"b": at(week, "2026-03-23T11:15")})
    move, buffer = changes(week, plan)
    assert buffer == Change(ChangeType.ADD_BUFFER, at(week, "2026-03-23T11:00", 15), ("a", "b"))
    assert needs(week, plan)[buffer] == {move}
    assert plan_of([buffer]) == EMPTY_PLAN


def test_no_buffer_where_the_plan_made_none() -> None:
    week = problem(event("a", "2026-03-23T10:00"), event("b", "2026-03-23T11:15"), meeting_buffer_minutes=15)
    assert all(change.type is ChangeType.FOCUS_BLOCK for change in changes(week, with_focus(week)))
