"""Meetings and documents for tests, in the words of people."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from assistant.domain.meetings.evidence import Evidence, gather, subject
from assistant.domain.meetings.ranking import rank
from assistant.domain.meetings.reading import candidate, read_document
from assistant.domain.meetings.request import MeetingDetails

NOW = datetime(2025, 1, 15, 10, tzinfo=UTC)
# The documented request.
EXAMPLE: dict[str, Any] = {
    "user_id": "user123",
    "meeting_id": "meet123",
    "meeting_title": "Q4 Planning Session",
    "attendees": ["alice@company.com", "bob@company.com"],
    "scheduled_time": "2025-01-25T14:00:00Z",
    "context": "Quarterly planning meeting to finalize Q4 objectives",
}
ALICE = "Alice Lee <alice@company.com>"
KIM = "Kim Park <kim@client.example>"


def mail(number: int, body: str, *, by: str = ALICE, subject: str = "Q4 objectives", **fields: Any) -> dict[str, Any]:
    return {
        "kind": "mail",
        "id": f"mail{number}",
        "from": by,
        "to": ["user@company.com"],
        "subject": subject,
        "body": body,
        "received_at": "2025-01-13T09:12:00Z",
    } | fields


def page(number: int, text: str, *, title: str = "Q4 objectives draft", **fields: Any) -> dict[str, Any]:
    return {"kind": "page", "id": f"page{number}", "title": title, "text": text, "at": "2025-01-12T08:00:00Z"} | fields


def details(**fields: Any) -> MeetingDetails:
    given = {name: value for name, value in EXAMPLE.items() if name not in {"user_id", "meeting_id"}}
    return MeetingDetails.model_validate(given | {"own_addresses": ["user@company.com"]} | fields)


def evidence(*documents: dict[str, Any], zone: str = "UTC", **fields: Any) -> Evidence:
    meeting = details(documents=documents, **fields)
    at = meeting.begins(ZoneInfo(zone))
    people = {box.address for box in meeting.people}
    candidates = [candidate(sent) for sent in meeting.documents]
    ranked = rank(candidates, subject=subject(meeting), people=people, meeting_at=at, most=24)
    return gather(
        meeting,
        "meet123",
        zone=ZoneInfo(zone),
        own=frozenset(meeting.own_addresses),
        documents=[(read_document(one.candidate), one.score) for one in ranked],
    )
