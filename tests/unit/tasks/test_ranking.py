"""Urgency from dates and free time, importance from evidence, and what would change the quadrant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.calendar.wall_clock import minute_of
from assistant.domain.tasks.due import Due
from assistant.domain.tasks.importance import turning_rating
from assistant.domain.tasks.ranking import Quadrant, Ranked, what_would_change
from assistant.domain.tasks.request import Goal
from assistant.domain.tasks.task import Task
from assistant.domain.tasks.urgency import shown_time
from tests.fakes.examples import examples
from tests.unit.tasks.tasks import BERLIN, NOW, free, meeting, meetings, ranked, task, task_lists


def only(one: Task, **context: object) -> Ranked:
    (found,) = ranked(one, **context)  # type: ignore[arg-type]
    return found


def test_the_four_quadrants() -> None:
    places = {
        one.task.id: one.quadrant
        for one in ranked(
            task("first", "Sign the contract", due_date="2025-01-16"),
            task("schedule", "Write the strategy", due_date="2025-02-28"),
            task("delegate", "Order lunch for the meeting", due_date="2025-01-15"),
            task("drop", "Tidy the desk"),
        )
    }
    assert places == {"first": "Q1", "schedule": "Q2", "delegate": "Q3", "drop": "Q4"}


def test_a_deadline_presses_as_free_time_runs_out() -> None:
    one = task("t", "Write the report", due_date="2025-01-21", estimated_time="4 h")
    empty = only(one)
    full = only(
        one,
        time_left=free(
            meeting("a", "2025-01-16T09:00", "2025-01-16T17:00"),
            meeting("b", "2025-01-17T09:00", "2025-01-17T17:00"),
            meeting("c", "2025-01-20T09:00", "2025-01-20T17:00"),
        ),
    )
    assert not empty.urgency.urgent
    assert full.urgency.urgent
    assert full.urgency.reason == ("Due Tue 21 Jan 2025, 17:00; needs 4 h of the 16 h of working time free until then.")


def test_too_little_time_and_overdue_are_said() -> None:
    short = only(task("t", due_date="2025-01-15T11:00", estimated_time="4 h"))
    assert short.urgency.reason == (
        "Due Wed 15 Jan 2025, 11:00; needs 4 h, but only 2 h of working time is free until then."
    )
    late = only(task("t", due_date="2025-01-14"))
    assert late.urgency.reason == "Overdue since Tue 14 Jan 2025, 17:00."
    assert late.urgency.score > short.urgency.score


def test_a_blocker_inherits_urgency_and_importance() -> None:
    board = task("board", "Send the board the contract", due_date="2025-01-16", depends_on=["draft"])
    between = task("draft", "Collect the numbers", depends_on=["ask"])
    first = task("ask", "Ask around", estimated_time="4 h")
    found = {one.task.id: one for one in ranked(board, between, first)}
    assert [one.task.id for one in ranked(board, between, first)] == ["ask", "draft", "board"]
    assert found["ask"].urgency.score >= found["draft"].urgency.score >= found["board"].urgency.score
    assert found["draft"].urgency.reason.startswith("Blocks “Send the board the contract”: due Thu 16 Jan 2025, 17:00;")
    assert found["ask"].urgency.reason.startswith("Blocks “Collect the numbers”: due Thu 16 Jan 2025, 17:00;")
    assert found["draft"].importance.reason == "Blocks “Send the board the contract”."


def test_importance_says_its_evidence() -> None:
    goal = Goal(id="g", title="Close the Series B", weight=1)
    assert only(task("t", "Deck for the Series B close", [goal])).importance.reason == (
        "Serves your goal “Close the Series B”."
    )
    assert only(task("t", "Numbers", [goal], goals=["g"])).importance.important
    assert not only(task("t", "Close the window", [goal])).importance.important
    waiting = task("t", people_waiting=["ceo@company.com"])
    assert not only(waiting).importance.important
    assert only(waiting, priority=["ceo@company.com"]).importance.reason == (
        "ceo@company.com, one of your priority senders, waits for it."
    )
    assert only(task("t", people_waiting=["ann", "bob"])).importance.important
    grave = only(task("t", "Answer the regulator, otherwise we lose the deal")).importance
    assert grave.important
    assert grave.reason.startswith("Has consequences: it says “regulator” and “otherwise”.")
    assert only(task("t", "Team 1:1s")).importance.reason == "Is about something that weighs: “1:1s”."
    assert only(task("t", importance=8)).importance.reason == "You rate it 8 of 10."


@pytest.mark.parametrize(
    ("title", "important"),
    [
        ("Revisar el presupuesto", True),
        ("Responder al cliente, de lo contrario perdemos el contrato", True),
        ("Ordenar el escritorio", False),
        ("Relire le contrat", True),
        ("Ranger le bureau", False),
        ("Angebot für den Kunden", True),
        ("Schreibtisch aufräumen", False),
    ],
)
def test_words_weigh_in_four_languages(title: str, important: bool) -> None:
    assert only(task("t", title)).importance.important is important


def test_urgent_words_count_only_without_a_date() -> None:
    assert only(task("t", "Call back ASAP")).urgency.reason == "Has no due date, but says “ASAP”."
    assert only(task("t", "Call back ASAP")).urgency.urgent
    assert not only(task("t", "Call back ASAP", due_date="2025-03-03")).urgency.urgent


@examples(200)
@given(task_lists(), meetings(), st.data())
def test_an_earlier_deadline_never_makes_a_task_less_urgent(
    tasks: list[Task], events: list[dict[str, object]], data: st.DataObject
) -> None:
    time_left = free(*events)
    chosen = data.draw(st.sampled_from(tasks))
    at = chosen.due.at if chosen.due else NOW + timedelta(days=data.draw(st.integers(0, 60)))
    dated = [replace(one, due=Due(at, day_only=False)) if one is chosen else one for one in tasks]
    earlier = Due(at - timedelta(minutes=data.draw(st.integers(1, 60_000))), day_only=False)
    sooner = [replace(one, due=earlier) if one is chosen else one for one in tasks]
    before = {one.task.id: one.urgency.score for one in ranked(*dated, time_left=time_left)}
    after = {one.task.id: one.urgency.score for one in ranked(*sooner, time_left=time_left)}
    assert all(after[name] >= before[name] for name in before)


@examples(200)
@given(task_lists(), st.data())
def test_a_higher_rating_never_makes_a_task_less_important(tasks: list[Task], data: st.DataObject) -> None:
    chosen = data.draw(st.sampled_from(tasks))
    low, high = sorted(data.draw(st.tuples(st.integers(1, 10), st.integers(1, 10))))
    scores = [
        {
            one.task.id: one.importance.score
            for one in ranked(*(replace(one, stated=rating) if one is chosen else one for one in tasks))
        }
        for rating in (low, high)
    ]
    assert all(scores[1][name] >= scores[0][name] for name in scores[0])


@examples(200)
@given(task_lists(), meetings())
def test_nothing_ranks_before_what_it_depends_on(tasks: list[Task], events: list[dict[str, object]]) -> None:
    found = ranked(*tasks, time_left=free(*events))
    place = {one.task.id: number for number, one in enumerate(found)}
    assert sorted(place) == sorted(one.id for one in tasks)
    for one in found:
        for name in one.task.depends_on:
            assert place[name] < place[one.task.id]
            blocker = found[place[name]]
            assert blocker.urgency.score >= one.urgency.score
            assert blocker.importance.score >= one.importance.score - 10


@examples(200)
@given(task_lists(), meetings(), st.data())
def test_what_is_said_would_change_the_quadrant_does(
    tasks: list[Task], events: list[dict[str, object]], data: st.DataObject
) -> None:
    time_left = free(*events)
    chosen = data.draw(st.sampled_from(tasks))

    def with_this(**fields: object) -> Ranked:
        others = (replace(one, **fields) if one is chosen else one for one in tasks)  # type: ignore[arg-type]
        return next(one for one in ranked(*others, time_left=time_left) if one.task.id == chosen.id)

    one = with_this()
    by_date, by_rating = what_would_change(one, time_left, BERLIN)
    limit = time_left.last_within(one.task.effort.minutes + 2 * time_left.workday)
    shown = shown_time(datetime.fromtimestamp(limit * 60, UTC), BERLIN)
    if shown in by_date:
        later = Due(datetime.fromtimestamp((limit + one.urgency.urgent) * 60, UTC), day_only=False)
        assert with_this(due=later).quadrant == by_date[:2] != one.quadrant
    else:
        assert by_date.endswith("once nothing urgent waits for it.")
        assert with_this(due=None).urgency.urgent
    rating = turning_rating(one.importance)
    if rating is None:
        assert with_this(stated=1).importance.important
    else:
        assert with_this(stated=rating).quadrant == by_rating[:2] != one.quadrant


def test_free_time_counts_what_is_left_of_a_gap() -> None:
    time_left = free(meeting("a", "2025-01-15T10:00", "2025-01-15T11:00"), meeting_buffer_minutes=15)
    at = minute_of(NOW, BERLIN)
    assert [time_left.until(at + minutes) for minutes in (-30, 0, 30, 45, 120, 135, 136, 150)] == [
        -30, 0, 30, 45, 45, 45, 46, 60
    ]  # fmt: skip
    assert time_left.until(time_left.end + 7 * 24 * 60) - time_left.until(time_left.end) == 5 * 480


def test_quadrants_are_named_by_their_two_answers() -> None:
    answers = [(True, True), (False, True), (True, False), (False, False)]
    assert [Quadrant.of(urgent=urgent, important=important) for urgent, important in answers] == list(Quadrant)
