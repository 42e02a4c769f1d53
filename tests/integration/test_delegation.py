"""Delegates through the front door, API Gateway with its authorizer, Lambda and DynamoDB."""

from collections.abc import Iterator

import pytest

from infra.local.users import fresh_token
from tests.integration.assistant_process import Answer, Assistant, eventually

USER, DELEGATE = "executive", "assistant-of-executive"
DELEGATES = f"/api/v1/users/{USER}/delegates"
MEETING = {"event_id": "board", "title": "Board", "start": "2025-01-20T10:00", "end": "2025-01-20T11:00"}
WEEK = {"date_range": {"start_date": "2025-01-20", "end_date": "2025-01-24"}, "timezone": "Europe/Berlin"}


@pytest.fixture(scope="module")
def users_token(assistant: Assistant) -> str:
    return fresh_token(assistant.aws, USER)


@pytest.fixture(scope="module")
def delegates_token(assistant: Assistant) -> str:
    return fresh_token(assistant.aws, DELEGATE)


@pytest.fixture(autouse=True)
def undelegated(assistant: Assistant, users_token: str) -> Iterator[None]:
    yield
    assistant.request("DELETE", f"{DELEGATES}/{DELEGATE}", token=users_token)


def delegate(assistant: Assistant, token: str, **wanted: str) -> Answer:
    return assistant.request("PUT", f"{DELEGATES}/{DELEGATE}", wanted, token=token)


def optimize(assistant: Assistant, token: str, user_id: str = USER) -> Answer:
    request = {"user_id": user_id, "events": [MEETING], **WEEK}
    return assistant.request("POST", "/api/v1/calendar/optimize", request, token=token)


def test_a_delegate_plans_the_week_of_the_user_until_that_ends(
    assistant: Assistant, users_token: str, delegates_token: str
) -> None:
    assert optimize(assistant, delegates_token).status == 403
    given = delegate(assistant, users_token)
    assert given.status == 200, given.body
    assert assistant.request("GET", DELEGATES, token=users_token).json()["delegates"] == [given.json()]

    delegators = assistant.request("GET", f"/api/v1/users/{DELEGATE}/delegators", token=delegates_token)
    assert delegators.json() == {"user_id": DELEGATE, "delegators": [given.json()], "next_cursor": None}

    made = optimize(assistant, delegates_token)
    assert made.status == 200, made.body
    path = f"/api/v1/calendar/plans/{made.json()['plan_id']}"
    named = {"On-Behalf-Of": USER}
    assert assistant.request("GET", path, token=users_token).status == 200
    assert assistant.request("GET", path, token=delegates_token).status == 404
    assert assistant.request("GET", path, token=delegates_token, headers=named).status == 200

    assert assistant.request("DELETE", f"{DELEGATES}/{DELEGATE}", token=users_token).status == 204
    assert optimize(assistant, delegates_token).status == 403
    assert assistant.request("GET", path, token=delegates_token, headers=named).status == 403
    assert assistant.request("GET", path, token=users_token).status == 200


def test_a_delegate_lets_nobody_in_and_changes_no_preferences(
    assistant: Assistant, users_token: str, delegates_token: str
) -> None:
    delegate(assistant, users_token)
    for method, path in (
        ("PUT", f"{DELEGATES}/accomplice"),
        ("GET", DELEGATES),
        ("PUT", f"/api/v1/users/{USER}/preferences"),
        ("DELETE", f"/api/v1/users/{USER}/memories?person=ann%40company.com"),
    ):
        assert assistant.request(method, path, {}, token=delegates_token).status == 403
    assert [
        one["delegate_id"] for one in assistant.request("GET", DELEGATES, token=users_token).json()["delegates"]
    ] == [DELEGATE]


def test_one_token_keeps_the_users_it_acts_for_apart(
    assistant: Assistant, token: str, users_token: str, delegates_token: str
) -> None:
    assistant.request("PUT", f"/api/v1/users/user123/delegates/{DELEGATE}", {}, token=token)
    delegate(assistant, users_token)
    made = {}
    for user_id in (USER, "user123", DELEGATE):
        headers = {"On-Behalf-Of": user_id, "Idempotency-Key": "the-same-for-all"}
        answer = assistant.request(
            "POST", "/api/v1/tasks", {"title": f"Of {user_id}"}, token=delegates_token, headers=headers
        )
        assert answer.status == 201, answer.body
        made[user_id] = answer.json()["task_id"]
    assert len(set(made.values())) == 3
    for user_id, task_id in made.items():
        for other in made:
            named = {"On-Behalf-Of": other}
            found = assistant.request("GET", f"/api/v1/tasks/{task_id}", token=delegates_token, headers=named)
            assert found.status == (200 if other == user_id else 404)
    assert assistant.request("GET", f"/api/v1/tasks/{made[USER]}", token=users_token).json()["title"] == f"Of {USER}"
    for user_id, task_id in made.items():
        named = {"On-Behalf-Of": user_id}
        assistant.request("DELETE", f"/api/v1/tasks/{task_id}", token=delegates_token, headers=named)
    assistant.request("DELETE", f"/api/v1/users/user123/delegates/{DELEGATE}", token=token)


def test_the_trail_says_who_acted(assistant: Assistant, users_token: str, delegates_token: str) -> None:
    delegate(assistant, users_token)
    mail = {"id": "m1", "from": "ann@company.com", "subject": "Lunch"}
    triage = {"user_id": USER, "emails": [mail]}
    assert assistant.request("POST", "/api/v1/email/triage", triage, token=delegates_token).status == 200

    def of_the_delegate() -> list[str]:
        return [event["action"] for event in assistant.audit_trail(USER) if event.get("delegate_id") == DELEGATE]

    eventually(lambda: "emails.triaged" in of_the_delegate())
    assert "emails.triaged" not in [event["action"] for event in assistant.audit_trail(DELEGATE)]
