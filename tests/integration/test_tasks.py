"""Tasks through the front door, API Gateway, Lambda and DynamoDB."""

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from infra.local.users import fresh_token
from tests.integration.assistant_process import Assistant

PRIORITIZE = "/api/v1/tasks/prioritize"
TASKS = "/api/v1/tasks"
PATCH = {"Content-Type": "application/merge-patch+json"}

# The documented example, verbatim.
EXAMPLE = json.loads("""
{"user_id": "user123",
 "tasks": [{"id": "task1", "title": "Review budget proposal", "due_date": "2025-01-22", "estimated_time": "2 hours"},
           {"id": "task2", "title": "Team 1:1 meetings", "due_date": "2025-01-26", "estimated_time": "3 hours"}]}
""")


def test_prioritize_example(assistant: Assistant, token: str) -> None:
    answer = assistant.request("POST", PRIORITIZE, EXAMPLE, token=token)

    assert answer.status == 200, answer.body
    document = answer.json()
    assert document["user_id"] == "user123"
    assert [task["task_id"] for task in document["prioritized_tasks"]] == ["task1", "task2"]
    # Both are overdue by now.
    assert document["eisenhower_matrix"] == {"Q1": ["task1", "task2"], "Q2": [], "Q3": [], "Q4": []}
    assert document["recommendations"]
    assert sum(len(day["blocks"]) for day in document["daily_plan"]["days"]) >= 3
    assert document["processing_time_ms"] > 0


def test_a_task_is_kept_once_listed_ranked_done_and_deleted(assistant: Assistant, token: str) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    report = {"title": "Weekly report", "due_date": "Friday 15:00", "recurrence": "RRULE:FREQ=WEEKLY;BYDAY=FR"}

    def create() -> str:
        answer = assistant.request("POST", TASKS, report, token=token, headers=key)
        assert answer.status == 201, answer.body
        return str(answer.json()["task_id"])

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda _: create(), range(4)))
    (task_id,) = made

    listed = assistant.request("GET", f"{TASKS}?status=open&limit=200", token=token).json()["tasks"]
    assert [task["task_id"] for task in listed].count(task_id) == 1
    ranked = assistant.request("POST", PRIORITIZE, {"user_id": "user123"}, token=token).json()
    assert task_id in [task["task_id"] for task in ranked["prioritized_tasks"]]

    def complete(version: str) -> int:
        conditions = PATCH | {"If-Match": version}
        return assistant.request(
            "PATCH", f"{TASKS}/{task_id}", {"status": "done"}, token=token, headers=conditions
        ).status

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(complete, ['"1"'] * 4)) == [200, 412, 412, 412]
    done = assistant.request("GET", f"{TASKS}/{task_id}", token=token)
    assert (done.headers["etag"], done.json()["status"]) == ('"2"', "done")
    following = assistant.request("GET", f"{TASKS}/{done.json()['next_task_id']}", token=token).json()
    assert following["status"] == "open"
    assert following["due_date"] > done.json()["due_date"]

    for name in (task_id, following["task_id"]):
        assert assistant.request("DELETE", f"{TASKS}/{name}", token=token).status == 204
        assert assistant.request("GET", f"{TASKS}/{name}", token=token).status == 404


def test_a_task_of_another_user_is_not_there(assistant: Assistant, token: str) -> None:
    made = assistant.request("POST", TASKS, {"title": "Mine"}, token=token).json()
    other = fresh_token(assistant.aws, "tasks-of-another")
    assert assistant.request("GET", f"{TASKS}/{made['task_id']}", token=other).status == 404
    assert assistant.request("GET", TASKS, token=other).json() == {"tasks": [], "next_cursor": None}
    assert assistant.request("DELETE", f"{TASKS}/{made['task_id']}", token=token).status == 204
