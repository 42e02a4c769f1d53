"""What is Google's own about its calendars: zones, its sync tokens and its channels."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from assistant.adapters.google_calendar import GoogleCalendar, GoogleCalendars
from assistant.adapters.google_channels import GoogleChannels
from assistant.adapters.google_http import GoogleCalls
from assistant.domain.calendar.answers import Answer
from assistant.domain.calendar.connected import NewEvent
from assistant.domain.calendar.focus_time import is_focus_time
from assistant.domain.calendar.out_of_office import OUT_OF_OFFICE
from assistant.domain.errors import Forbidden, NotFound, Unavailable
from assistant.domain.subscriptions import Watched
from tests.fakes.access_tokens import NumberedTokens, connection
from tests.fakes.accounts import CALENDAR_WEBHOOK
from tests.fakes.calendar_account import OWN_ADDRESS
from tests.fakes.google_calendar_api import LONGEST_CHANNEL, GoogleCalendarApi
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import Outage
from tests.fakes.subscriptions import MemorySubscriptions

pytestmark = pytest.mark.network

ACCOUNT = connection()
HOUR = timedelta(hours=1)
# The Sunday on which Berlin, where the fake calendar is, goes on to summer time.
SPRING = datetime(2025, 3, 30, tzinfo=UTC)


@pytest.fixture
def outage() -> Outage:
    return Outage()


@pytest.fixture
def store(outage: Outage) -> MemorySubscriptions:
    return MemorySubscriptions(outage)


@pytest.fixture
def calls(clock: ManualClock) -> Iterator[GoogleCalls]:
    calls = GoogleCalls(ACCOUNT, NumberedTokens(), clock, pause=clock.advance)
    yield calls
    calls.close()


@pytest.fixture
def calendar(
    google_calendar_api: GoogleCalendarApi, clock: ManualClock, store: MemorySubscriptions, calls: GoogleCalls
) -> GoogleCalendar:
    channels = GoogleChannels(store, CALENDAR_WEBHOOK)
    return GoogleCalendar(google_calendar_api.url, calls, ACCOUNT, lambda: channels, clock)


class TestReading:
    def test_a_series_keeps_its_hour_when_the_clocks_change(
        self, calendar: GoogleCalendar, google_calendar_api: GoogleCalendarApi
    ) -> None:
        made = google_calendar_api.add_series("Standup", [SPRING - 15 * HOUR, SPRING + 8 * HOUR])
        found = calendar.events(SPRING - timedelta(days=1), SPRING + timedelta(days=1))
        assert [(one.event.event_id, one.event.start) for one in found] == [
            (made[0], datetime(2025, 3, 29, 9, tzinfo=UTC)),
            (made[1], datetime(2025, 3, 30, 8, tzinfo=UTC)),
        ]

    def test_a_moved_event_keeps_its_zone(
        self, calendar: GoogleCalendar, google_calendar_api: GoogleCalendarApi
    ) -> None:
        event_id = google_calendar_api.add("Planning", SPRING, SPRING + HOUR)
        calendar.move(event_id, SPRING + HOUR, SPRING + 2 * HOUR, version=calendar.get(event_id).version)
        assert google_calendar_api.shown(event_id)["start"] == {
            "dateTime": "2025-03-30T01:00:00Z",
            "timeZone": "Europe/Berlin",
        }

    @pytest.mark.parametrize(("private", "visibility"), [(True, "private"), (False, "default")])
    def test_what_is_private_is_entered_so(
        self, calendar: GoogleCalendar, google_calendar_api: GoogleCalendarApi, private: bool, visibility: str
    ) -> None:
        made = calendar.create(NewEvent("key", "Focus time", SPRING, SPRING + HOUR, private=private))
        assert google_calendar_api.shown(made.event.event_id)["visibility"] == visibility

    @pytest.mark.parametrize(("event_type", "focus"), [("focusTime", True), ("default", False)])
    def test_focus_time_is_told_from_other_events(
        self, calendar: GoogleCalendar, google_calendar_api: GoogleCalendarApi, event_type: str, focus: bool
    ) -> None:
        event_id = google_calendar_api.add("Writing", SPRING, SPRING + HOUR, event_type=event_type)
        assert is_focus_time(calendar.get(event_id).event) is focus

    def test_time_out_of_office_is_told_from_other_events(
        self, calendar: GoogleCalendar, google_calendar_api: GoogleCalendarApi
    ) -> None:
        event_id = google_calendar_api.add("Away", SPRING, SPRING + HOUR, event_type="outOfOffice")
        assert calendar.get(event_id).event.event_type == OUT_OF_OFFICE

    def test_where_the_user_works_is_no_event(
        self, calendar: GoogleCalendar, google_calendar_api: GoogleCalendarApi
    ) -> None:
        event_id = google_calendar_api.add("Office", SPRING, SPRING + HOUR, event_type="workingLocation")
        assert calendar.events(SPRING, SPRING + HOUR) == []
        with pytest.raises(NotFound):
            calendar.get(event_id)

    def test_people_are_named_and_rooms_do_not_attend(
        self, calendar: GoogleCalendar, google_calendar_api: GoogleCalendarApi
    ) -> None:
        event_id = google_calendar_api.add("Planning", SPRING, SPRING + HOUR)
        google_calendar_api.invite(event_id, email="Ann@Company.com", displayName="Smith, Ann", optional=True)
        google_calendar_api.invite(event_id, email="room@resource.calendar.google.com", resource=True)
        found = calendar.get(event_id)
        assert [(one.email, one.optional) for one in found.event.attendees] == [("ann@company.com", True)]
        assert found.people == ('"Smith, Ann" <Ann@Company.com>', "room@resource.calendar.google.com")

    def test_only_what_the_user_answers_changes(
        self, calendar: GoogleCalendar, google_calendar_api: GoogleCalendarApi
    ) -> None:
        people = ["ann@company.com", OWN_ADDRESS]
        event_id = google_calendar_api.add(
            "All hands", SPRING, SPRING + HOUR, organizer="ceo@company.com", attendees=people
        )
        calendar.answer(event_id, Answer.ACCEPTED)
        attendees = google_calendar_api.shown(event_id)["attendees"]
        assert [one["responseStatus"] for one in attendees] == ["needsAction", "accepted"]

    def test_who_is_not_invited_has_nothing_to_answer(
        self, calendar: GoogleCalendar, google_calendar_api: GoogleCalendarApi
    ) -> None:
        event_id = google_calendar_api.add("Planning", SPRING, SPRING + HOUR)
        with pytest.raises(Forbidden):
            calendar.answer(event_id, Answer.ACCEPTED)


class TestChannels:
    def test_another_channel_takes_the_place_of_the_first(
        self,
        calendar: GoogleCalendar,
        google_calendar_api: GoogleCalendarApi,
        store: MemorySubscriptions,
        clock: ManualClock,
    ) -> None:
        assert calendar.watch() == clock.now() + LONGEST_CHANNEL
        (first,) = google_calendar_api.channels.values()
        known = store.find(first["id"])
        assert known
        assert known.knows(first["token"])
        assert first["token"] not in repr(known)
        assert (known.watched, known.resource) == (Watched.CALENDAR, google_calendar_api.resource)
        clock.advance(3600)
        assert calendar.watch() == clock.now() + LONGEST_CHANNEL
        (second,) = google_calendar_api.channels.values()
        assert second["id"] != first["id"]
        assert store.of_connection(ACCOUNT, Watched.CALENDAR) == store.find(second["id"])
        assert store.find(first["id"]) is None
        calendar.unwatch()
        assert not google_calendar_api.channels
        assert store.find(second["id"]) is None

    def test_one_that_has_ended_is_replaced_and_left(
        self, calendar: GoogleCalendar, google_calendar_api: GoogleCalendarApi, store: MemorySubscriptions
    ) -> None:
        calendar.watch()
        google_calendar_api.channels.clear()
        assert calendar.watch()
        google_calendar_api.channels.clear()
        calendar.unwatch()
        assert store.of_connection(ACCOUNT, Watched.CALENDAR) is None

    def test_the_first_stays_open_until_the_other_is_known(
        self, calendar: GoogleCalendar, google_calendar_api: GoogleCalendarApi, outage: Outage
    ) -> None:
        calendar.watch()
        (first,) = google_calendar_api.channels
        outage.down = True
        with pytest.raises(Unavailable):
            calendar.watch()
        assert first in google_calendar_api.channels

    def test_where_nothing_takes_notifications_none_are_asked_for(
        self, google_calendar_api: GoogleCalendarApi, clock: ManualClock
    ) -> None:
        calendars = GoogleCalendars(google_calendar_api.url, NumberedTokens(), lambda: None, clock)
        assert calendars.open(ACCOUNT).watch() is None
        calendars.open(ACCOUNT).unwatch()
        assert not google_calendar_api.calls
