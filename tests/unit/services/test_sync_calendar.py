"""Following a connected calendar: what is kept is what its provider has, whatever breaks on the way."""

from dataclasses import replace

import pytest

from assistant.domain import metric_names
from assistant.domain.connections import ConnectionStatus
from assistant.domain.errors import Conflict, ConnectionBroken, Forbidden, Unavailable
from assistant.domain.mailbox import CursorExpired
from assistant.domain.mailbox_sync import SyncReason
from assistant.domain.subscriptions import Watched
from assistant.services.sync_calendar import LEAST_SECONDS, CalendarSynced, sync_calendar
from tests.fakes.calendar_account import MemoryCalendar
from tests.fakes.subscriptions import graph_subscription
from tests.unit.services.followed_calendar import AN_HOUR, ANN, DAY, NOW, Followed


@pytest.fixture
def followed() -> Followed:
    return Followed()


class TestEvents:
    def test_a_connected_calendar_is_watched_and_read_whole(self, followed: Followed) -> None:
        followed.add("past", -24 * 13)
        followed.add("long past", -24 * 20)
        followed.add("soon", 2)
        followed.add("far", 24 * 59)
        followed.add("too far", 24 * 80)
        assert followed.sync(SyncReason.CONNECTED) == CalendarSynced("up to now", changed=3)
        assert followed.titles() == ["past", "soon", "far"]
        assert followed.calendar.watched
        place = followed.kept.read(followed.connection)
        assert (place.synced_at, place.whole, place.watched_until) == (NOW, True, followed.calendar.watched_until)

    def test_what_changed_is_kept_as_it_is_and_the_rest_left_alone(self, followed: Followed) -> None:
        renamed, gone, moved = (followed.add(title) for title in ("renamed", "gone", "moved"))
        followed.sync()
        followed.calendar.change(renamed, "new name")
        followed.calendar.cancel(gone)
        followed.calendar.reschedule(moved, NOW + 30 * AN_HOUR, NOW + 31 * AN_HOUR)
        followed.add("new", 3)
        assert followed.sync() == CalendarSynced("up to now", changed=3, removed=1)
        assert followed.titles() == ["new name", "new", "moved"]
        assert followed.sync() == CalendarSynced("up to now")

    def test_page_by_page_however_many(self, followed: Followed) -> None:
        followed.calendar.page_size = 2
        for number in range(7):
            followed.add(str(number), number)
        assert followed.sync().changed == 7
        assert followed.titles() == [str(number) for number in range(7)]

    def test_without_time_the_next_run_goes_on_where_this_ended(self, followed: Followed) -> None:
        followed.calendar.page_size = 2
        for number in range(5):
            followed.add(str(number), number)
        keep, seen = followed.kept.keep, []

        def slow(*given: object, **more: object) -> None:
            followed.clock.advance(40)
            seen.append(given)
            keep(*given, **more)  # type: ignore[arg-type]  # as it was called

        slowly = replace(followed.ports, events=followed.kept)
        followed.kept.keep = slow  # type: ignore[method-assign]  # a store that takes long
        done = sync_calendar(followed.job(), "request1", seconds=2 * 40 + LEAST_SECONDS - 1, ports=slowly)
        assert done == CalendarSynced("out of time", changed=4)
        (again,) = followed.queue.requested
        assert (again.id, again.reason) == ("n1+request1", SyncReason.CONTINUED)
        assert followed.sync() == CalendarSynced("up to now", changed=1)
        assert len(followed.titles()) == 5
        assert len(seen) == 3

    def test_an_expired_cursor_reads_everything_and_forgets_what_is_gone(self, followed: Followed) -> None:
        followed.add("stays")
        gone = followed.add("gone", 3)
        followed.sync()
        followed.calendar.cancel(gone)
        followed.calendar.forget_changes()
        assert followed.sync() == CalendarSynced("up to now", removed=1)
        assert followed.titles() == ["stays"]
        assert followed.meter.total(metric_names.CALENDAR_RESYNCS, provider="google") == 1
        assert followed.kept.read(followed.connection).generation == 2

    def test_a_provider_that_never_begins_is_out_of_reach(
        self, followed: Followed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def expired(*_: object) -> None:
            raise CursorExpired

        monkeypatch.setattr(followed.calendar, "changes", expired)
        with pytest.raises(Unavailable):
            followed.sync()

    def test_a_day_later_the_window_has_moved(self, followed: Followed) -> None:
        followed.add("old", -24 * 13.5)
        followed.add("next", 24 * 61.5)
        followed.sync()
        assert followed.titles() == ["old"]
        followed.clock.advance(DAY.total_seconds())
        assert followed.sync() == CalendarSynced("up to now", changed=1, removed=1)
        assert followed.titles() == ["next"]

    def test_what_breaks_is_done_again(self, followed: Followed) -> None:
        followed.calendar.page_size = 1
        for number in range(3):
            followed.add(str(number), number)
        for outage in (followed.provider, followed.store):
            outage.down = True
            with pytest.raises(Unavailable):
                followed.sync()
            outage.down = False
        assert followed.sync().changed == 3

    def test_after_a_page_whose_cursor_was_lost_nothing_is_twice(
        self, followed: Followed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event_id = followed.add("meeting", attendees=[ANN])
        with monkeypatch.context() as broken:
            broken.setattr(followed.kept, "replace", _twice_then_down(followed))
            with pytest.raises(Unavailable):
                followed.sync()
        followed.sync()
        kept = followed.meeting(event_id)
        assert followed.titles() == ["meeting"]
        assert kept
        assert kept.version == 1

    def test_who_reads_at_the_same_time_does_it_again(
        self, followed: Followed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(followed.kept, "replace", lambda _: None)
        with pytest.raises(Conflict):
            followed.sync()


def _twice_then_down(followed: Followed) -> object:
    calls = [followed.kept.replace]

    def replaced(place: object) -> object:
        if not calls:
            raise Unavailable("down")
        return calls.pop()(place)  # type: ignore[arg-type]  # as it was called

    return replaced


class TestWatching:
    def test_one_that_cannot_be_watched_is_read_all_the_same(
        self, followed: Followed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refused(_: MemoryCalendar) -> None:
            raise Forbidden("The address of this deployment is not to be reached.")

        monkeypatch.setattr(MemoryCalendar, "watch", refused)
        followed.add("event")
        assert followed.sync(SyncReason.UNWATCHED) == CalendarSynced("up to now", changed=1)

    def test_without_notifications_no_time_is_noted(self, followed: Followed) -> None:
        followed.calendar.watched_until = None
        followed.sync(SyncReason.CONNECTED)
        assert followed.kept.read(followed.connection).watched_until is None

    def test_what_was_told_of_only_is_not_watched_anew(self, followed: Followed) -> None:
        followed.sync(SyncReason.NOTIFIED)
        assert not followed.calendar.watched


class TestConnections:
    def test_of_an_account_that_is_gone_everything_is_forgotten(self, followed: Followed) -> None:
        event_id = followed.add("event", attendees=[ANN])
        followed.sync()
        channel = graph_subscription(connection_id=followed.connection.id, watched=Watched.CALENDAR)
        followed.subscriptions.put(channel)
        followed.connections.delete(followed.connection)
        assert followed.sync() == CalendarSynced("disconnected")
        assert followed.titles() == []
        assert followed.subscriptions.find(channel.id) is None
        assert followed.kept.places == {}
        assert followed.meeting(event_id) is None

    def test_a_broken_one_is_left_alone(self, followed: Followed) -> None:
        broken = followed.connection.model_copy(update={"status": ConnectionStatus.BROKEN, "version": 2})
        assert followed.connections.replace(broken, expected_version=1)
        assert followed.sync() == CalendarSynced("broken")

    @pytest.mark.parametrize(("error", "ended"), [(ConnectionBroken, "broken"), (Forbidden, "forbidden")])
    def test_what_the_provider_refuses_is_not_tried_again(
        self, followed: Followed, monkeypatch: pytest.MonkeyPatch, error: type[Exception], ended: str
    ) -> None:
        def refused(*_: object) -> None:
            raise error("refused")

        monkeypatch.setattr(followed.calendar, "changes", refused)
        assert followed.sync() == CalendarSynced(ended)


class TestMeetings:
    def test_an_event_with_others_is_a_meeting_to_prepare(self, followed: Followed) -> None:
        event_id = followed.add("Planning", 2, organizer="ann@company.com", attendees=[ANN])
        alone = followed.add("Focus", 3)
        followed.sync()
        kept = followed.meeting(event_id)
        assert kept
        assert (kept.details.meeting_title, kept.begins, kept.details.minutes) == ("Planning", NOW + 2 * AN_HOUR, 60)
        assert kept.details.attendees == (ANN,)
        assert kept.details.own_addresses == ("user123@example.com",)
        assert kept.connection_id == followed.connection.id
        assert followed.meeting(alone) is None
        assert len(followed.meetings.due(since=NOW, until=NOW + DAY)) == 1

    def test_it_changes_and_goes_with_its_event(self, followed: Followed) -> None:
        moved, gone = (followed.add(title, attendees=[ANN]) for title in ("moved", "gone"))
        followed.sync()
        followed.calendar.reschedule(moved, NOW + 5 * AN_HOUR, NOW + 6 * AN_HOUR)
        followed.calendar.cancel(gone)
        followed.sync()
        kept = followed.meeting(moved)
        assert kept
        assert (kept.version, kept.begins) == (2, NOW + 5 * AN_HOUR)
        assert followed.meeting(gone) is None
        assert [one.begins for one in followed.meetings.due(since=NOW, until=NOW + DAY)] == [kept.begins]

    def test_a_users_own_word_wins(self, followed: Followed) -> None:
        event_id = followed.add("theirs", attendees=[ANN])
        followed.sync()
        kept = followed.meeting(event_id)
        assert kept
        details = kept.details.model_copy(update={"context": "mine"})
        mine = kept.model_copy(update={"version": 2, "details": details, "connection_id": None})
        assert followed.meetings.replace(mine, earlier=kept, is_due=True)
        followed.calendar.change(event_id, "changed")
        followed.sync()
        followed.calendar.cancel(event_id)
        followed.sync()
        assert followed.meeting(event_id) == mine

    def test_one_a_user_forgot_stays_forgotten_until_it_changes(self, followed: Followed) -> None:
        event_id = followed.add("unwanted", 30, attendees=[ANN])
        followed.sync()
        kept = followed.meeting(event_id)
        assert kept
        assert followed.meetings.delete(kept)
        followed.clock.advance(DAY.total_seconds())
        followed.sync()
        assert followed.meeting(event_id) is None
        followed.calendar.change(event_id, "wanted after all")
        followed.sync()
        assert followed.meeting(event_id)

    def test_one_that_was_is_history_and_stays(self, followed: Followed) -> None:
        event_id = followed.add("over", -1, attendees=[ANN])
        followed.sync()
        followed.calendar.cancel(event_id)
        followed.sync()
        kept = followed.meeting(event_id)
        assert kept
        assert followed.meetings.due(since=NOW - DAY, until=NOW + DAY) == []

    def test_while_a_meeting_keeps_changing_the_job_is_done_again(
        self, followed: Followed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        followed.add("busy", attendees=[ANN])
        monkeypatch.setattr(followed.meetings, "replace", lambda *_, **__: False)
        with pytest.raises(Conflict):
            followed.sync()
