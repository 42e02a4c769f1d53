"""Bad input is named exactly, good input read as meant."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from assistant.domain.errors import field_errors
from assistant.services.prepare_meeting import PrepareRequest
from tests.unit.meetings.meetings import EXAMPLE, details, mail, page

# The table of docs/meetings.md, row by row.
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"attendees": [f"guest{n}@company.com" for n in range(200)]}, "attendees", "has more than 100 items"),
    ({"attendees": []}, "attendees", "needs 1 or more items"),
    ({"attendees": ["alice@company.com", "bob"]}, "attendees[1]", "must be an e-mail address like name@company.com"),
    ({"attendees": ["a@company.com, b@company.com"]}, "attendees[0]", "must be one e-mail address"),
    ({"scheduled_time": "2025-02-30T14:00:00Z"}, "scheduled_time", "day value is outside expected range"),
    ({"scheduled_time": "2025-01-25"}, "scheduled_time", "needs a time of day"),
    ({"scheduled_time": "1969-12-31T10:00:00Z"}, "scheduled_time", "must be between the years 1970 and 2199"),
    ({"timezone": "Europe/Atlantis"}, "timezone", "must be an IANA time zone like America/New_York"),
    ({"duration_minutes": 0}, "duration_minutes", "must be greater than or equal to 5"),
    ({"duration_minutes": 1441}, "duration_minutes", "must be less than or equal to 1440"),
    ({"meeting_title": ""}, "meeting_title", "needs 1 or more characters"),
    ({"context": "x" * 20_001}, "context", "has more than 20000 characters"),
    ({"own_addresses": ["me"]}, "own_addresses[0]", "must be an e-mail address like name@company.com"),
    ({"company_domains": ["company"]}, "company_domains[0]", "should match pattern"),
    ({"documents": [page(n, "x") for n in range(501)]}, "documents", "has more than 500 items"),
    ({"documents": [page(1, "x" * 20_001)]}, "documents[0].text", "has more than 20000 characters"),
    ({"documents": [page(1, "x"), page(1, "y")]}, "documents", "two of kind page with one id, at 0 and 1"),
    ({"documents": [mail(1, "x", received_at="yesterday")]}, "documents[0].received_at", "valid datetime"),
    ({"documents": [{"kind": "page", "id": "p"}]}, "documents[0]", "page needs a title or a text"),
    ({"documents": [{"kind": "mail", "id": "m"}]}, "documents[0]", "a mail needs a sender, a subject or a body"),
    ({"documents": [mail(1, "x", text="y")]}, "documents[0]", "a mail has subject, body"),
    ({"documents": [page(1, "x", subject="y")]}, "documents[0]", "page has title, text and people"),
    ({"documents": [{"kind": "memory", "id": "m", "text": "x"}]}, "documents[0].kind", "must be"),
    ({"duration": 30}, "duration", "is not a known field"),
]


@pytest.mark.parametrize(
    ("change", "field", "detail"), BAD, ids=[f"{field}-{n}" for n, (_, field, _) in enumerate(BAD)]
)
def test_what_is_wrong_is_named(change: dict[str, Any], field: str, detail: str) -> None:
    with pytest.raises(ValidationError) as caught:
        PrepareRequest.model_validate(EXAMPLE | change)
    (error,) = field_errors(caught.value.errors())
    assert error.field == field
    assert detail in error.detail


def test_a_person_named_twice_is_one() -> None:
    meeting = details(attendees=["alice@company.com", "Alice Lee <ALICE@company.com>"], organizer="bob@company.com")
    assert [(box.name, box.address) for box in meeting.people] == [
        ("Alice Lee", "alice@company.com"),
        ("", "bob@company.com"),
    ]


@pytest.mark.parametrize(
    ("time", "begins"),
    [
        ("2025-01-25T14:00:00Z", datetime(2025, 1, 25, 14, tzinfo=UTC)),
        ("2025-01-25T14:00:00+05:30", datetime(2025, 1, 25, 8, 30, tzinfo=UTC)),
        ("2025-01-25T14:00", datetime(2025, 1, 25, 13, tzinfo=UTC)),
        ("2025-07-25T14:00", datetime(2025, 7, 25, 12, tzinfo=UTC)),
        # Skipped by the clocks, and shown twice by them.
        ("2025-03-30T02:30", datetime(2025, 3, 30, 1, 30, tzinfo=UTC)),
        ("2025-10-26T02:30", datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_time_without_offset_is_one_of_the_users_zone(time: str, begins: datetime) -> None:
    assert details(scheduled_time=time).begins(ZoneInfo("Europe/Berlin")) == begins


def test_a_meeting_without_duration_takes_an_hour() -> None:
    assert (details().minutes, details(duration_minutes=25).minutes) == (60, 25)
