"""The calendar through the front door, API Gateway, Lambda, DynamoDB and SQS."""

import json
from typing import Any

from tests.fakes.weeks import CONSTRAINTS, EVENTS
from tests.integration.assistant_process import Assistant, eventually

OPTIMIZE = "/api/v1/calendar/optimize"

# The documented example, verbatim.
EXAMPLE = json.loads("""
{"user_id": "user123",
 "date_range": {"start_date": "2025-01-20", "end_date": "2025-01-27"},
 "constraints": {"focus_time_hours": 4, "no_meetings_before": "09:00", "no_meetings_after": "17:00",
                 "meeting_buffer_minutes": 15, "max_meetings_per_day": 6}}
""")
BUSY_WEEK: dict[str, Any] = {
    "user_id": "user123",
    "date_range": {"start_date": "2025-01-20", "end_date": "2025-01-24"},
    "timezone": "Europe/Berlin",
    "constraints": CONSTRAINTS.model_dump(mode="json", exclude_none=True),
    "events": [event.model_dump(mode="json", exclude_none=True) for event in EVENTS],
}
FILE = "\r\n".join(
    (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Example//Calendar//EN",
        "BEGIN:VEVENT",
        "UID:weekly@company.com",
        "DTSTAMP:20250101T000000Z",
        "DTSTART;TZID=Europe/Berlin:20250113T100000",
        "DTEND;TZID=Europe/Berlin:20250113T110000",
        "RRULE:FREQ=WEEKLY;BYDAY=MO",
        "SUMMARY:Weekly",
        "ATTENDEE:mailto:ana@company.com",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
)


def test_optimize_example(assistant: Assistant, token: str) -> None:
    answer = assistant.request("POST", OPTIMIZE, EXAMPLE, token=token)

    assert answer.status == 200, answer.body
    document = answer.json()
    assert document["user_id"] == "user123"
    assert {one["type"] for one in document["suggestions"]} == {"focus_block"}
    assert (document["conflicts_resolved"], document["time_saved_minutes"]) == (0, 0)
    assert document["proof"]["status"] == "optimal"
    assert document["processing_time_ms"] > 0


def test_a_plan_is_kept_shown_drawn_explained_and_checked(assistant: Assistant, token: str) -> None:
    made = assistant.request("POST", OPTIMIZE, BUSY_WEEK | {"time_limit_seconds": 15}, token=token)
    assert made.status == 200, made.body
    document = made.json()
    assert document.get("degraded", []) == []
    address = f"/api/v1/calendar/plans/{document['plan_id']}"
    needing = next(one for one in document["suggestions"] if one["depends_on"])

    shown = assistant.request("GET", address, token=token)
    drawn = assistant.request("GET", f"{address}.svg", token=token)
    why = assistant.request("GET", f"{address}/suggestions/1/why", token=token)
    accept = {"suggestion_ids": [needing["suggestion_id"]]}
    alone = assistant.request("POST", f"{address}/accept", accept, token=token)
    unknown = assistant.request("GET", "/api/v1/calendar/plans/none", token=token)

    assert [answer.status for answer in (shown, drawn, why, alone, unknown)] == [200, 200, 200, 200, 404]
    assert shown.json()["suggestions"] == document["suggestions"]
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert drawn.body.startswith(b"<svg")
    assert why.json()["suggestion"] == document["suggestions"][0]
    assert alone.json()["missing"] == [{"suggestion_id": needing["suggestion_id"], "needs": needing["depends_on"]}]


def test_a_file_is_planned(assistant: Assistant, token: str) -> None:
    address = f"{OPTIMIZE}?user_id=user123&start_date=2025-01-20&end_date=2025-01-24&timezone=Europe%2FBerlin"
    headers = {"Content-Type": "text/calendar"}

    answer = assistant.request("POST", address, body=FILE.encode(), token=token, headers=headers)

    assert answer.status == 200, answer.body
    assert answer.json()["metrics"]["before"]["meetings_per_day"]["2025-01-20"] == 1


def test_a_proof_goes_on_after_the_answer(assistant: Assistant, token: str) -> None:
    hasty = assistant.request("POST", OPTIMIZE, BUSY_WEEK | {"time_limit_seconds": 0.1}, token=token)
    assert hasty.status == 200, hasty.body
    document = hasty.json()
    address = f"/api/v1/calendar/plans/{document['plan_id']}"

    def proof() -> dict[str, Any]:
        return dict(assistant.request("GET", address, token=token).json()["proof"])

    assert document["proof"]["state"] in {"queued", "proven"}
    eventually(lambda: proof()["state"] == "proven", 60)
    assert proof()["status"] == "optimal"
