"""Which events are meetings, and what is prepared of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from assistant.domain.calendar.connected import ConnectedEvent
from assistant.domain.calendar.request import CalendarEvent
from assistant.domain.meetings.from_calendar import meeting_id_of, meeting_of
from tests.fakes.connections import google_connection

START = datetime(2025, 3, 30, 0, 30, tzinfo=UTC)
OTHERS = [{"email": "ann@company.com"}]


def event(
    people: tuple[str, ...] = ("ann@company.com",), organizer: str | None = None, **fields: Any
) -> ConnectedEvent:
    given = {"event_id": "e1", "title": "T", "start": START, "end": START + timedelta(hours=1), "attendees": OTHERS}
    return ConnectedEvent(CalendarEvent.model_validate(given | fields), "1", organizer, people)


def test_an_occurrence_over_a_dst_change_has_its_real_length() -> None:
    # In Berlin from 1:30 to 3:30 on the clock, an hour of it skipped.
    found = meeting_of(event(), google_connection())
    assert found
    assert (found.scheduled_time, found.minutes) == (START, 60)


@pytest.mark.parametrize(
    "fields",
    [
        {"attendees": []},
        {"status": "cancelled"},
        {"self_response": "declined"},
        {"transparency": "transparent"},
        {"all_day": True, "start": date(2025, 3, 30), "end": date(2025, 3, 31)},
        {"people": ("Room 7", "")},
    ],
    ids=["alone", "cancelled", "declined", "free", "all day", "nobody to write to"],
)
def test_what_is_no_meeting(fields: dict[str, Any]) -> None:
    assert meeting_of(event(**fields), google_connection()) is None


@pytest.mark.parametrize("response", ["accepted", "tentative", "needs_action"])
def test_what_is_not_declined_is_prepared(response: str) -> None:
    assert meeting_of(event(self_response=response), google_connection())


def test_what_a_calendar_holds_fits_into_a_meeting() -> None:
    people = (*(f"Person {n} <p{n}@company.com>" for n in range(150)), "Room <room>")
    given = event(people, "nobody", title="T" * 900, description="D" * 50_000, end=START + timedelta(days=3))
    found = meeting_of(given, google_connection())
    assert found
    assert (len(found.meeting_title), len(found.attendees), len(found.description)) == (300, 100, 20_000)
    assert (found.minutes, found.organizer) == (24 * 60, None)


def test_one_without_title_or_people_but_with_attendees() -> None:
    found = meeting_of(event((), "Ann <ann@company.com>", title="  "), google_connection())
    assert found
    assert (found.meeting_title, found.attendees) == ("(no title)", ("ann@company.com",))
    assert found.organizer == "Ann <ann@company.com>"


def test_an_id_is_that_of_the_event_of_its_calendar() -> None:
    ids = {meeting_id_of(connection, event_id) for connection in ("c1", "c2") for event_id in ("e1", "e2")}
    assert len(ids) == 4
    assert meeting_id_of("c1", "e1") in ids
