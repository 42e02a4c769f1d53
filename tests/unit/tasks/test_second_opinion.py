"""What Claude may change about ranked tasks, and what its sentences may claim."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.llm import LlmTask, Rejected
from assistant.domain.sources import Source, SourceKind
from assistant.domain.tasks.ranking import Ranked
from assistant.domain.tasks.second_opinion import (
    MOST_ASKED,
    TasksAnswer,
    adjusted_tasks,
    sound_recommendations,
    task_facts,
    tasks_prompt,
)
from assistant.domain.tasks.task import Task
from tests.fakes.examples import examples
from tests.unit.tasks.tasks import BERLIN, NOW, planned, ranked, task, task_lists

CONTRACT = task("contract", "Sign the contract", due_date="2025-01-16T12:00", estimated_time="1h30")
LUNCH = task("lunch", "Order lunch", due_date="2025-01-15", estimated_time="15 min")


def answer(*adjustments: Mapping[str, Any], said: Sequence[tuple[int, str]] = ((0, "Start."),)) -> TasksAnswer:
    sentences = [{"n": number, "text": text} for number, text in said]
    return TasksAnswer.model_validate({"adjustments": adjustments, "recommendations": sentences})


def sound(*said: tuple[int, str]) -> list[str]:
    tasks = [CONTRACT, LUNCH]
    plan, _ = planned(tasks)
    found = ranked(*tasks)
    return list(sound_recommendations(answer(said=said), found, task_facts(found, plan, NOW, BERLIN)))


def moved(one: Task, points: int) -> Ranked:
    (found,) = adjusted_tasks(ranked(one), answer({"n": 1, "points": points, "ground": "high_stakes"}))
    return found


def test_claude_sees_titles_as_data_and_no_addresses() -> None:
    waiting = task("w", "Report", people_waiting=["kim@client.example"], description="For kim")
    plan, _ = planned([waiting])
    prompt = tasks_prompt(ranked(waiting), plan, NOW, BERLIN)
    assert (prompt.task, prompt.profile) == (LlmTask.TASKS, "")
    assert prompt.data["tasks"] == [
        {
            "n": 1,
            "title": {"text": "Report", "source": "user"},
            "quadrant": "Q4",
            "importance": 45,
            "needs": "2 h",
            "rated": False,
            "people_waiting": 1,
            "description": "For kim",
        }
    ]
    assert prompt.data["all"] == {"do_first": 0, "schedule": 0, "delegate": 0, "drop": 1, "overdue": 0}


def test_claude_is_asked_about_a_bounded_number() -> None:
    many = [task(f"t{number}", "A" * 900, description="b" * 9_000) for number in range(MOST_ASKED + 5)]
    plan, _ = planned(many)
    prompt = tasks_prompt(ranked(*many), plan, NOW, BERLIN)
    listed = prompt.data["tasks"]
    assert isinstance(listed, list)
    assert len(listed) == MOST_ASKED
    assert len(str(prompt.data)) < 12_000


def test_importance_moves_with_its_reason() -> None:
    (before,) = ranked(LUNCH)
    after = moved(LUNCH, 10)
    assert after.importance.score == before.importance.score + 10
    assert after.importance.reason.endswith("Claude: much is at stake (+10).")
    assert after.urgency == before.urgency


def test_the_users_rating_stands_and_a_strangers_task_is_never_raised() -> None:
    assert moved(task("t", importance=3), 10).adjusted == 0
    mined = replace(LUNCH, source=Source.whole(SourceKind.MAIL, "m1"))
    assert moved(mined, 10).adjusted == 0
    assert moved(mined, -10).adjusted == -10


@pytest.mark.parametrize(
    "adjustments",
    [
        [{"n": 3, "points": 1, "ground": "low_stakes"}],
        [{"n": 1, "points": 1, "ground": "low_stakes"}, {"n": 1, "points": 2, "ground": "low_stakes"}],
    ],
)
def test_an_unknown_task_or_one_named_twice_is_no_use(adjustments: list[Mapping[str, Any]]) -> None:
    with pytest.raises(Rejected):
        adjusted_tasks(ranked(CONTRACT, LUNCH), answer(*adjustments))


@pytest.mark.parametrize(
    "text",
    [
        "Sign it soon: “Sign the contract” is due Thu 16 Jan 2025, 12:00.",
        "Keep 1 h 30 min for “Sign the contract”.",
        "Begin “Sign the contract” on Wednesday at 09:15.",
        "Do not hand “Sign the contract” over.",
    ],
)
def test_what_the_facts_say_may_be_said(text: str) -> None:
    assert sound((1, text)) == [text]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "“Sign the contract” is due Fri 17 Jan 2025, 12:00."),
        (1, "“Sign the contract” is due at 13:00."),
        (1, "“Sign the contract” takes 2 h."),
        (1, "“Sign the contract” is worth 40,000."),
        (1, "“Sign the contract” today."),
        (1, "“Sign the treaty” is due Thu 16 Jan 2025, 12:00."),
        (1, "Sign the contract by 12:00."),
        (1, "See https://evil.example about “Sign the contract”."),
        (1, "Send “Sign the contract” to x@evil.example."),
        (1, "“Order lunch” is due Wed 15 Jan 2025, 17:00."),
        (1, "**Act** on “Sign the contract”."),
        (0, "You have 7 things to do first."),
        (0, "Half of this can wait."),
        (3, "“Sign the contract” is third."),
    ],
)
def test_what_the_facts_do_not_say_is_left_out(number: int, text: str) -> None:
    assert sound((number, text), (0, "Begin at the top.")) == ["Begin at the top."]


@examples(100)
@given(task_lists(), st.data())
def test_no_answer_moves_anything_beyond_its_bounds(tasks: list[Task], data: st.DataObject) -> None:
    found = ranked(*tasks)
    numbers = data.draw(st.sets(st.integers(1, len(found))))
    after = adjusted_tasks(
        found,
        answer(*({"n": n, "points": data.draw(st.integers(-10, 10)), "ground": "low_stakes"} for n in numbers)),
    )
    for old, new in zip(found, after, strict=True):
        assert (new.task, new.urgency) == (old.task, old.urgency)
        assert abs(new.importance.score - old.importance.score) <= 10
        assert 0 <= new.importance.score <= 100
