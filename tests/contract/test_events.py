"""Every recorded event runs through its real handler."""

import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from assistant.runtime.problem import PROBLEM_JSON, Problem
from infra.manifest import FUNCTIONS
from tests.contract.expected_answers import EXPECTED, FIELDS
from tests.contract.recorded import (
    EVENTS,
    TASK,
    arrange,
    body_of,
    http,
    recorded,
)
from tests.fakes.wired import Wired

OPENAPI = Path(__file__).parents[2] / "functions" / "serve_docs" / "openapi.json"


def test_every_function_has_an_event_and_every_event_an_expectation() -> None:
    recorded = {path.name.split(".")[0] for path in EVENTS.glob("*/*.json")}
    assert recorded == {function.name for function in FUNCTIONS}
    assert {path.stem for path in (EVENTS / "http").glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_http_event_is_answered_as_expected(wired: Wired, name: str) -> None:
    arrange(wired, name)
    answer = http(name)
    assert answer["statusCode"] == EXPECTED[name]
    assert answer["headers"]["X-Request-Id"] == "JKJaXmPLvHcESHA="
    assert answer["headers"]["X-Content-Type-Options"] == "nosniff"
    if name.startswith("complete_connection"):
        assert_a_guarded_page(answer)
    elif EXPECTED[name].is_client_error:
        problem = Problem.model_validate_json(answer["body"])
        assert answer["headers"]["Content-Type"] == PROBLEM_JSON
        assert (problem.status, problem.instance) == (EXPECTED[name], "JKJaXmPLvHcESHA=")
        assert [error.field for error in problem.errors] == FIELDS.get(name, [])


def assert_a_guarded_page(answer: dict[str, Any]) -> None:
    headers, body = answer["headers"], answer["body"]
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    style = hashlib.sha256(body.partition("<style>")[2].partition("</style>")[0].encode()).digest()
    assert f"'sha256-{base64.b64encode(style).decode()}'" in headers["Content-Security-Policy"]
    assert not [part for part in ("<script", "<b>", "RW5hYmxl") if part in body]


def test_every_answer_is_one_the_document_promises() -> None:
    paths = json.loads(OPENAPI.read_text(encoding="utf-8"))["paths"]
    for name, status in EXPECTED.items():
        event = recorded(f"http/{name}")
        method, _, path = event["routeKey"].rpartition(" ")
        if path in paths:
            assert str(int(status)) in paths[path][method.lower()]["responses"], name


def test_the_documented_triage() -> None:
    answer = body_of("triage_email")
    (decision,) = answer["triaged_emails"]
    assert decision["category"] == "urgent_action"
    assert decision["priority_score"] == 9
    assert decision["estimated_time_minutes"] == 30
    assert answer["summary"] == "Triaged 1 emails: 1 urgent actions, 0 important reads"


def test_the_documented_preparation() -> None:
    answer = body_of("prepare_meeting")
    assert (answer["user_id"], answer["meeting_id"]) == ("user123", "meet123")
    assert answer["briefing_document"].startswith("# Q4 Planning Session\n")
    assert [one["email"] for one in answer["attendee_research"]] == ["alice@company.com", "bob@company.com"]
    assert sum(one["minutes"] for one in answer["suggested_agenda"]) == 60
    assert answer["processing_time_ms"] >= 0


def test_the_documented_preferences() -> None:
    stored = http("manage_preferences.replace")
    sent = recorded("http/manage_preferences.replace")["body"]
    assert json.loads(stored["body"]).items() >= json.loads(sent).items()
    assert stored["headers"]["ETag"] == '"1"'
    patched = body_of("manage_preferences.patch")
    assert patched["email_rules"]["delegate_to"] is None
    assert patched["working_hours"] == {"start": "09:00", "end": "17:00", "timezone": "Europe/Berlin"}


def test_the_documented_prioritization() -> None:
    answer = body_of("prioritize_tasks")
    assert [task["task_id"] for task in answer["prioritized_tasks"]] == ["task1", "task2"]
    assert [task["estimated_minutes"] for task in answer["prioritized_tasks"]] == [120, 180]
    assert answer["eisenhower_matrix"] == {"Q1": [], "Q2": ["task1", "task2"], "Q3": [], "Q4": []}
    assert sum(len(day["blocks"]) for day in answer["daily_plan"]["days"]) == 3


def test_a_deleted_task_leaves_an_empty_body(wired: Wired) -> None:
    wired.tasks.create("user123", TASK, None)
    assert http("manage_tasks.delete")["body"] == ""
    assert wired.tasks.find("user123", TASK.task_id) is None


def test_the_page_is_compressed_and_guarded() -> None:
    answer = http("serve_docs")
    assert answer["headers"]["Content-Encoding"] == "gzip"
    assert "script-src 'sha256-" in answer["headers"]["Content-Security-Policy"]
    page = gzip.decompress(base64.b64decode(answer["body"])).decode()
    assert "/api/v1/email/triage" in page


def test_the_document_is_served_as_committed() -> None:
    assert http("serve_docs.openapi")["body"] == OPENAPI.read_text(encoding="utf-8")


def test_a_wrong_method_is_told_the_right_ones() -> None:
    assert http("serve_docs.wrong_method")["headers"]["Allow"] == "POST"
