"""Events of connected calendars on DynamoDB: the same suite holds the fake."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from assistant.adapters.dynamo import Table, plain
from assistant.adapters.dynamo_kept_events import DynamoCalendarPlaces, DynamoKeptEvents
from assistant.domain.calendar.connected import ConnectedEvent
from assistant.domain.calendar.kept import CalendarPlace, KnownEvent
from assistant.domain.calendar.request import CalendarEvent
from assistant.ports.kept_calendar import CalendarPlaces, KeptEvents
from tests.fakes.connections import google_connection
from tests.fakes.kept_calendar import MemoryKeptCalendars
from tests.fakes.runtime import ManualClock

CONNECTION = google_connection()
SECOND = google_connection(account="private@example.com")
SOMEBODY = google_connection("user456")
MONDAY = datetime(2025, 1, 20, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)


@pytest.fixture(params=["fake", "dynamodb"])
def stores(request: pytest.FixtureRequest, clock: ManualClock) -> tuple[KeptEvents, CalendarPlaces]:
    if request.param == "fake":
        kept = MemoryKeptCalendars()
        return kept, kept
    table = request.getfixturevalue("table")
    return DynamoKeptEvents(table), DynamoCalendarPlaces(table, clock)


@pytest.fixture
def events(stores: tuple[KeptEvents, CalendarPlaces]) -> KeptEvents:
    return stores[0]


@pytest.fixture
def places(stores: tuple[KeptEvents, CalendarPlaces]) -> CalendarPlaces:
    return stores[1]


def event(event_id: str, hour: float = 10, *, hours: float = 1, version: str = "1", **fields: Any) -> ConnectedEvent:
    start = MONDAY + hour * AN_HOUR
    given = {"event_id": event_id, "start": start, "end": start + hours * AN_HOUR, "title": event_id, **fields}
    return ConnectedEvent(CalendarEvent.model_validate(given), version, "ann@example.com", ("Ann <ann@example.com>",))


def titles(events: KeptEvents, first: float, last: float, user_id: str = "user123") -> list[str]:
    found = events.within(user_id, MONDAY + first * AN_HOUR, MONDAY + last * AN_HOUR)
    return [one.connected.event.title for one in found.events]


class TestEvents:
    def test_what_touches_a_time_is_found_the_first_first(self, events: KeptEvents) -> None:
        events.keep(CONNECTION, [event("late", 15), event("early", 9), event("over", 8, hours=1)], generation=1)
        assert titles(events, 9, 16) == ["early", "late"]
        assert titles(events, 9.5, 10) == ["early"]
        assert titles(events, 8, 9) == ["over"]

    def test_all_calendars_of_a_user_are_read_and_no_other_user(self, events: KeptEvents) -> None:
        events.keep(CONNECTION, [event("work")], generation=1)
        events.keep(SECOND, [event("home", 11)], generation=1)
        events.keep(SOMEBODY, [event("foreign")], generation=1)
        assert titles(events, 0, 24) == ["work", "home"]

    def test_a_kept_event_is_whole_but_for_its_texts(self, events: KeptEvents) -> None:
        people = [{"email": "ann@example.com", "optional": True}]
        given = event("a", attendees=people, description="Agenda", location="Room 1", recurring_event_id="s",
                      original_start=MONDAY, ical_uid="u", status="tentative")  # fmt: skip
        events.keep(CONNECTION, [given], generation=1)
        (kept,) = events.within("user123", MONDAY, MONDAY + 24 * AN_HOUR).events
        assert kept.connection_id == CONNECTION.id
        assert kept.connected.event == given.event.model_copy(update={"description": "", "location": ""})
        assert (kept.connected.version, kept.connected.people) == (given.version, given.people)

    def test_a_whole_day_is_found_wherever_it_is_looked_at_from(self, events: KeptEvents) -> None:
        day: dict[str, Any] = {"all_day": True, "start": date(2025, 1, 20), "end": date(2025, 1, 21)}
        events.keep(CONNECTION, [event("day", **day)], generation=1)
        assert titles(events, -10, 2) == ["day"]
        assert titles(events, 20, 34) == ["day"]
        assert titles(events, 49, 60) == []

    def test_one_that_began_weeks_ago_is_found(self, events: KeptEvents) -> None:
        events.keep(CONNECTION, [event("leave", -24 * 20, hours=24 * 21)], generation=1)
        assert titles(events, 0, 1) == ["leave"]

    def test_a_newer_version_takes_the_place(self, events: KeptEvents) -> None:
        events.keep(CONNECTION, [event("a"), event("b")], generation=1)
        events.keep(CONNECTION, [event("a", 30, version="2")], generation=2)
        assert titles(events, 0, 24) == ["b"]
        assert events.known(CONNECTION.user_id, CONNECTION.id) == {"a": KnownEvent("2", 2), "b": KnownEvent("1", 1)}
        assert events.known(SECOND.user_id, SECOND.id) == {}

    def test_the_same_again_changes_nothing(self, events: KeptEvents) -> None:
        for _ in range(2):
            events.keep(CONNECTION, [event("a")], generation=1)
        assert titles(events, 0, 24) == ["a"]

    def test_removed_is_gone_and_unknown_is_no_error(self, events: KeptEvents) -> None:
        events.keep(CONNECTION, [event("a"), event("b")], generation=1)
        events.remove(CONNECTION, ["a", "never"])
        events.remove(CONNECTION, [])
        assert titles(events, 0, 24) == ["b"]

    def test_ids_as_long_as_providers_make_them_are_told_apart(self, events: KeptEvents) -> None:
        events.keep(CONNECTION, [event("x" * 1023 + end) for end in "ab"], generation=1)
        events.remove(CONNECTION, ["x" * 1023 + "a"])
        assert list(events.known(CONNECTION.user_id, CONNECTION.id)) == ["x" * 1023 + "b"]

    def test_of_an_account_everything_is_forgotten_and_no_other(
        self, events: KeptEvents, places: CalendarPlaces
    ) -> None:
        for connection in (CONNECTION, SECOND):
            places.replace(CalendarPlace.of(connection))
            events.keep(connection, [event("a")], generation=1)
        events.forget(CONNECTION.user_id, CONNECTION.id)
        events.forget(CONNECTION.user_id, CONNECTION.id)
        assert events.known(CONNECTION.user_id, CONNECTION.id) == {}
        assert list(events.known(SECOND.user_id, SECOND.id)) == ["a"]
        (place,) = events.within("user123", MONDAY, MONDAY + AN_HOUR).places
        assert place.connection_id == SECOND.id


class TestPlaces:
    def test_a_place_tells_how_far_a_calendar_was_read(self, events: KeptEvents, places: CalendarPlaces) -> None:
        unread = places.read(CONNECTION)
        assert unread == CalendarPlace.of(CONNECTION)
        stored = places.replace(unread.begun_anew(MONDAY).model_copy(update={"cursor": "7", "synced_at": MONDAY}))
        assert places.read(CONNECTION) == stored
        assert events.within("user123", MONDAY, MONDAY + AN_HOUR).places == (stored,)
        assert events.within("user456", MONDAY, MONDAY + AN_HOUR).places == ()

    def test_who_comes_late_changes_nothing(self, places: CalendarPlaces) -> None:
        unread = places.read(CONNECTION)
        assert places.replace(unread.model_copy(update={"cursor": "9"}))
        assert places.replace(unread.model_copy(update={"cursor": "7"})) is None
        assert places.read(CONNECTION).cursor == "9"


@pytest.mark.parametrize(
    ("sort_key", "name", "value"),
    [
        (lambda: f"CALENDAR#{CONNECTION.id}", "place", {"S": "{}"}),
        (lambda: None, "event", {"B": b"x\x9c\xab\xae\x05\x00\x01u\x00\xf9"}),
    ],
    ids=["place", "event"],
)
def test_what_another_version_wrote_is_left_out(
    table: Table, clock: ManualClock, sort_key: Callable[[], str | None], name: str, value: Any
) -> None:
    DynamoCalendarPlaces(table, clock).replace(CalendarPlace.of(CONNECTION))
    kept = DynamoKeptEvents(table)
    kept.keep(CONNECTION, [event("a")], generation=1)
    (item,) = table.query("USER#user123", f"CALENDAR#{CONNECTION.id}#EVENT#")
    table.client.update_item(
        TableName=table.name,
        Key={"pk": {"S": "USER#user123"}, "sk": {"S": sort_key() or plain(item)["sk"]}},
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": value},
    )
    found = kept.within("user123", MONDAY, MONDAY + 24 * AN_HOUR)
    assert (len(found.events), len(found.places)) == ((1, 0) if name == "place" else (0, 1))
