"""Profile small: no Redis, the same API."""

from tests.integration.assistant_process import Assistant
from tests.integration.test_api import TRIAGE, TRIAGE_EXAMPLE


def test_health_and_triage_without_redis(small_assistant: Assistant) -> None:
    health = small_assistant.request("GET", "/health")
    triage = small_assistant.request("POST", TRIAGE, TRIAGE_EXAMPLE, token=small_assistant.token())

    assert health.status == 200
    assert health.json()["status"] == "healthy"
    assert health.json()["dependencies"]["redis"]["status"] == "not_configured"
    assert triage.status == 200, triage.body
    assert triage.json()["triaged_emails"][0]["category"] == "urgent_action"


def test_valkey_is_not_started(small_assistant: Assistant) -> None:
    assert "Valkey" not in small_assistant.output
    assert not (small_assistant.state / "small/valkey").exists()


def test_a_setting_of_the_environment_reaches_the_functions(small_assistant: Assistant) -> None:
    emails = [{"id": str(number), "from": "a@example.com"} for number in range(3)]
    answer = small_assistant.request(
        "POST", TRIAGE, {"user_id": "user123", "emails": emails}, token=small_assistant.token()
    )

    assert answer.status == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["emails"]
