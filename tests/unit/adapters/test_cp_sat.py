"""The solver: what it returns is allowed, no worse than what it was given, and as good as its proof says."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product
from unittest.mock import patch

import pytest
from hypothesis import given

from assistant.adapters import cp_sat_focus, cp_sat_week
from assistant.adapters.cp_sat import CpSatSolver
from assistant.adapters.cp_sat_program import bindings
from assistant.adapters.cp_sat_week import Week
from assistant.domain.calendar.greedy import greedy_plan
from assistant.domain.calendar.objective import Score, best_focus, do_nothing, score
from assistant.domain.calendar.plan import Merge, Plan, merged_minutes
from assistant.domain.calendar.problem import Event, Interval, Problem
from assistant.domain.calendar.rules import merge_starts, starts, violations
from assistant.domain.calendar.solution import Solution, Status, WeekSolution
from assistant.domain.errors import Unavailable
from tests.fakes.examples import examples
from tests.fakes.weeks import busy_week
from tests.unit.calendar.weeks import at, event, problem, problems

ENOUGH = 60.0
BINDINGS = "ortools.sat.python.cp_model_helper"


def solve(week: Problem, *, seconds: float = ENOUGH) -> WeekSolution:
    return CpSatSolver().solve(week, do_nothing(week), seconds=seconds)


def test_a_double_booking_is_resolved_by_the_nearest_move() -> None:
    week = problem(
        event("client", "2026-03-23T10:00", 60, is_external=True),
        event("sync", "2026-03-23T10:30", 30, flexibility="same_day"),
    )
    found = solve(week)
    assert found.status is Status.OPTIMAL
    assert found.plan.moved == {"sync": at(week, "2026-03-23T11:15", 30)}
    assert found.score == found.bounds == Score(0, 0, 20 + 4 + 3)
    assert found.gaps == (0, 0, 0)


def test_one_meeting_is_made_of_two_where_that_leaves_time_to_focus() -> None:
    week = problem(
        event("first", "2026-03-23T10:00", 30, flexibility="same_day", merge_key="ann"),
        event("second", "2026-03-23T13:00", 30, flexibility="same_day", merge_key="ann"),
        event("visit", "2026-03-23T15:00", 120, is_external=True),
        days=1,
        focus_time_hours=5,
    )
    (merge,) = solve(week).plan.merged
    assert {merge.first, merge.second} == {"first", "second"}
    assert merge.at.minutes == 45


def test_somebody_needed_in_a_declined_meeting_is_not_needed_elsewhere_meanwhile() -> None:
    week = problem(
        event("board", "2026-03-23T09:00", 60, is_external=True),
        event("review", "2026-03-23T09:00", 60, declinable=True, min_duration_minutes=30, priority="P4"),
        event("sync", "2026-03-23T09:30", 30, flexibility="same_day"),
        days=1,
        no_meetings_after="10:30",
        meeting_buffer_minutes=0,
    )
    found = solve(week)
    assert found.plan.declined == {"review"}
    assert found.plan.moved == {"sync": at(week, "2026-03-23T10:00", 30)}


@given(problems())
@examples(40)
def test_one_weighted_sum_of_all_tiers_has_the_same_optimum(week: Problem) -> None:
    start = greedy_plan(week)
    found = CpSatSolver().solve(week, start, seconds=ENOUGH)
    assert found.status is Status.OPTIMAL
    assert found.score == found.bounds
    assert found.score <= score(week, start)
    assert violations(week, found.plan) == ()
    assert score(week, found.plan) == found.score
    assert found.score == optimum_of_the_weighted_sum(week)


def optimum_of_the_weighted_sum(week: Problem) -> Score:
    """The best score by a search that knows nothing of stages, starts and hints."""
    program = Week(week, still_time=lambda: True).program
    fixed, ranges = program.fixed, program.ranges()
    weights = ((ranges.unmet + 1) * (ranges.cost + 1), ranges.cost + 1, 1)
    upper, cost = divmod(program.minimize(weights, seconds=ENOUGH).bound, ranges.cost + 1)
    conflicts, unmet = divmod(upper, ranges.unmet + 1)
    return Score(fixed.conflicts + conflicts, fixed.unmet + unmet, fixed.cost + cost)


def options(week: Problem, one: Event) -> Iterator[Plan]:
    yield Plan()
    if one.declinable:
        yield Plan(declined=frozenset({one.id}))
    if one.shortened is not None:
        yield Plan(shortened=frozenset({one.id}))
    if one.movable:
        for start in starts(week, one):
            yield Plan(moved={one.id: Interval(start, start + one.minutes)})


def together(plans: tuple[Plan, ...]) -> Plan:
    return Plan(
        moved={name: time for plan in plans for name, time in plan.moved.items()},
        declined=frozenset().union(*(plan.declined for plan in plans)),
        shortened=frozenset().union(*(plan.shortened for plan in plans)),
        merged=tuple(merge for plan in plans for merge in plan.merged),
    )


def every_plan(week: Problem) -> Iterator[Plan]:
    """All allowed plans of a calendar without tasks."""
    yield from (together(plans) for plans in product(*(tuple(options(week, one)) for one in week.events)))
    for first, second in combinations(week.events, 2):
        if first.merge_key is None or first.merge_key != second.merge_key or not (first.movable and second.movable):
            continue
        others = [tuple(options(week, one)) for one in week.events if one not in (first, second)]
        for start in merge_starts(week, first, second):
            time = Interval(start, start + merged_minutes(first, second))
            for one, other in ((first, second), (second, first)):
                merged = Plan(merged=(Merge(one.id, other.id, time),))
                yield from (together((merged, *plans)) for plans in product(*others))


@given(problems())
@examples(40)
def test_no_plan_of_a_small_calendar_is_better(week: Problem) -> None:
    small = replace(week, grid=60, events=week.events[:3], tasks=(), days=week.days[:2])
    small = replace(small, events=tuple(one for one in small.events if one.day <= small.days[-1].date))
    plans = (replace(plan, focus=best_focus(small, plan)) for plan in every_plan(small))
    best = min(score(small, plan) for plan in plans if not violations(small, plan))
    assert solve(small).score == best


@pytest.mark.parametrize(
    ("wanted", "missing"),
    [
        pytest.param(2, 0, id="one of the shortest"),
        pytest.param(2.5, 0, id="one that is longer"),
        pytest.param(4, 0, id="two of the shortest"),
        pytest.param(5, 30, id="more than two of the shortest"),
    ],
)
def test_focus_is_protected_around_a_meeting_that_stays(wanted: float, missing: int) -> None:
    week = problem(
        event("visit", "2026-03-23T11:30", 210, is_external=True),
        days=1,
        focus_time_hours=wanted,
        min_focus_block_minutes=120,
    )
    found = solve(week)
    assert found.score == found.bounds == Score(0, 0, missing)


@given(problems())
@examples(20)
def test_focus_in_cells_has_the_same_optimum_as_in_blocks(week: Problem) -> None:
    in_blocks = solve(week)
    with patch.object(cp_sat_focus, "MOST_BLOCKS", 0):
        in_cells = solve(week)
    assert in_cells.score == in_blocks.score


def test_the_same_question_gets_the_same_answer() -> None:
    week = busy_week()
    assert solve(week).plan == solve(week).plan


def test_without_time_the_given_plan_is_the_answer_and_nothing_is_proven() -> None:
    week = busy_week()
    start = greedy_plan(week)
    found = CpSatSolver().solve(week, start, seconds=0)
    assert (found.plan, found.status, found.bounds) == (start, Status.FEASIBLE, None)
    assert found.gaps == (None, None, None)


def test_a_calendar_too_large_to_search_keeps_the_given_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cp_sat_week, "MOST_BINARIES", 50)
    week = busy_week()
    found = solve(week)
    assert (found.plan, found.status, found.bounds) == (do_nothing(week), Status.FEASIBLE, None)


def test_a_missing_solver_is_unavailable_and_priming_it_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    bindings.cache_clear()
    monkeypatch.setitem(sys.modules, BINDINGS, None)
    CpSatSolver().prime()
    with pytest.raises(Unavailable, match="not installed"):
        solve(busy_week())


def test_an_open_tier_leaves_the_tiers_below_unknown() -> None:
    open_second = Solution(Plan(), Status.FEASIBLE, Score(1, 90, 400), Score(1, 60, 900), 1.0)
    assert open_second.gaps == (0, 30, None)


def test_solving_imports_neither_numpy_nor_pandas() -> None:
    program = (
        "import sys; from assistant.adapters.cp_sat import CpSatSolver;"
        f"assert {BINDINGS!r} not in sys.modules; CpSatSolver().prime(); assert {BINDINGS!r} in sys.modules;"
        "assert not {'numpy', 'pandas', 'google.protobuf', 'ortools.sat.python.cp_model'} & set(sys.modules)"
    )
    subprocess.run((sys.executable, "-c", program), check=True, timeout=60)
