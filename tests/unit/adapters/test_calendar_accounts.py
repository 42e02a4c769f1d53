"""One suite for the fake calendar and every provider's: what ``ports.CalendarAccount`` promises."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import pytest

from assistant.domain.calendar.answers import Answer
from assistant.domain.calendar.connected import BusyPeriod, CalendarChanges, NewEvent, takes_time
from assistant.domain.calendar.request import Flexibility
from assistant.domain.errors import NotFound, PreconditionFailed
from assistant.domain.mailbox import CursorExpired
from assistant.ports.calendar_account import CalendarAccount
from tests.fakes.calendar_account import OWN_ADDRESS, CalendarSide, MemoryCalendar

MONDAY = datetime(2025, 1, 20, tzinfo=UTC)
TEN = MONDAY + timedelta(hours=10)
HOUR = timedelta(hours=1)
FOCUS = NewEvent("f0c05f0c05f0c05f0c05f0c05f0c05f0", "Focus time", TEN, TEN + HOUR, private=True)


class Both(CalendarAccount, CalendarSide, Protocol):
    """A calendar from both sides."""


@pytest.fixture
def memory_calendar() -> MemoryCalendar:
    return MemoryCalendar()


@pytest.fixture(params=["memory", *(pytest.param(name, marks=pytest.mark.network) for name in ("google", "graph"))])
def calendar(request: pytest.FixtureRequest) -> Both:
    """The calendar under test; a new adapter adds its name above and a fixture ``<name>_calendar`` beside."""
    account: Both = request.getfixturevalue(f"{request.param}_calendar")
    return account


def ids(calendar: Both, start: datetime, end: datetime) -> list[str]:
    return [one.event.event_id for one in calendar.events(start, end)]


class TestReading:
    def test_an_event_is_read_as_it_stands(self, calendar: Both) -> None:
        event_id = calendar.add("Planning", TEN, TEN + HOUR, attendees=["ann@company.com"])
        (found,) = calendar.events(MONDAY, MONDAY + timedelta(days=1))
        event = found.event
        assert (event.event_id, event.title, event.start, event.end) == (event_id, "Planning", TEN, TEN + HOUR)
        assert [one.email for one in event.attendees] == ["ann@company.com"]
        assert (event.organizer_is_self, event.is_external, event.flexibility) == (True, False, Flexibility.SAME_WEEK)
        assert (found.organizer, event.self_response) == (OWN_ADDRESS, "accepted")
        assert calendar.get(event_id) == found

    def test_what_only_touches_the_time_is_not_in_it(self, calendar: Both) -> None:
        calendar.add("Before", TEN - HOUR, TEN)
        inside = calendar.add("Inside", TEN - timedelta(minutes=30), TEN + timedelta(minutes=30))
        calendar.add("After", TEN + HOUR, TEN + 2 * HOUR)
        assert ids(calendar, TEN, TEN + HOUR) == [inside]

    def test_the_first_comes_first_however_many_there_are(self, calendar: Both) -> None:
        made = [
            calendar.add(f"Number {hour}", MONDAY + hour * HOUR, MONDAY + hour * HOUR + HOUR)
            for hour in range(250, 0, -1)
        ]
        assert ids(calendar, MONDAY, MONDAY + timedelta(days=11)) == made[::-1]

    def test_a_whole_day_is_a_date(self, calendar: Both) -> None:
        calendar.add("Holiday", MONDAY, MONDAY + timedelta(days=1), all_day=True)
        (found,) = calendar.events(MONDAY, MONDAY + timedelta(days=1))
        assert (found.event.all_day, found.event.start, found.event.end) == (True, date(2025, 1, 20), date(2025, 1, 21))

    def test_free_time_is_told_from_busy(self, calendar: Both) -> None:
        calendar.add("Maybe lunch", TEN, TEN + HOUR, free=True)
        calendar.add("Review", TEN + HOUR, TEN + 2 * HOUR)
        found = calendar.events(MONDAY, MONDAY + timedelta(days=1))
        assert [one.event.transparency for one in found] == ["transparent", "opaque"]

    def test_an_event_of_others_stays_where_it_is(self, calendar: Both) -> None:
        event_id = calendar.add("All hands", TEN, TEN + HOUR, organizer="ceo@company.com", attendees=[OWN_ADDRESS])
        found = calendar.get(event_id)
        assert (found.event.flexibility, found.event.organizer_is_self) == (Flexibility.FIXED, False)
        assert (found.organizer, found.event.self_response) == ("ceo@company.com", "needs_action")

    def test_one_with_a_guest_from_outside_is_external(self, calendar: Both) -> None:
        event_id = calendar.add("Sales", TEN, TEN + HOUR, attendees=["ann@supplier.com", "bob@company.com"])
        assert calendar.get(event_id).event.is_external

    def test_one_for_the_user_alone_stays(self, calendar: Both) -> None:
        event_id = calendar.add("Dentist", TEN, TEN + HOUR)
        assert calendar.get(event_id).event.flexibility is Flexibility.FIXED

    def test_only_who_need_not_come_may_decline(self, calendar: Both) -> None:
        ceo, own = "ceo@company.com", OWN_ADDRESS
        asked = calendar.add("All hands", TEN, TEN + HOUR, organizer=ceo, attendees=[own], optional=["ann@company.com"])
        welcome = calendar.add("Demo", TEN, TEN + HOUR, organizer=ceo, optional=[own])
        planned = calendar.add("Planning", TEN, TEN + HOUR, attendees=["ann@company.com"], optional=[own])
        assert [calendar.get(one).event.declinable for one in (asked, welcome, planned)] == [False, True, False]
        people = {one.email: one.optional for one in calendar.get(asked).event.attendees}
        assert people["ann@company.com"]

    def test_what_is_gone_is_not_found(self, calendar: Both) -> None:
        event_id = calendar.add("Planning", TEN, TEN + HOUR)
        calendar.cancel(event_id)
        with pytest.raises(NotFound):
            calendar.get(event_id)
        assert not calendar.events(MONDAY, MONDAY + timedelta(days=1))


class TestBusy:
    def test_whom_nothing_is_known_of_is_left_out(self, calendar: Both) -> None:
        calendar.block("ann@company.com", TEN, TEN + HOUR)
        calendar.block("bob@company.com", TEN + timedelta(days=9), TEN + timedelta(days=9, hours=1))
        asked = ("ann@company.com", "bob@company.com", "nobody@supplier.com")
        found = calendar.busy(asked, MONDAY, MONDAY + timedelta(days=5))
        assert {address: list(periods) for address, periods in found.items()} == {
            "ann@company.com": [BusyPeriod(TEN, TEN + HOUR)],
            "bob@company.com": [],
        }

    def test_many_are_asked_about(self, calendar: Both) -> None:
        people = [f"colleague{number}@company.com" for number in range(60)]
        for address in people:
            calendar.block(address, TEN, TEN + HOUR)
        assert set(calendar.busy(people, MONDAY, MONDAY + timedelta(days=1))) == set(people)


class TestWriting:
    def test_an_event_is_made_once(self, calendar: Both) -> None:
        new = NewEvent("0a1b2c3d4e5f60718293a4b5c6d7e8f9", "Planning", TEN, TEN + HOUR, ("ann@company.com",))
        made = {calendar.create(new).event.event_id for _ in range(2)}
        (found,) = calendar.events(MONDAY, MONDAY + timedelta(days=1))
        assert made == {found.event.event_id}
        assert [one.email for one in found.event.attendees] == ["ann@company.com"]

    def test_it_is_found_by_its_key_wherever_it_is(self, calendar: Both) -> None:
        assert calendar.find(FOCUS.key) is None
        made = calendar.create(FOCUS)
        calendar.add("Planning", TEN, TEN + HOUR)
        assert calendar.find(FOCUS.key) == made
        calendar.reschedule(made.event.event_id, TEN + 24 * HOUR, TEN + 25 * HOUR)
        found = calendar.find(FOCUS.key)
        assert found == calendar.get(made.event.event_id)
        calendar.cancel(made.event.event_id)
        assert calendar.find(FOCUS.key) is None

    def test_what_is_made_for_the_user_alone_takes_their_time(self, calendar: Both) -> None:
        event = calendar.create(FOCUS).event
        assert (event.title, event.start, event.end, event.attendees) == ("Focus time", TEN, TEN + HOUR, ())
        assert takes_time(event)
        assert (event.location, event.description) == ("", "")

    def test_it_is_deleted_and_stays_so(self, calendar: Both) -> None:
        made = calendar.create(FOCUS)
        for _ in range(2):
            calendar.delete(made.event.event_id, version=made.version)
        assert not calendar.events(MONDAY, MONDAY + timedelta(days=1))
        assert calendar.find(FOCUS.key) is None

    def test_what_changed_is_not_deleted(self, calendar: Both) -> None:
        made = calendar.create(FOCUS)
        calendar.change(made.event.event_id, "Dentist")
        with pytest.raises(PreconditionFailed):
            calendar.delete(made.event.event_id, version=made.version)
        assert calendar.get(made.event.event_id).event.title == "Dentist"

    def test_it_becomes_shorter_and_longer_again(self, calendar: Both) -> None:
        event_id = calendar.add("Planning", TEN, TEN + HOUR, attendees=["ann@company.com"])
        before = calendar.get(event_id)
        shorter = calendar.move(event_id, TEN, TEN + HOUR / 2, version=before.version)
        assert (shorter.event.start, shorter.event.end) == (TEN, TEN + HOUR / 2)
        assert calendar.move(event_id, TEN, TEN + HOUR, version=shorter.version).event == before.event

    def test_it_moves_and_moves_back(self, calendar: Both) -> None:
        event_id = calendar.add("Planning", TEN, TEN + HOUR, attendees=["ann@company.com"])
        before = calendar.get(event_id)
        moved = calendar.move(event_id, TEN + HOUR, TEN + 2 * HOUR, version=before.version)
        assert (moved.event.start, moved.event.end) == (TEN + HOUR, TEN + 2 * HOUR)
        assert moved.version != before.version
        assert calendar.move(event_id, TEN, TEN + HOUR, version=moved.version).event == before.event

    def test_one_that_changed_meanwhile_stays(self, calendar: Both) -> None:
        event_id = calendar.add("Planning", TEN, TEN + HOUR)
        before = calendar.get(event_id)
        calendar.change(event_id, "Planning, part 2")
        with pytest.raises(PreconditionFailed):
            calendar.move(event_id, TEN + HOUR, TEN + 2 * HOUR, version=before.version)
        assert calendar.get(event_id).event.start == TEN

    @pytest.mark.parametrize("answer", list(Answer))
    def test_an_invitation_is_answered(self, calendar: Both, answer: Answer) -> None:
        event_id = calendar.add("All hands", TEN, TEN + HOUR, organizer="ceo@company.com", attendees=[OWN_ADDRESS])
        for _ in range(2):
            calendar.answer(event_id, answer)
        assert calendar.get(event_id).event.self_response == answer.value

    def test_what_is_gone_takes_no_answer(self, calendar: Both) -> None:
        event_id = calendar.add("All hands", TEN, TEN + HOUR, organizer="ceo@company.com", attendees=[OWN_ADDRESS])
        calendar.cancel(event_id)
        with pytest.raises(NotFound):
            calendar.answer(event_id, Answer.DECLINED)


WEEK = timedelta(days=7)


def changes(calendar: Both, cursor: str | None = None) -> CalendarChanges:
    """Return the changes of the week, of all pages in one."""
    pages = [calendar.changes(cursor, MONDAY, MONDAY + WEEK)]
    while not pages[-1].complete:
        pages.append(calendar.changes(pages[-1].cursor, MONDAY, MONDAY + WEEK))
    changed = tuple(one for page in pages for one in page.changed)
    return CalendarChanges(changed, tuple(one for page in pages for one in page.removed), pages[-1].cursor, True)


class TestFollowing:
    def test_without_a_cursor_all_of_the_time_is_shown(self, calendar: Both) -> None:
        made = [calendar.add(f"Number {one}", MONDAY + one * HOUR / 2, MONDAY + one * HOUR) for one in range(1, 251)]
        calendar.add("Later", MONDAY + WEEK, MONDAY + WEEK + HOUR)
        found = changes(calendar)
        assert sorted(one.event.event_id for one in found.changed) == sorted(made)
        assert set(found.changed) == set(calendar.events(MONDAY, MONDAY + WEEK))
        assert changes(calendar, found.cursor).changed == ()

    def test_from_a_cursor_on_what_changed_is_shown(self, calendar: Both) -> None:
        changed, cancelled, left = (calendar.add(title, TEN, TEN + HOUR) for title in ("Change", "Cancel", "Leave"))
        calendar.add("Stays", TEN, TEN + HOUR)
        cursor = changes(calendar).cursor
        calendar.change(changed, "Changed")
        calendar.cancel(cancelled)
        calendar.reschedule(left, TEN + WEEK, TEN + WEEK + HOUR)
        added = calendar.add("Added", TEN, TEN + HOUR)
        found = changes(calendar, cursor)
        assert {one.event.event_id: one.event.title for one in found.changed} == {changed: "Changed", added: "Added"}
        assert set(found.removed) == {cancelled, left}
        assert all(one == calendar.get(one.event.event_id) for one in found.changed)
        calendar.reschedule(left, TEN, TEN + HOUR)
        assert [one.event.event_id for one in changes(calendar, found.cursor).changed] == [left]

    def test_many_changes_come_in_pages(self, calendar: Both) -> None:
        cursor = changes(calendar).cursor
        made = [calendar.add(f"Number {one}", TEN, TEN + HOUR) for one in range(450)]
        assert not calendar.changes(cursor, MONDAY, MONDAY + WEEK).complete
        assert {one.event.event_id for one in changes(calendar, cursor).changed} == set(made)

    def test_a_cursor_the_provider_forgot_is_said_so(self, calendar: Both) -> None:
        cursor = changes(calendar).cursor
        calendar.forget_changes()
        with pytest.raises(CursorExpired):
            calendar.changes(cursor, MONDAY, MONDAY + WEEK)
        assert changes(calendar).changed == ()

    def test_it_is_watched_and_no_longer(self, calendar: Both) -> None:
        until = calendar.watch()
        assert until is not None
        again = calendar.watch()
        assert again is not None
        assert again >= until
        calendar.unwatch()
        calendar.unwatch()
