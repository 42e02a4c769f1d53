"""Planning a week of connected calendars: what is kept of them, how fresh it is, what is said where there is none."""

from collections.abc import Sequence
from typing import Any

import pytest

from assistant.domain.calendar.changes import ChangeType
from assistant.domain.calendar.connected import ConnectedEvent
from assistant.domain.calendar.kept import CalendarPlace
from assistant.domain.calendar.request import CalendarEvent
from assistant.domain.errors import Unavailable
from tests.unit.services.planned_week import CLASH, CONNECTION, EMPTY_FILE, LONG_RANGE, World, meeting


@pytest.fixture
def world() -> World:
    return World()


class TestConnectedCalendars:
    """Without events of its own a request plans what is kept of the connected calendars."""

    def keep(self, world: World, *events: dict[str, Any], read: bool = True) -> None:
        place = CalendarPlace.of(CONNECTION).begun_anew(world.clock.now())
        done = {"whole": True, "synced_at": world.clock.now()} if read else {}
        assert world.kept.replace(place.model_copy(update=done))
        kept = [ConnectedEvent(CalendarEvent.model_validate(one), "1") for one in events]
        world.kept.keep(CONNECTION, kept, generation=1)

    def test_their_events_are_planned_and_the_answer_says_how_fresh_they_are(self, world: World) -> None:
        self.keep(world, *CLASH, meeting("next month", "29T10:00", "29T11:00"))
        answer = world.optimize(events=None)
        (moved,) = (one for one in answer.suggestions if one.type is ChangeType.RESCHEDULE)
        assert moved.event_id == "budget"
        (read,) = answer.calendars
        assert (read.connection_id, read.account, read.events) == (CONNECTION.id, "user123@example.com", 2)
        assert (read.read_at, read.complete) == (world.clock.now(), True)
        assert world.optimize(events=CLASH).calendars == ()

    @pytest.mark.parametrize("names", [(), ("one", "two")])
    def test_what_has_begun_stays_and_nothing_is_planned_before_now(self, world: World, names: Sequence[str]) -> None:
        past = [meeting(name, "14T10:00", "14T11:00", flexibility="same_week", declinable=True) for name in names]
        asked: dict[str, Any] = {
            "date_range": {"start_date": "2025-01-13", "end_date": "2025-01-17"},
            "constraints": {"focus_time_hours": 2},
        }
        self.keep(world, *past)
        world.clock.advance(60)
        answer = world.optimize(events=None, **asked)
        assert {one.type for one in answer.suggestions} == {ChangeType.FOCUS_BLOCK}
        assert all(one.new_start and one.new_start >= world.clock.now() for one in answer.suggestions)
        sent = world.optimize(events=past, **asked)
        assert min(one.new_start for one in sent.suggestions if one.new_start) < world.clock.now()
        assert sent.conflicts_resolved == len(past) // 2

    def test_what_takes_no_time_stands_in_nobodys_way(self, world: World) -> None:
        client = CLASH[0]
        in_the_way = [
            {**client, "event_id": "declined", "self_response": "declined"},
            {**client, "event_id": "cancelled", "status": "cancelled"},
            {**client, "event_id": "free", "transparency": "transparent"},
            {"event_id": "day", "all_day": True, "start": "2025-01-20", "end": "2025-01-21"},
        ]
        self.keep(world, CLASH[1], *in_the_way)
        assert world.optimize(events=None).metrics.before.conflicts == 0

    def test_occurrences_of_a_series_are_events_of_their_own(self, world: World) -> None:
        weekly = {"recurring_event_id": "weekly", "attendees": []}
        first = meeting("weekly_1", "20T10:00", "20T11:00", **weekly, original_start="2025-01-20T10:00:00Z")
        moved = meeting("weekly_2", "21T09:00", "21T10:00", original_start="2025-01-21T10:00:00Z", **weekly)
        others = [meeting(f"other{day}", f"{day}T10:30", f"{day}T11:30") for day in (20, 21)]
        self.keep(world, first, moved, *others)
        answer = world.optimize(events=None)
        assert answer.calendars[0].events == 4
        assert answer.metrics.before.conflicts == 1

    def test_the_days_are_the_users_own_where_the_clocks_change(self, world: World) -> None:
        # In New York clocks change on March 9th: that day begins at 5:00 UTC and ends at 4:00 the next.
        late = {**CLASH[0], "event_id": "late", "start": "2025-03-10T03:30:00Z", "end": "2025-03-10T04:00:00Z"}
        after = {**late, "event_id": "after", "start": "2025-03-10T04:00:00Z", "end": "2025-03-10T04:30:00Z"}
        self.keep(world, late, after)
        days = {"start_date": "2025-03-09", "end_date": "2025-03-09"}
        constraints = {"working_days": ["Sunday"]}
        answer = world.optimize(events=None, date_range=days, timezone="America/New_York", constraints=constraints)
        (read,) = answer.calendars
        assert read.events == 1

    def test_days_that_are_not_kept_are_said_to_be_incomplete(self, world: World) -> None:
        self.keep(world)
        (read,) = world.optimize(events=None, date_range=LONG_RANGE, constraints={"focus_time_hours": 1}).calendars
        assert not read.complete

    def test_a_calendar_that_is_being_read_for_the_first_time_is_waited_for(self, world: World) -> None:
        self.keep(world, *CLASH, read=False)
        with pytest.raises(Unavailable, match="first time"):
            world.optimize(events=None)

    def test_without_any_calendar_the_answer_says_what_to_send(self, world: World) -> None:
        (warning,) = world.optimize(events=None).warnings
        assert warning.field == "events"
        self.keep(world)
        assert world.optimize(events=None).warnings == ()
        assert world.optimize(events=[]).warnings == ()
        assert world.optimize(events=None, ics=EMPTY_FILE).warnings == ()

    def test_with_the_store_down_nothing_is_planned_on_nothing(self, world: World) -> None:
        world.table.down = True
        with pytest.raises(Unavailable):
            world.optimize(events=None)
