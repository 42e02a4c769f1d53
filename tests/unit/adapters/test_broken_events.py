"""Events that nobody can read, as any sender can put them into a calendar: they are left out, and the others read."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.adapters.google_calendar import GoogleCalendar
from assistant.adapters.google_http import GoogleCalls
from assistant.adapters.graph_api import GraphAccount
from assistant.adapters.graph_calendar import GraphCalendar
from assistant.domain.calendar.connected import CalendarChanges
from tests.fakes.accounts import MICROSOFT
from tests.fakes.connections import google_connection
from tests.fakes.runtime import ManualClock

START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
GOOGLE = {
    "id": "sound",
    "etag": '"1"',
    "summary": "Planning",
    "start": {"dateTime": "2026-12-01T10:00:00Z"},
    "end": {"dateTime": "2026-12-01T11:00:00Z"},
    "attendees": [{"email": "ann@company.com"}],
}
GRAPH = {
    "id": "sound",
    "@odata.etag": "1",
    "subject": "Planning",
    "start": {"dateTime": "2026-12-01T10:00:00.0000000", "timeZone": "UTC"},
    "end": {"dateTime": "2026-12-01T11:00:00.0000000", "timeZone": "UTC"},
    "attendees": [{"emailAddress": {"address": "ann@company.com"}}],
}
_TIMES = st.sampled_from(
    [
        {},
        {"date": "2026-12-01"},
        {"dateTime": ""},
        {"dateTime": "soon"},
        {"dateTime": None},
        {"dateTime": "9999-12-31T23:59:00-14:00"},
        {"dateTime": "0001-01-01T00:00:00+14:00"},
        {"dateTime": "10000-01-01T00:00:00Z"},
        {"dateTime": "2026-12-01T25:00:00Z"},
    ]
)
_VALUES = _TIMES | st.none() | st.text(max_size=5) | st.integers()


class Page:
    """Answers every call with one page of changes."""

    connection = MICROSOFT

    def __init__(self, page: dict[str, Any]) -> None:
        self._page = page

    def __call__(self, request: object) -> dict[str, Any]:
        assert request
        return self._page

    def get(self, *_: object, **__: object) -> dict[str, Any]:
        return self._page


def google(*items: dict[str, Any]) -> CalendarChanges:
    page = cast("GoogleCalls", Page({"items": items, "nextSyncToken": "token"}))
    account = GoogleCalendar(None, page, google_connection(), lambda: None, ManualClock())
    return account.changes(None, START, END)


def graph(*items: dict[str, Any]) -> CalendarChanges:
    page = cast("GraphAccount", Page({"value": items, "@odata.deltaLink": "link"}))
    return GraphCalendar(page, lambda: None, ManualClock()).changes(None, START, END)


@given(_TIMES, _TIMES)
def test_times_nobody_can_read_stop_no_calendar(start: dict[str, Any], end: dict[str, Any]) -> None:
    for changes, sound in ((google, GOOGLE), (graph, GRAPH)):
        found = changes({**sound, "id": "broken", "start": start, "end": end}, sound)
        assert "sound" in [one.event.event_id for one in found.changed]


@given(st.sampled_from(sorted({*GOOGLE, *GRAPH} - {"id", "subject"})), _VALUES)
def test_no_field_of_an_event_stops_a_calendar(field: str, value: object) -> None:
    for changes, sound in ((google, GOOGLE), (graph, GRAPH)):
        found = changes({**sound, "id": "broken", field: value}, sound)
        assert "sound" in [one.event.event_id for one in found.changed]


@pytest.mark.parametrize("when", ["9999-12-31T23:59:00-14:00", "0001-01-01T00:00:00+14:00"])
def test_what_cannot_be_read_counts_as_gone(when: str) -> None:
    found = google({**GOOGLE, "id": "broken", "start": {"dateTime": when}, "end": {"dateTime": when}})
    assert (found.changed, found.removed) == ((), ("broken",))
