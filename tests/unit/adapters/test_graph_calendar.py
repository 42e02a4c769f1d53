"""What is Graph's own about its calendars: the delta of a view, and subscriptions."""

from datetime import UTC, datetime, timedelta

import pytest

from assistant.adapters.graph_api import GraphApi
from assistant.adapters.graph_calendar import GraphCalendar, GraphCalendars
from assistant.adapters.graph_subscriptions import GraphSubscriptions
from assistant.domain.calendar.connected import NewEvent
from assistant.domain.calendar.out_of_office import OUT_OF_OFFICE
from assistant.domain.errors import NotFound, Unavailable
from assistant.domain.subscriptions import Watched
from tests.fakes.accounts import MICROSOFT, WEBHOOK
from tests.fakes.graph_api import GraphServer
from tests.fakes.graph_calendar_api import GraphCalendarSide
from tests.fakes.runtime import ManualClock
from tests.fakes.subscriptions import MemorySubscriptions

pytestmark = pytest.mark.network

MONDAY = datetime(2025, 1, 20, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
def store() -> MemorySubscriptions:
    return MemorySubscriptions()


@pytest.fixture
def side(graph_server: GraphServer) -> GraphCalendarSide:
    return GraphCalendarSide(graph_server)


@pytest.fixture
def calendar(
    graph: GraphApi,
    clock: ManualClock,
    store: MemorySubscriptions,
    side: GraphCalendarSide,  # noqa: ARG001 answers the calls
) -> GraphCalendar:
    subscriptions = GraphSubscriptions(store, WEBHOOK)
    return GraphCalendars(graph, lambda: subscriptions, clock).open(MICROSOFT)


def test_occurrences_are_shown_whole_and_the_series_is_not(calendar: GraphCalendar, side: GraphCalendarSide) -> None:
    starts = [MONDAY + timedelta(hours=9 + 24 * day % 120) for day in range(45)]
    made = side.add_series("Standup", starts)
    found = calendar.changes(None, MONDAY, MONDAY + WEEK)
    assert {one.event.event_id for one in found.changed} == set(made)
    assert {one.event.title for one in found.changed} == {"Standup"}
    assert set(found.changed) == set(calendar.events(MONDAY, MONDAY + WEEK))


def test_a_cancelled_invitation_is_no_event_any_more(calendar: GraphCalendar, side: GraphCalendarSide) -> None:
    event_id = side.add("All hands", MONDAY, MONDAY + timedelta(hours=1), organizer="ceo@company.com")
    cursor = calendar.changes(None, MONDAY, MONDAY + WEEK).cursor
    side.mark_cancelled(event_id)
    assert calendar.changes(cursor, MONDAY, MONDAY + WEEK).removed == (event_id,)
    with pytest.raises(NotFound):
        calendar.get(event_id)


@pytest.mark.parametrize(("private", "sensitivity"), [(True, "private"), (False, "normal")])
def test_what_is_private_is_entered_so(
    calendar: GraphCalendar, side: GraphCalendarSide, private: bool, sensitivity: str
) -> None:
    made = calendar.create(NewEvent("key", "Focus time", MONDAY, MONDAY + timedelta(hours=1), private=private))
    shown = side.shown(made.event.event_id)
    assert (shown["sensitivity"], shown["showAs"]) == (sensitivity, "busy")


def test_a_link_to_another_place_is_not_followed(
    calendar: GraphCalendar, side: GraphCalendarSide, graph_server: GraphServer
) -> None:
    graph_server.foreign_links = True
    side.add("Planning", MONDAY, MONDAY + timedelta(hours=1))
    found = calendar.changes(None, MONDAY, MONDAY + WEEK)
    with pytest.raises(Unavailable, match="another place"):
        calendar.changes(found.cursor, MONDAY, MONDAY + WEEK)


def test_the_calendar_is_watched_apart_from_the_mail(
    calendar: GraphCalendar, store: MemorySubscriptions, graph_server: GraphServer
) -> None:
    until = calendar.watch()
    (made,) = graph_server.subscriptions.values()
    known = store.of_connection(MICROSOFT, Watched.CALENDAR)
    assert known == store.find(made["id"])
    assert known
    assert (made["resource"], known.expires_at) == ("me/events", until)
    assert store.of_connection(MICROSOFT, Watched.MAIL) is None
    calendar.unwatch()
    assert not graph_server.subscriptions


def test_where_nothing_takes_notifications_none_are_asked_for(
    graph: GraphApi, clock: ManualClock, graph_server: GraphServer
) -> None:
    calendar = GraphCalendars(graph, lambda: None, clock).open(MICROSOFT)
    assert calendar.watch() is None
    calendar.unwatch()
    assert not graph_server.requests


@pytest.mark.parametrize("away", [True, False])
def test_time_out_of_office_is_told_from_other_events(
    calendar: GraphCalendar, side: GraphCalendarSide, away: bool
) -> None:
    event_id = side.add("Holiday", MONDAY, MONDAY + WEEK, away=away)
    assert calendar.get(event_id).event.event_type == (OUT_OF_OFFICE if away else None)
