"""What prioritizing refuses, and how: the table of docs/tasks.md."""

import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from assistant.runtime.problem import PROBLEM_JSON, Problem
from functions.prioritize_tasks.handler import lambda_handler
from tests.fakes.wired import Context

ROOT = Path(__file__).parents[2]
EVENT = json.loads((ROOT / "events" / "http" / "prioritize_tasks.json").read_text(encoding="utf-8"))
CHAIN = [{"id": f"t{number}", "title": "T", "depends_on": [f"t{(number + 1) % 3}"]} for number in range(3)]


def answered(body: dict[str, Any]) -> dict[str, Any]:
    return lambda_handler(EVENT | {"body": json.dumps({"user_id": "user123"} | body)}, Context())  # type: ignore[arg-type]


def one(**fields: Any) -> dict[str, Any]:
    return {"tasks": [{"id": "t", "title": "T"} | fields]}


@pytest.mark.parametrize(
    ("body", "field", "detail"),
    [
        ({"tasks": []}, "tasks", "needs 1 or more items"),
        ({"tasks": [{"id": f"t{n}", "title": "T"} for n in range(10_000)]}, "tasks", "has more than 1000 items"),
        ({"tasks": [{"id": "t", "title": "A"}, {"id": "t", "title": "B"}]}, "tasks", "items 0 and 1 have the same id"),
        (one(title="   "), "tasks[0].title", "needs 1 or more characters"),
        (one(due_date="2025-02-30"), "tasks[0].due_date", "is no day or time that exists"),
        (one(due_date="2025-01-22T25:00"), "tasks[0].due_date", "is no day or time that exists"),
        (one(due_date="0001-01-01"), "tasks[0].due_date", "must be between the years 1971 and 2198"),
        (one(due_date="whenever"), "tasks[0].due_date", "must be a day or time like"),
        (one(due_date=20250122), "tasks[0].due_date", "must be text"),
        (one(estimated_time="-2 hours"), "tasks[0].estimated_time", "must be more than no time"),
        (one(estimated_time="0 min"), "tasks[0].estimated_time", "must be more than no time"),
        (one(estimated_time="90"), "tasks[0].estimated_time", "needs a unit"),
        (one(estimated_time="a while"), "tasks[0].estimated_time", "must be a length of time like"),
        (one(estimated_time="5000 h"), "tasks[0].estimated_time", "must be at most 400 hours"),
        ({"tasks": CHAIN}, "tasks[0].depends_on", "makes a cycle: t0 → t1 → t2 → t0"),
        (one(depends_on=["t"]), "tasks[0].depends_on", "makes a cycle: t → t"),
        (one(depends_on=["gone"]), "tasks[0].depends_on[0]", "is the id of no task of the request"),
        (one(goals=["gone"]), "tasks[0].goals[0]", "is the id of no goal"),
        (one(importance=11), "tasks[0].importance", "must be less than or equal to 10"),
        (one(importance=True), "tasks[0].importance", "must be a number"),
        (one(recurrence="EVERY MONDAY"), "tasks[0].recurrence", "must be a rule like RRULE:FREQ=WEEKLY;BYDAY=MO"),
        (one(status="waiting"), "tasks[0].status", "must be 'open', 'in_progress', 'done' or 'cancelled'"),
        (one(start_after="soon"), "tasks[0].start_after", "must be a time like 2025-01-20T10:00:00Z"),
        (one(colour="red"), "tasks[0].colour", "is not a known field"),
        (one() | {"timezone": "Mars/Olympus"}, "timezone", "must be an IANA time zone like America/New_York"),
        (one() | {"plan_days": 15}, "plan_days", "must be less than or equal to 14"),
        (
            one() | {"goals": [{"id": "g", "title": "G", "weight": 2}]},
            "goals[0].weight",
            "must be less than or equal to 1",
        ),
        (
            one() | {"events": [{"event_id": "e", "start": "2025-01-20T10:00", "end": "2025-01-20T09:00"}]},
            "events[0].end",
            "must be after start",
        ),
        (one() | {"now": "2198-06-01T00:00Z"}, "now", "must not be after the year 2197"),
        (one() | {"now": "soon"}, "now", "must be a time like 2025-01-20T10:00:00Z"),
        ({"user_id": 7}, "user_id", "must be text"),
    ],
)
def test_what_is_refused_names_the_field(body: dict[str, Any], field: str, detail: str) -> None:
    answer = answered(body)
    problem = Problem.model_validate_json(answer["body"])
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (422, PROBLEM_JSON)
    assert [error.field for error in problem.errors] == [field]
    assert problem.errors[0].detail.startswith(detail)
    table = (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8")
    assert detail in table, "docs/tasks.md does not list it"


def test_every_broken_task_is_named_up_to_a_hundred() -> None:
    answer = answered({"tasks": [{"id": f"t{n}", "title": "T", "due_date": "never ever"} for n in range(150)]})
    assert [error["field"] for error in json.loads(answer["body"])["errors"]] == [
        f"tasks[{number}].due_date" for number in range(100)
    ]


def test_closed_tasks_are_left_out_and_hold_nobody_up() -> None:
    answer = answered(
        {"tasks": [{"id": "a", "title": "A", "status": "done"}, {"id": "b", "title": "B", "depends_on": ["a"]}]}
    )
    assert answer["statusCode"] == HTTPStatus.OK
    assert [task["task_id"] for task in json.loads(answer["body"])["prioritized_tasks"]] == ["b"]
