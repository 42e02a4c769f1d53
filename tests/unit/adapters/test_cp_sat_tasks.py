"""Tasks in the solver's program: pieces that several may have, and whose they are in the end."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.adapters.cp_sat import CpSatSolver
from assistant.adapters.cp_sat_week import Week
from assistant.domain.calendar.greedy import greedy_plan
from assistant.domain.calendar.intervals import minus
from assistant.domain.calendar.objective import UNSCHEDULED, Score, do_nothing
from assistant.domain.calendar.problem import Interval, Problem, Task
from assistant.domain.calendar.request import FocusTask
from assistant.domain.calendar.rules import task_starts
from assistant.domain.calendar.solution import Status, WeekSolution
from tests.fakes.examples import examples
from tests.unit.calendar.weeks import at, event, problem

DAY = "2026-03-23"


def solve(week: Problem) -> WeekSolution:
    return CpSatSolver().solve(week, do_nothing(week), seconds=60.0)


def task(name: str, minutes: int, chunk: int = 60, /, **given: str) -> FocusTask:
    given = {key: f"{DAY}T{clock}-04:00" if ":" in clock else clock for key, clock in given.items()}
    return FocusTask.model_validate({"task_id": name, "duration_minutes": minutes, "chunk_minutes": chunk, **given})


def day_of(*tasks: FocusTask, grid: int = 15) -> Problem:
    """A day of work from nine to five with a visit from eleven to two."""
    visit = event("visit", f"{DAY}T11:00", 180, is_external=True)
    return problem(visit, days=1, tasks=tasks, grid=grid, focus_time_hours=0)


def test_of_pieces_alike_the_earlier_are_those_of_the_earlier_deadline() -> None:
    week = day_of(task("later", 180), task("sooner", 120, deadline="11:00"))
    found = solve(week)
    assert found.status is Status.OPTIMAL
    assert found.score.unmet == 0
    assert found.plan.tasks["sooner"] == (at(week, f"{DAY}T09:00"), at(week, f"{DAY}T10:00"))
    assert all(piece.start >= at(week, f"{DAY}T14:00").start for piece in found.plan.tasks["later"])


def test_of_tasks_that_want_the_same_time_the_cheaper_is_left_out() -> None:
    cheap, dear = task("cheap", 120, deadline="11:00", priority="P4"), task("dear", 60, deadline="11:00", priority="P1")
    found = solve(day_of(cheap, dear))
    assert set(found.plan.tasks) == {"dear"}
    assert found.score == found.bounds == Score(0, 30, 0)


def test_a_task_that_may_not_begin_yet_has_no_piece_of_another() -> None:
    week = day_of(task("now", 120, deadline="11:00"), task("afternoon", 120, earliest_start="13:00"))
    found = solve(week)
    assert found.score.unmet == 0
    assert all(piece.start >= at(week, f"{DAY}T13:00").start for piece in found.plan.tasks["afternoon"])


@pytest.mark.parametrize("chunk", [30, 60])
def test_a_plan_is_read_from_the_values_it_means(chunk: int) -> None:
    week = day_of(task("one", 120, chunk, deadline="16:00"), task("two", 120), task("three", 300, priority="P4"))
    plan = greedy_plan(week)
    assert plan.tasks
    written = Week(week, still_time=lambda: True)
    values = written.values_of(plan)
    read = written.plan([values.get(variable, 0) for variable in range(written.program.variables)])
    assert set(read.tasks) == set(plan.tasks)
    assert taken(read.tasks.values()) == taken(plan.tasks.values())


def taken(pieces: Iterable[tuple[Interval, ...]]) -> list[Interval]:
    return sorted(chain.from_iterable(pieces))


CLOCKS = st.sampled_from(["10:00", "11:00", "15:30", "17:00"])


@st.composite
def days(draw: st.DrawFn) -> Problem:
    tasks = []
    for number in range(draw(st.integers(1, 4))):
        chunk = draw(st.sampled_from([30, 60]))
        given = {"priority": draw(st.sampled_from(["P1", "P2", "P3", "P4"])), "deadline": draw(CLOCKS)}
        if draw(st.booleans()):
            given["earliest_start"] = draw(st.sampled_from(["09:30", "10:00", "14:30"]))
        tasks.append(task(f"t{number}", chunk * draw(st.integers(1, 3)), chunk, **given))
    return day_of(*tasks, grid=30)


@given(days())
@examples(30)
def test_no_choice_of_tasks_that_fit_leaves_less_undone(week: Problem) -> None:
    """Held against placing the pieces task by task, as if no two were alike."""
    free = minus([week.days[0].work], [one.at for one in week.events])
    least = min(
        sum(UNSCHEDULED[one.priority] for one in week.tasks if one not in some)
        for some in subsets(week.tasks)
        if fit(week, [one for one in some for _ in range(one.chunks)], free)
    )
    found = solve(week)
    assert found.status is Status.OPTIMAL
    assert found.score.unmet == least


def subsets(tasks: tuple[Task, ...]) -> Iterator[tuple[Task, ...]]:
    return chain.from_iterable(combinations(tasks, count) for count in range(len(tasks) + 1))


def fit(week: Problem, pieces: Sequence[Task], free: Sequence[Interval]) -> bool:
    if not pieces:
        return True
    first, *others = pieces
    for start in task_starts(week, first):
        here = Interval(start, start + first.chunk)
        clear = any(gap.start <= here.start and here.end <= gap.end for gap in free)
        if clear and fit(week, others, minus(free, [here])):
            return True
    return False
