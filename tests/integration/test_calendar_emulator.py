"""Google Calendar against an emulator that others wrote: reading, free/busy, and an event that is made.

It neither changes an event nor tells what changed, and gives an event an id of its own: those are held to Google's
description by the fake in tests/fakes/google_calendar_api.py.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from assistant.adapters.google_calendar import GoogleCalendar
from assistant.adapters.google_http import GoogleCalls
from assistant.domain.calendar.connected import BusyPeriod, NewEvent
from assistant.runtime.clock import SystemClock
from infra.local.emulators import emulating
from tests.fakes.access_tokens import NumberedTokens, connection

type Json = dict[str, object]

ACCOUNT = connection()
# The emulator knows a colleague's calendar as one that the user has, too, by its id.
COLLEAGUE = "ann@company.com"
MONDAY = datetime(2025, 1, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
MANY: list[Json] = [
    {
        "id": f"evt{number:03d}",
        "start_date_time": (MONDAY + number * HOUR).isoformat(),
        "end_date_time": (MONDAY + (number + 1) * HOUR).isoformat(),
    }
    for number in range(300)
]
HOLIDAY: Json = {"id": "holiday", "start_date": "2025-03-03", "end_date": "2025-03-04", "transparency": "transparent"}
# Ten o'clock in Berlin on the day it goes on to summer time.
BRUNCH: Json = {
    "id": "brunch",
    "start_date_time": "2025-03-30T10:00:00+02:00",
    "end_date_time": "2025-03-30T11:30:00+02:00",
    "attendees": [{"email": COLLEAGUE, "display_name": "Ann Smith", "response_status": "accepted"}],
}
HERS: Json = {
    "id": "hers",
    "calendar_id": COLLEAGUE,
    "start_date_time": "2025-01-20T09:00:00Z",
    "end_date_time": "2025-01-20T10:00:00Z",
}
OWN: Json = {"user_email": ACCOUNT.account, "calendar_id": "primary", "summary": "Planning"}
SEED = {
    "users": [{"email": ACCOUNT.account, "name": "User"}],
    "calendars": [
        {"id": "primary", "user_email": ACCOUNT.account, "summary": "Main", "primary": True},
        {"id": COLLEAGUE, "user_email": ACCOUNT.account, "summary": "Ann"},
    ],
    "calendar_events": [OWN | event for event in (*MANY, HOLIDAY, BRUNCH, HERS)],
}


@pytest.fixture(scope="module")
def calendar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleCalendar]:
    with emulating("google", SEED, tmp_path_factory.mktemp("google")) as address:
        calls = GoogleCalls(ACCOUNT, NumberedTokens(), SystemClock())
        yield GoogleCalendar(address, calls, ACCOUNT, lambda: None, SystemClock())
        calls.close()


def test_events_are_read_page_after_page(calendar: GoogleCalendar) -> None:
    found = calendar.events(MONDAY, MONDAY + timedelta(days=20))
    assert [one.event.event_id for one in found] == [event["id"] for event in MANY]


def test_a_whole_day_is_a_date(calendar: GoogleCalendar) -> None:
    (found,) = calendar.events(datetime(2025, 3, 3, tzinfo=UTC), datetime(2025, 3, 4, tzinfo=UTC))
    assert (found.event.all_day, found.event.start, found.event.end) == (True, date(2025, 3, 3), date(2025, 3, 4))


def test_a_time_with_an_offset_is_the_same_moment(calendar: GoogleCalendar) -> None:
    (found,) = calendar.events(datetime(2025, 3, 30, tzinfo=UTC), datetime(2025, 3, 31, tzinfo=UTC))
    assert (found.event.start, found.event.end) == (
        datetime(2025, 3, 30, 8, tzinfo=UTC),
        datetime(2025, 3, 30, 9, 30, tzinfo=UTC),
    )
    assert found.people == ("Ann Smith <ann@company.com>",)


def test_busy_is_told_of_those_who_are_known(calendar: GoogleCalendar) -> None:
    asked = (COLLEAGUE, "nobody@supplier.com")
    nine = MONDAY + 9 * HOUR
    assert calendar.busy(asked, MONDAY, MONDAY + 24 * HOUR) == {COLLEAGUE: [BusyPeriod(nine, nine + HOUR)]}
    assert calendar.busy(asked, nine + HOUR, nine + 24 * HOUR) == {COLLEAGUE: []}


def test_an_event_is_made(calendar: GoogleCalendar) -> None:
    start = datetime(2025, 4, 7, 8, tzinfo=UTC)
    made = calendar.create(NewEvent("a-key", "Review", start, start + HOUR, (COLLEAGUE,), "Bring numbers."))
    (found,) = calendar.events(start, start + HOUR)
    assert found == made
    assert (found.event.title, found.event.description) == ("Review", "Bring numbers.")
    assert [one.email for one in found.event.attendees] == [COLLEAGUE]
