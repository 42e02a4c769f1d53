"""Each version of a meeting is prepared once and told of once, whatever runs twice, overlaps or breaks off."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import current_thread, main_thread
from typing import Any

import pytest

from assistant.adapters.aws import MOST_CONNECTIONS
from assistant.adapters.dynamo import dynamo_client
from assistant.domain.audit import AuditAction
from assistant.domain.errors import InvalidRequest, NotFound, PreconditionFailed, Unavailable
from assistant.domain.meetings.basis import LATE
from assistant.domain.meetings.keeping import AHEAD, KeptMeeting
from assistant.domain.meetings.request import MeetingDetails
from assistant.domain.notifications import News, Notification, NotificationKind, told
from assistant.domain.preferences import Channel, NotificationChannels, Preferences, WorkingHours
from assistant.domain.users import Identity
from assistant.domain.versions import Preconditions
from assistant.services.ask_claude import ClaudePorts
from assistant.services.keep_meetings import (
    BriefingOfMeeting,
    MeetingPorts,
    MeetingQuery,
    forget_meeting,
    keep_meeting,
    list_meetings,
    show_briefing,
    show_meeting,
)
from assistant.services.notify import NotifyPorts, PreferredNotifier
from assistant.services.prepare_meeting import PreparePorts
from assistant.services.prepare_upcoming import AT_ONCE, TAKEN_FOR, Prepared, UpcomingPorts, prepare_upcoming
from assistant.services.show_notifications import (
    NotificationPorts,
    NotificationQuery,
    ReadState,
    list_notifications,
    mark_notification,
)
from tests.fakes.llm import MemorySpending, ScriptedLlm, sensible
from tests.fakes.meetings import MemoryBriefings, MemoryMeetings
from tests.fakes.memory import kept_evidence_ports, memory_ports
from tests.fakes.notifications import MemoryDueIndex, MemoryDueQueue, MemoryNotifications
from tests.fakes.runtime import ManualClock, MemoryMeter
from tests.fakes.stores import MemoryAuditTrail, MemoryPreferences, MemoryTasks, Outage
from tests.unit.meetings.meetings import EXAMPLE, mail

CALLER = Identity("user123", "request1")
NOTHING = Prepared()
ONE = Prepared(prepared=1)


class Assistant:
    """The use cases of kept meetings with fakes behind them; each store can be switched off."""

    def __init__(self, clock: ManualClock, meter: MemoryMeter) -> None:
        self.clock = clock
        self.store, self.briefing_store, self.dashboard = Outage(), Outage(), Outage()
        self.meetings = MemoryMeetings(clock, self.store)
        self.briefings = MemoryBriefings(self.briefing_store)
        self.notifications = MemoryNotifications(clock, self.dashboard)
        self.preferences = MemoryPreferences()
        self.audit = MemoryAuditTrail()
        self.llm = ScriptedLlm(sensible)
        claude = ClaudePorts(self.llm, MemorySpending(), meter, clock)
        kept = kept_evidence_ports(memory_ports(clock), MemoryTasks(clock))
        prepare = PreparePorts(self.preferences, self.audit, meter, clock, kept, lambda: claude)
        self.ports = MeetingPorts(self.meetings, self.briefings, self.preferences, self.audit, clock)
        self.due, self.due_queue = MemoryDueIndex(), MemoryDueQueue()
        notify = NotifyPorts(self.notifications, self.due, self.due_queue, self.meetings, self.preferences, clock)
        self.upcoming = UpcomingPorts(self.meetings, self.briefings, PreferredNotifier(notify), prepare)

    def keep(
        self, name: str = "meet123", *, minutes: float = 30, conditions: Preconditions | None = None, **fields: Any
    ) -> KeptMeeting:
        at = self.clock.now() + timedelta(minutes=minutes)
        given = {key: value for key, value in EXAMPLE.items() if key not in {"user_id", "meeting_id"}}
        details = MeetingDetails.model_validate(given | {"scheduled_time": at.isoformat()} | fields)
        return keep_meeting(CALLER, name, details, conditions or Preconditions(), ports=self.ports)

    def tick(self) -> Prepared:
        return prepare_upcoming("tick1", seconds=200, ports=self.upcoming)

    def briefing(self) -> BriefingOfMeeting:
        return show_briefing(CALLER, "meet123", ports=self.ports)

    def told(self) -> list[Notification]:
        ports = NotificationPorts(self.notifications, self.clock)
        return list(list_notifications("user123", NotificationQuery(), CALLER, ports=ports).notifications)

    def prepared(self) -> int:
        """How often a meeting was really prepared."""
        return sum(event.action is AuditAction.MEETING_PREPARED for event in self.audit.events)


@pytest.fixture
def assistant(clock: ManualClock, meter: MemoryMeter) -> Assistant:
    return Assistant(clock, meter)


def test_a_meeting_is_prepared_in_the_hour_before_it_begins(assistant: Assistant) -> None:
    assistant.keep(minutes=61)
    assert assistant.tick() == NOTHING
    with pytest.raises(NotFound, match="in the hour before"):
        assistant.briefing()
    assistant.clock.advance(60)
    assert assistant.tick() == ONE
    assert assistant.briefing().current
    (told,) = assistant.told()
    assert told.title == "Briefing: Q4 Planning Session"
    assert told.text.startswith("Wed 15 Jan, 11:01 (UTC), 60 minutes.")
    assert told.link == "/api/v1/meetings/meet123/briefing"
    assert assistant.tick() == NOTHING


def test_what_asks_claude_is_made_before_the_threads_begin(assistant: Assistant) -> None:
    makers = []
    claude = assistant.upcoming.prepare.claude

    def made() -> ClaudePorts:
        makers.append(current_thread())
        return claude()

    upcoming = replace(assistant.upcoming, prepare=replace(assistant.upcoming.prepare, claude=made))
    assert prepare_upcoming("tick1", seconds=200, ports=upcoming) == NOTHING
    assert makers == []
    assistant.keep()
    assert prepare_upcoming("tick1", seconds=200, ports=upcoming) == ONE
    assert makers[0] is main_thread()


def test_every_thread_has_a_connection_of_its_own() -> None:
    # Each meeting asks for memories and for tasks at once.
    assert MOST_CONNECTIONS >= 2 * AT_ONCE
    assert vars(dynamo_client().meta.config)["max_pool_connections"] == MOST_CONNECTIONS


def test_a_meeting_kept_late_is_prepared_while_it_is_fresh(assistant: Assistant) -> None:
    assistant.keep(minutes=-14)
    assert assistant.tick() == ONE
    assistant.keep("begun", minutes=-15)
    assert assistant.tick() == NOTHING


def test_a_meeting_nobody_prepared_in_time_is_left(assistant: Assistant) -> None:
    assistant.keep()
    assistant.clock.advance((timedelta(minutes=30) + LATE).total_seconds() + 1)
    assert assistant.tick() == NOTHING


def test_ticks_at_once_prepare_it_once(assistant: Assistant) -> None:
    for number in range(12):
        assistant.keep(f"meet{number}", minutes=10 + number)
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: assistant.tick(), range(4)))
    assert sum(run.prepared for run in runs) == 12
    assert assistant.prepared() == len(assistant.told()) == len(assistant.llm.asked) == 12


def test_a_changed_meeting_is_prepared_and_told_of_again(assistant: Assistant) -> None:
    assistant.keep()
    assistant.tick()
    assistant.keep(context="Only the travel budget is left to decide")
    assert not assistant.briefing().current
    assert assistant.tick() == ONE
    assert assistant.briefing().current
    assert "travel budget" in assistant.briefing().briefing_document
    (told,) = assistant.told()
    assert told.title == "Updated briefing: Q4 Planning Session"


def test_what_a_calendar_kept_is_the_users_once_they_put_it(assistant: Assistant) -> None:
    mine = assistant.keep()
    of_calendar = mine.model_copy(update={"version": 2, "connection_id": "google-1"})
    assert assistant.meetings.replace(of_calendar, earlier=mine, is_due=True)
    taken = assistant.keep()
    assert (taken.version, taken.connection_id) == (3, None)


def test_the_same_again_changes_nothing(assistant: Assistant) -> None:
    first = assistant.keep()
    assistant.tick()
    assert assistant.keep() == first
    assert assistant.tick() == NOTHING
    assert assistant.prepared() == 1


def test_a_moved_meeting_is_prepared_at_its_new_time(assistant: Assistant) -> None:
    assistant.keep()
    assistant.tick()
    assistant.keep(minutes=180)
    assert assistant.tick() == NOTHING
    assistant.clock.advance((timedelta(minutes=180) - AHEAD).total_seconds())
    assert assistant.tick() == ONE
    (told,) = assistant.told()
    assert (told.updated_at, told.read_at) == (assistant.clock.now(), None)


def test_a_crash_before_it_was_told_costs_no_second_briefing(assistant: Assistant) -> None:
    assistant.keep()
    assistant.dashboard.down = True
    assert assistant.tick() == Prepared(failed=1)
    assistant.dashboard.down = False
    # Another run waits until the time of the one that broke off is over.
    assert assistant.tick() == Prepared(taken=1)
    assistant.clock.advance(TAKEN_FOR.total_seconds())
    assert assistant.tick() == ONE
    assert assistant.prepared() == len(assistant.told()) == 1


def test_a_crash_after_it_was_told_tells_nothing_twice(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    assistant.keep()
    with monkeypatch.context() as broken:
        broken.setattr(assistant.meetings, "done", lambda _: (_ for _ in ()).throw(RuntimeError("killed")))
        assert assistant.tick() == Prepared(failed=1)
    assistant.clock.advance(TAKEN_FOR.total_seconds())
    assert assistant.tick() == ONE
    assert assistant.prepared() == len(assistant.told()) == 1


def test_two_that_prepared_the_same_tell_of_the_one_that_is_kept(assistant: Assistant) -> None:
    """A run so slow that another took its meeting: both end, the user sees one."""
    kept = assistant.keep()
    assistant.tick()
    (first,) = assistant.told()
    assistant.meetings.replace(kept.model_copy(update={"version": 2}), earlier=kept, is_due=True)
    assistant.meetings.replace(kept, earlier=kept.model_copy(update={"version": 2}), is_due=True)
    assistant.clock.advance(60)
    assert assistant.tick() == ONE
    assert assistant.told() == [first]


def test_a_meeting_changed_under_way_is_left_to_its_new_place(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant.keep()
    claim = assistant.meetings.claim

    def change_after_claim(*given: Any, **named: Any) -> bool:
        taken = claim(*given, **named)
        monkeypatch.setattr(assistant.meetings, "claim", claim)
        assistant.keep(context="Something else entirely")
        return taken

    monkeypatch.setattr(assistant.meetings, "claim", change_after_claim)
    assert assistant.tick() == Prepared(taken=1)
    assert assistant.tick() == ONE
    assert len(assistant.told()) == 1


def test_what_is_wrong_with_one_meeting_keeps_no_other_from_its_briefing(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant.keep("broken", minutes=5)
    assistant.keep()
    read = assistant.meetings.read

    def failing(user_id: str, meeting_id: str) -> Any:
        if meeting_id == "broken":
            raise ValueError("what it holds stays out of the log")
        return read(user_id, meeting_id)

    monkeypatch.setattr(assistant.meetings, "read", failing)
    assert assistant.tick() == Prepared(prepared=1, failed=1)


def test_without_time_meetings_are_left_to_the_next_run(assistant: Assistant) -> None:
    assistant.keep()
    assert prepare_upcoming("tick1", seconds=20, ports=assistant.upcoming) == Prepared(left=1)
    assert assistant.tick() == ONE


def test_while_the_index_is_down_the_run_fails(assistant: Assistant) -> None:
    assistant.store.down = True
    with pytest.raises(Unavailable):
        assistant.tick()


def test_it_goes_where_important_messages_do_unless_it_comes_too_late(assistant: Assistant) -> None:
    preferences = Preferences(
        notification_channels=NotificationChannels(important=Channel.SLACK),
        working_hours=WorkingHours(timezone="Europe/Berlin"),
    )
    assistant.preferences.replace("user123", preferences, expected_version=0)
    assistant.keep()
    assistant.tick()
    (told,) = assistant.told()
    assert told.text == "Wed 15 Jan, 11:30 (Europe/Berlin), 60 minutes."
    assert (told.wanted, told.held_until, told.note) == (Channel.SLACK, None, "")
    (job,) = assistant.due_queue.jobs
    assert (job.subject, job.at) == (told.subject, assistant.clock.now())
    # Held by nothing but the quiet of the night, which it would outlast.
    assistant.clock.advance(timedelta(hours=13).total_seconds())
    assistant.keep("late")
    assistant.tick()
    (late, _) = assistant.told()
    assert (late.channel, late.note) == (Channel.DASHBOARD, "It would have come too late elsewhere, so it is here.")


class TestKeeping:
    def test_a_wall_clock_time_is_one_of_the_preferences(self, assistant: Assistant) -> None:
        preferences = Preferences(working_hours=WorkingHours(timezone="America/New_York"))
        assistant.preferences.replace("user123", preferences, expected_version=0)
        kept = assistant.keep(scheduled_time="2025-01-15T06:00")
        assert kept.begins.isoformat() == "2025-01-15T11:00:00+00:00"

    def test_a_stale_version_changes_nothing(self, assistant: Assistant) -> None:
        assistant.keep()
        assistant.keep(minutes=40, conditions=Preconditions(if_match='"1"'))
        with pytest.raises(PreconditionFailed):
            assistant.keep(minutes=50, conditions=Preconditions(if_match='"1"'))
        with pytest.raises(PreconditionFailed):
            assistant.keep(minutes=50, conditions=Preconditions(if_none_match="*"))
        assert show_meeting(CALLER, "meet123", ports=assistant.ports).version == 2

    def test_a_meeting_too_large_to_keep_is_refused(self, assistant: Assistant) -> None:
        with pytest.raises(InvalidRequest) as caught:
            assistant.keep(documents=[mail(n, "The plan is ready.") for n in range(101)])
        assert [error.field for error in caught.value.errors] == ["documents"]

    def test_a_forgotten_meeting_is_gone_and_not_prepared(self, assistant: Assistant) -> None:
        assistant.keep()
        with pytest.raises(PreconditionFailed):
            forget_meeting(CALLER, "meet123", Preconditions(if_match='"7"'), ports=assistant.ports)
        forget_meeting(CALLER, "meet123", Preconditions(), ports=assistant.ports)
        assert assistant.tick() == NOTHING
        with pytest.raises(NotFound):
            assistant.briefing()
        with pytest.raises(NotFound):
            forget_meeting(CALLER, "meet123", Preconditions(), ports=assistant.ports)

    def test_meetings_are_listed_by_time_in_pages(self, assistant: Assistant) -> None:
        for number in (3, 1, 2):
            assistant.keep(f"meet{number}", minutes=number)
        first = list_meetings(CALLER, MeetingQuery(limit=2), ports=assistant.ports)
        assert [one.meeting_id for one in first.meetings] == ["meet1", "meet2"]
        rest = list_meetings(CALLER, MeetingQuery(limit=2, cursor=first.next_cursor), ports=assistant.ports)
        assert ([one.meeting_id for one in rest.meetings], rest.next_cursor) == (["meet3"], None)

    @pytest.mark.parametrize("cursor", ["x", "_____", "TUVFVElORyM"])
    def test_a_cursor_of_another_list_is_refused(self, assistant: Assistant, cursor: str) -> None:
        with pytest.raises(InvalidRequest) as caught:
            list_meetings(CALLER, MeetingQuery(cursor=cursor), ports=assistant.ports)
        assert [error.field for error in caught.value.errors] == ["cursor"]


class TestNotifications:
    def test_pages_of_what_is_unread(self, assistant: Assistant) -> None:
        ports = NotificationPorts(assistant.notifications, assistant.clock)
        for number in range(5):
            assistant.keep(f"meet{number}", minutes=number + 1)
            assistant.tick()
            assistant.clock.advance(1)
        newest = assistant.told()[0]
        mark_notification("user123", newest.id, ReadState(read=True), CALLER, ports=ports)
        query = NotificationQuery(unread=True, limit=3)
        first = list_notifications("user123", query, CALLER, ports=ports)
        rest = list_notifications(
            "user123", query.model_copy(update={"cursor": first.next_cursor}), CALLER, ports=ports
        )
        found = [*first.notifications, *rest.notifications]
        assert newest.id not in {one.id for one in found}
        assert (len(first.notifications), len(found), rest.next_cursor) == (3, 4, None)
        mark_notification("user123", newest.id, ReadState(read=False), CALLER, ports=ports)
        assert assistant.told()[0].read_at is None

    def test_a_list_with_much_that_is_read_goes_on(self, assistant: Assistant) -> None:
        now = assistant.clock.now()
        for number in range(2_001):
            at = now + timedelta(seconds=number)
            news = News(about=f"{number}", kind=NotificationKind.MAIL, title="t", text="t", link="/", at=at)
            kept = told(news, Channel.DASHBOARD, None)
            shown = kept.shown.model_copy(update={"read_at": now if number else None})
            assistant.notifications.kept["user123", shown.id] = kept.model_copy(update={"shown": shown})
        ports = NotificationPorts(assistant.notifications, assistant.clock)
        query = NotificationQuery(unread=True)
        first = list_notifications("user123", query, CALLER, ports=ports)
        query = query.model_copy(update={"cursor": first.next_cursor})
        rest = list_notifications("user123", query, CALLER, ports=ports)
        assert (first.notifications, len(rest.notifications), rest.next_cursor) == ((), 1, None)

    def test_an_unknown_one_is_not_found(self, assistant: Assistant) -> None:
        ports = NotificationPorts(assistant.notifications, assistant.clock)
        with pytest.raises(NotFound):
            mark_notification("user123", "none", ReadState(read=True), CALLER, ports=ports)
