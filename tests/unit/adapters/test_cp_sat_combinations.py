"""Which choices can add up to a tier's optimum."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.adapters import cp_sat_program
from assistant.adapters.cp_sat import CpSatSolver
from assistant.adapters.cp_sat_combinations import Combination, combinations_of
from assistant.domain.calendar.objective import do_nothing
from assistant.domain.calendar.problem import Problem
from assistant.domain.calendar.solution import Status
from tests.unit.calendar.weeks import event, problem


@given(
    total=st.integers(0, 40),
    offered=st.lists(st.tuples(st.integers(1, 12), st.integers(1, 3)), max_size=5),
)
def test_every_combination_is_found_once(total: int, offered: list[tuple[int, int]]) -> None:
    costs = {variable: cost for variable, (cost, _) in enumerate(offered)}
    most = [times for _, times in offered]
    expected = [
        {variable: times for variable, times in enumerate(taken) if times}
        for taken in product(*(range(times + 1) for times in most))
        if sum(costs[variable] * times for variable, times in enumerate(taken)) == total
    ]
    found = combinations_of(total, costs, most, at_most=len(expected))
    assert found is not None
    assert sorted(map(_sorted_items, found)) == sorted(map(_sorted_items, expected))


def _sorted_items(combination: Combination) -> list[tuple[int, int]]:
    return sorted(combination.items())


def test_of_too_many_none_is_listed_however_many_there_are() -> None:
    alike = dict.fromkeys(range(40), 15)
    assert combinations_of(300, alike, [1] * 40, at_most=400) is None


def test_what_cannot_be_made_up_has_no_combination() -> None:
    assert combinations_of(20, {0: 15, 1: 30}, [1, 1], at_most=400) == []


def overfull_morning() -> Problem:
    """Four meetings before the working day, which has room for one of them: any three make up the optimum."""
    early = [event(f"early-{hour}", f"2026-03-23T{hour:02}:00", 30, flexibility="anywhere") for hour in (5, 6, 7, 8)]
    return problem(event("visit", "2026-03-23T10:00", 420, is_external=True), *early, days=1, focus_time_hours=0)


def test_the_plan_is_as_good_with_combinations_as_with_the_sum_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    week = overfull_morning()
    found = CpSatSolver().solve(week, do_nothing(week), seconds=60.0)
    assert found.score.unmet > 0
    monkeypatch.setattr(cp_sat_program, "MOST_COMBINATIONS", 0)
    alone = CpSatSolver().solve(week, do_nothing(week), seconds=60.0)
    assert found.status is alone.status is Status.OPTIMAL
    assert found.score == alone.score
