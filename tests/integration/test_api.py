"""The HTTP contract through the front door, API Gateway, Lambda, DynamoDB, SQS and Redis."""

import json
import os
import signal
from typing import Any

from infra.local.users import fresh_token
from tests.integration.assistant_process import Assistant, eventually

TRIAGE = "/api/v1/email/triage"
PREFERENCES = "/api/v1/users/user123/preferences"

# The documented examples, verbatim.
TRIAGE_EXAMPLE = json.loads("""
{"user_id": "user123",
 "emails": [{"id": "email1", "from": "ceo@company.com", "subject": "Urgent: Q4 Budget Review",
             "body": "We need to discuss the Q4 budget...", "received_at": "2025-01-15T10:00:00Z"}]}
""")
PREFERENCES_EXAMPLE = json.loads("""
{"working_hours": {"start": "09:00", "end": "17:00", "timezone": "America/New_York"},
 "meeting_preferences": {"buffer_minutes": 15, "max_per_day": 6, "no_meetings_days": ["Friday afternoon"]},
 "email_rules": {"auto_archive_newsletters": true, "priority_senders": ["ceo@company.com"],
                 "delegate_to": "assistant@company.com"},
 "notification_channels": {"urgent": "slack", "important": "email", "routine": "dashboard"}}
""")


def test_triage_example(assistant: Assistant, token: str) -> None:
    answer = assistant.request("POST", TRIAGE, TRIAGE_EXAMPLE, token=token)

    assert answer.status == 200, answer.body
    document = answer.json()
    assert document["user_id"] == "user123"
    (decision,) = document["triaged_emails"]
    assert decision["email_id"] == "email1"
    assert decision["category"] == "urgent_action"
    assert decision["priority_score"] >= 8
    assert decision["suggested_action"]
    assert decision["estimated_time_minutes"] > 0
    assert decision["reasoning"]
    assert document["summary"] == "Triaged 1 emails: 1 urgent actions, 0 important reads"
    assert document["processing_time_ms"] > 0
    assert document.get("degraded", []) == []


def test_preferences_example_is_stored_and_read_back(assistant: Assistant, token: str) -> None:
    stored = assistant.request("PUT", PREFERENCES, PREFERENCES_EXAMPLE, token=token)
    read = assistant.request("GET", PREFERENCES, token=token)

    assert stored.status in (200, 201), stored.body
    assert read.status == 200
    assert PREFERENCES_EXAMPLE.items() <= read.json().items()


def test_a_stale_etag_is_refused_and_a_fresh_one_accepted(assistant: Assistant, token: str) -> None:
    stale = assistant.request("PUT", PREFERENCES, PREFERENCES_EXAMPLE, token=token).headers["etag"]
    patch = {"email_rules": {"delegate_to": None}}

    fresh = assistant.request("PATCH", PREFERENCES, patch, token=token, headers={"If-Match": stale})
    late = assistant.request("PATCH", PREFERENCES, {"email_rules": {}}, token=token, headers={"If-Match": stale})

    assert fresh.status == 200, fresh.body
    assert fresh.headers["etag"] != stale
    assert fresh.json()["email_rules"].get("delegate_to") is None
    assert late.status == 412
    assert late.headers["content-type"] == "application/problem+json"


def test_an_unchanged_version_is_not_sent_again(assistant: Assistant, token: str) -> None:
    tag = assistant.request("GET", PREFERENCES, token=token).headers["etag"]

    again = assistant.request("GET", PREFERENCES, token=token, headers={"If-None-Match": tag})

    assert (again.status, again.headers["etag"], again.body) == (304, tag, b"")


def test_corrections_change_the_next_decision_of_that_sender(assistant: Assistant, token: str) -> None:
    def decide(email_id: str) -> dict[str, Any]:
        email = {
            "id": email_id,
            "from": "Robin <robin@partner.example>",
            "subject": "Notes on our conversation",
            "body": "Here is what I remember of our conversation.",
        }
        answer = assistant.request("POST", TRIAGE, {"user_id": "user123", "emails": [email]}, token=token)
        assert answer.status == 200, answer.body
        return dict(answer.json()["triaged_emails"][0])

    def correct(email_id: str) -> None:
        path = f"/api/v1/email/{email_id}/feedback"
        answer = assistant.request("POST", path, {"category": "archive"}, token=token)
        assert answer.status == 200, answer.body

    before = decide("notes-1")
    correct("notes-1")
    after_one = decide("notes-2")
    correct("notes-2")
    after_two = decide("notes-3")

    assert before["category"] not in ("archive", "urgent_action")
    assert after_one["category"] == before["category"], "one correction alone must not lower a sender"
    assert after_two["category"] == "archive"
    assert after_two["decided_by"] == "corrections"


def test_a_memory_is_found_by_meaning_and_forgotten(assistant: Assistant, token: str) -> None:
    memories = "/api/v1/users/user123/memories"
    new = {
        "kind": "person",
        "subject": "Alice",
        "text": "Alice leads procurement.",
        "people": ["alice@partner.example"],
    }
    key = {"Idempotency-Key": "memory-1"}

    def found() -> list[str]:
        answer = assistant.request("GET", f"{memories}?q=who%20runs%20purchasing", token=token).json()
        assert answer["degraded"] == []
        return [memory["text"] for memory in answer["memories"]]

    answers = [assistant.request("POST", memories, new, token=token, headers=key) for _ in range(2)]
    assert [(answer.status, answer.headers["etag"]) for answer in answers] == [(200, '"1"')] * 2
    assert found() == ["Alice leads procurement."]
    forgotten = assistant.request("DELETE", f"{memories}?person=alice@partner.example", token=token)
    assert (forgotten.status, forgotten.json()) == (200, {"forgotten": 1, "briefings": 0, "mails": 0, "more": False})
    assert found() == []


def test_feedback_on_an_unknown_mail_is_not_found(assistant: Assistant, token: str) -> None:
    answer = assistant.request("POST", "/api/v1/email/never-seen/feedback", {"category": "routine"}, token=token)

    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_problems_name_the_field(assistant: Assistant, token: str) -> None:
    empty = assistant.request("POST", TRIAGE, {"user_id": "user123", "emails": []}, token=token)
    broken = assistant.request("POST", TRIAGE, body=b"{", token=token)
    text = assistant.request("POST", TRIAGE, body=b"hello", token=token, headers={"Content-Type": "text/plain"})
    large = assistant.request("POST", TRIAGE, body=b" " * (6 * 1024 * 1024 + 1), token=token)
    unknown = assistant.request("GET", "/api/v1/nothing", token=token)

    assert [answer.status for answer in (empty, broken, text, large, unknown)] == [422, 400, 415, 413, 404]
    for answer in (empty, broken, text, large, unknown):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status
    assert [error["field"] for error in empty.json()["errors"]] == ["emails"]


def test_documents_are_public(assistant: Assistant) -> None:
    docs, openapi = assistant.request("GET", "/docs"), assistant.request("GET", "/openapi.json")

    assert docs.status == 200
    assert docs.headers["content-type"].startswith("text/html")
    assert {TRIAGE, "/health", "/metrics"} <= openapi.json()["paths"].keys()


def test_answers_allow_no_foreign_origin(assistant: Assistant) -> None:
    answer = assistant.request("GET", "/openapi.json", headers={"Origin": "https://elsewhere.example"})

    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_path_cannot_leave_the_api(assistant: Assistant) -> None:
    assert assistant.request("GET", "/../../../../_ministack/health").status == 404


def test_a_user_over_the_limit_is_told_when_to_come_back(assistant: Assistant, token: str) -> None:
    eager = fresh_token(assistant.aws, "eager")
    path = "/api/v1/users/eager/preferences"

    # The default bucket holds 100 requests and gains 5 a second.
    answers = (assistant.request("GET", path, token=eager) for _ in range(1000))
    refused = next(answer for answer in answers if answer.status != 200)

    assert refused.status == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["retry-after"]) >= 1
    assert assistant.request("GET", PREFERENCES, token=token).status == 200


def test_metrics_count_requests(assistant: Assistant, token: str) -> None:
    def requests_of_triage() -> float:
        text = assistant.request("GET", "/metrics", token=token).body.decode()
        lines = [line for line in text.splitlines() if line.startswith("exec_assistant_requests_total{")]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if f'endpoint="{TRIAGE}"' in line)

    assert assistant.request("POST", TRIAGE, TRIAGE_EXAMPLE, token=token).status == 200

    # The exporter answers from a cache of half a minute.
    eventually(lambda: requests_of_triage() >= 1, seconds=60)


def test_a_change_is_written_to_the_audit_trail(assistant: Assistant, token: str) -> None:
    before = len(assistant.audit_trail("user123"))
    assert assistant.request("PUT", PREFERENCES, PREFERENCES_EXAMPLE, token=token).status in (200, 201)

    eventually(lambda: len(assistant.audit_trail("user123")) > before)


def test_without_redis_health_degrades_and_triage_answers(assistant: Assistant, token: str) -> None:
    def redis_status() -> str:
        return str(assistant.request("GET", "/health").json()["dependencies"]["redis"]["status"])

    assert eventually(lambda: redis_status() == "healthy")
    server = int((assistant.state / "standard/valkey/valkey.pid").read_text())
    os.kill(server, signal.SIGSTOP)
    try:
        eventually(lambda: redis_status() == "unhealthy")
        health = assistant.request("GET", "/health")
        triage = assistant.request("POST", TRIAGE, TRIAGE_EXAMPLE, token=token)
    finally:
        os.kill(server, signal.SIGCONT)

    assert health.status == 200
    assert health.json()["status"] == "degraded"
    assert triage.status == 200, triage.body
    eventually(lambda: redis_status() == "healthy")
