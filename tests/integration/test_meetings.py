"""Meetings through the front door, API Gateway, Lambda and DynamoDB, and the run that prepares them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.invoke import invoke
from infra.local.layout import REPOSITORY
from tests.integration.assistant_process import Answer, Assistant

# The documented example, verbatim.
EXAMPLE = json.loads("""
{"user_id": "user123", "meeting_id": "meet123", "meeting_title": "Q4 Planning Session",
 "attendees": ["alice@company.com", "bob@company.com"], "scheduled_time": "2025-01-25T14:00:00Z",
 "context": "Quarterly planning meeting to finalize Q4 objectives"}
""")
TICK = json.loads((REPOSITORY / "events/schedule/prepare_upcoming_meetings.json").read_text())
WITH_DOCUMENTS = json.loads(json.loads((REPOSITORY / "events/http/prepare_meeting.documents.json").read_text())["body"])


def run(assistant: Assistant) -> dict[str, Any]:
    return dict(invoke(assistant.aws, "prepare_upcoming_meetings", TICK))


def test_prepare_example(assistant: Assistant, token: str) -> None:
    answer = assistant.request("POST", "/api/v1/meeting/prepare", EXAMPLE, token=token)

    assert answer.status == 200, answer.body
    document = answer.json()
    assert (document["user_id"], document["meeting_id"], document["decided_by"]) == ("user123", "meet123", "core")
    assert document["briefing_document"].startswith("# Q4 Planning Session\n")
    assert [one["email"] for one in document["attendee_research"]] == EXAMPLE["attendees"]
    assert sum(item["minutes"] for item in document["suggested_agenda"]) == 60
    assert [one["field"] for one in document["warnings"]] == ["scheduled_time"]
    assert document["processing_time_ms"] > 0


def test_claude_prepares_and_every_word_is_held_against_its_source(small_assistant: Assistant) -> None:
    token = small_assistant.token()
    answer = small_assistant.request("POST", "/api/v1/meeting/prepare", WITH_DOCUMENTS, token=token)

    assert answer.status == 200, answer.body
    document = answer.json()
    assert (document["decided_by"], document["degraded"]) == ("claude", [])
    by_number = {one["n"]: one["source"] for one in document["citations"]}
    for point in document["key_points"]:
        said = point["text"].partition(": ")[2] or point["text"]
        assert any(said in by_number[n]["quote"] for n in point["citations"])


def of_the_meeting(told: Answer) -> list[dict[str, Any]]:
    """Return what was told of it: the user may have been told of their day too."""
    return [one for one in told.json()["notifications"] if one["link"] == "/api/v1/meetings/kept1/briefing"]


def test_a_kept_meeting_is_prepared_once_told_of_and_forgotten(assistant: Assistant, token: str) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=20)
    meeting = {name: EXAMPLE[name] for name in ("meeting_title", "attendees", "context")}
    address = "/api/v1/meetings/kept1"

    kept = assistant.request("PUT", address, meeting | {"scheduled_time": at.isoformat()}, token=token)
    early = assistant.request("GET", f"{address}/briefing", token=token)
    runs = [run(assistant), run(assistant)]
    briefing = assistant.request("GET", f"{address}/briefing", token=token)
    listed = assistant.request("GET", "/api/v1/meetings", token=token)
    told = assistant.request("GET", "/api/v1/users/user123/notifications?unread=true", token=token)

    assert kept.status == 200, kept.body
    assert (kept.headers["etag"], early.status) == ('"1"', 404)
    assert [one["prepared"] for one in runs] == [1, 0]
    assert briefing.status == 200, briefing.body
    assert briefing.json()["current"]
    assert [one["meeting_id"] for one in listed.json()["meetings"]] == ["kept1"]
    (notification,) = of_the_meeting(told)
    assert notification["channel"] == "dashboard"

    read = f"/api/v1/users/user123/notifications/{notification['id']}"
    marked = assistant.request("PATCH", read, {"read": True}, token=token)
    left = assistant.request("GET", "/api/v1/users/user123/notifications?unread=true", token=token)
    gone = assistant.request("DELETE", address, token=token)
    after = assistant.request("GET", address, token=token)
    assert (marked.status, of_the_meeting(left), gone.status, after.status) == (200, [], 200, 404)
