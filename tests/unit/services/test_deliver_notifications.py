"""Each thing is told once, where and when the user wants it, whatever runs twice, overlaps or is down."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assistant.domain.access import asked_scopes
from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import Unavailable
from assistant.domain.mail import Mail
from assistant.domain.meetings.keeping import KeptMeeting
from assistant.domain.meetings.request import MeetingDetails
from assistant.domain.notifications import Due, DueKind, News, Notification, NotificationKind, Urgency
from assistant.domain.preferences import Preferences
from assistant.domain.providers import Access, Provider
from assistant.domain.tasks.kept import KeptTask
from assistant.services import deliver_notifications
from assistant.services.brief_day import LATEST, DayPorts
from assistant.services.deliver_notifications import PAUSES, DeliverPorts, deliver
from assistant.services.notify import IN_INBOX, QUEUED_FOR, NotifyPorts, notify
from assistant.services.release_notifications import Released, ReleasePorts, release_due
from assistant.services.send_message import ChannelPorts
from assistant.services.settle_effects import SettlePorts
from tests.fakes.chat import MemoryChats
from tests.fakes.connections import MemoryConnections
from tests.fakes.effects import MemoryEffectQueue, MemoryEffects
from tests.fakes.mailbox import MemoryMailBoxes
from tests.fakes.meetings import MemoryMeetings
from tests.fakes.memory import MemoryMemories
from tests.fakes.notifications import MemoryDueIndex, MemoryDueQueue, MemoryNotifications
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryPreferences, MemoryTasks, Outage
from tests.unit.meetings.meetings import EXAMPLE

USER = "user123"
HOUR = 3600


class World:
    """A user in UTC, Wednesday 15 January 2025, 10:00, with Slack connected and wanted for everything."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.queue_down, self.tasks_down = Outage(), Outage()
        self.notifications = MemoryNotifications(clock)
        self.due, self.queue = MemoryDueIndex(), MemoryDueQueue(self.queue_down)
        self.meetings, self.preferences = MemoryMeetings(clock), MemoryPreferences()
        self.tasks = MemoryTasks(clock, self.tasks_down)
        self.connections, self.chats = MemoryConnections(), MemoryChats()
        self.mailboxes = MemoryMailBoxes(clock)
        self.notify_ports = NotifyPorts(
            self.notifications, self.due, self.queue, self.meetings, self.preferences, clock
        )
        channels = ChannelPorts(self.connections, self.chats, self.mailboxes)
        self.effects = MemoryEffects(clock, due=self.due)
        day = DayPorts(self.meetings, self.tasks, MemoryMemories(clock), self.notifications, self.effects)
        settle = SettlePorts(self.effects, MemoryEffectQueue(), self.notify_ports, clock)
        self.ports = DeliverPorts(self.notify_ports, channels, day, settle)
        self.prefer({"urgent": "slack", "important": "slack", "routine": "slack"})
        self.slack = self.connect(Provider.SLACK, "T1", member="U1")

    def prefer(self, channels: dict[str, str], **sections: Any) -> None:
        version = self.preferences.read(USER).version
        wanted = Preferences.model_validate({"notification_channels": channels} | sections)
        assert self.preferences.replace(USER, wanted, expected_version=version)

    def connect(
        self, provider: Provider, account: str, member: str | None = None, *, access: Access = Access.MAIL
    ) -> Connection:
        connection = Connection(
            user_id=USER,
            id=f"{provider}-{account}",
            provider=provider,
            account=account,
            member=member,
            name=account,
            scopes=asked_scopes(provider, {access} & provider.row.parts.keys()),
            connected_at=self.clock.now(),
        )
        self.connections.replace(connection, expected_version=0)
        return connection

    def tell(self, about: str = "mail:1", urgency: Urgency = Urgency.IMPORTANT, **fields: Any) -> bool:
        told = {"kind": NotificationKind.MAIL, "title": "Budget", "text": "Ann asks for the budget.", "link": "/"}
        news = News(about=about, urgency=urgency, **{"at": self.clock.now(), **told, **fields})
        return notify(USER, news, ports=self.notify_ports)

    def work(self) -> None:
        """Do every job of the queue, each delivered twice."""
        while self.queue.jobs:
            job = self.queue.jobs.pop(0)
            for _ in range(2):
                deliver(Due.model_validate_json(job.model_dump_json()), ports=self.ports)

    def tick(self) -> Released:
        done = release_due(seconds=30, ports=ReleasePorts(self.due, self.queue, self.clock))
        self.work()
        return done

    def posted(self) -> list[tuple[str, str]]:
        return [(one.title, one.text) for one in self.chats.chat.messages.values()]

    def shown(self) -> Notification:
        (one,) = self.all_shown()
        return one

    def all_shown(self) -> list[Notification]:
        return [one.shown for one in self.notifications.page(USER, before=None, limit=1000)]

    def left(self) -> list[DueKind]:
        """What is planned beside the daily briefing."""
        return [one.kind for one in self.due.places if one.kind is not DueKind.DAILY_BRIEFING]


@pytest.fixture
def world(clock: ManualClock) -> World:
    return World(clock)


def test_what_may_be_sent_is_sent_at_once_and_once(world: World) -> None:
    assert world.tell()
    assert not world.tell()
    world.work()
    assert world.posted() == [("Budget", "Ann asks for the budget.")]
    assert (world.shown().channel, world.shown().held_until, world.left()) == ("slack", None, [])
    assert world.tick() == Released()


def test_time_that_goes_on_meanwhile_holds_nothing() -> None:
    class Running(ManualClock):
        def now(self) -> datetime:
            self.advance(0.001)
            return super().now()

    world = World(Running())
    assert world.tell(urgency=Urgency.URGENT)
    world.work()
    assert world.posted() == [("Budget", "Ann asks for the budget.")]
    assert world.shown().held_until is None


def test_no_mail_tells_of_a_mail(world: World) -> None:
    world.prefer({"urgent": "email", "important": "email", "routine": "email"})
    world.connect(Provider.GOOGLE, "user@company.com")
    world.tell()
    world.work()
    assert (world.shown().channel, world.shown().note) == ("dashboard", IN_INBOX)
    world.tell("mail:2", Urgency.ROUTINE)
    assert world.left() == [DueKind.DIGEST]


def test_newer_news_take_the_place_of_older_and_older_change_nothing(world: World) -> None:
    world.tell()
    world.work()
    earlier = world.clock.now()
    world.clock.advance(60)
    world.notifications.mark(USER, world.shown().id, read_at=world.clock.now())
    assert world.tell(text="She asks again.")
    assert not world.tell(text="Late", at=earlier)
    world.work()
    assert world.posted() == [("Budget", "She asks again.")]
    assert (world.shown().created_at, world.shown().read_at) == (earlier, None)


def test_what_is_held_comes_when_its_time_has_come(world: World) -> None:
    world.clock.advance(11 * HOUR)
    world.tell(urgency=Urgency.URGENT)
    assert world.shown().held_until == datetime(2025, 1, 16, 7, tzinfo=UTC)
    assert (world.queue.jobs, world.tick()) == ([], Released())
    world.clock.advance(10 * HOUR)
    assert world.tick().released == 1
    assert len(world.posted()) == 1


def test_a_meeting_that_was_kept_meanwhile_is_respected(world: World) -> None:
    world.clock.advance(-1.5 * HOUR)
    world.tell()
    world.clock.advance(0.5 * HOUR)
    begins = world.clock.now() - timedelta(minutes=5)
    details = MeetingDetails.model_validate(
        {key: value for key, value in EXAMPLE.items() if key not in {"user_id", "meeting_id"}}
        | {"scheduled_time": begins.isoformat(), "duration_minutes": 30}
    )
    meeting = KeptMeeting(user_id=USER, meeting_id="m", version=1, begins=begins, details=details)
    world.meetings.replace(meeting, earlier=None, is_due=False)
    world.tick()
    assert world.posted() == []
    assert world.shown().held_until == begins + timedelta(minutes=30)
    world.clock.advance(1800)
    world.tick()
    assert len(world.posted()) == 1


def test_what_was_read_meanwhile_is_notmails_sent(world: World) -> None:
    world.clock.advance(9 * HOUR)
    world.tell()
    world.notifications.mark(USER, world.shown().id, read_at=world.clock.now())
    world.clock.advance(14 * HOUR)
    world.tick()
    assert "Budget" not in {title for title, _ in world.posted()}
    assert world.left() == []


@pytest.mark.parametrize("urgency", Urgency)
def test_channels_that_are_changed_meanwhile_hold_for_what_is_held(world: World, urgency: Urgency) -> None:
    world.clock.advance(11 * HOUR)
    world.tell(urgency=urgency)
    world.connect(Provider.GOOGLE, "user@company.com")
    assert (world.shown().wanted, world.shown().held_until is None) == ("slack", False)
    world.prefer(dict.fromkeys(Urgency, "dashboard"), daily_briefing={"enabled": False})
    world.clock.advance(20 * HOUR)
    world.tick()
    assert (world.posted(), mails_sent(world, Provider.GOOGLE), world.left()) == ([], [], [])
    assert (world.shown().wanted, world.shown().channel, world.shown().held_until) == ("dashboard", "dashboard", None)


def test_what_is_held_goes_by_mail_where_that_is_wanted_by_then(world: World) -> None:
    world.connect(Provider.GOOGLE, "user@company.com")
    world.clock.advance(11 * HOUR)
    world.tell("account:1", kind=NotificationKind.CONNECTION)
    world.tell("mail:1")
    world.prefer(dict.fromkeys(Urgency, "email"), daily_briefing={"enabled": False})
    world.clock.advance(15 * HOUR)
    world.tick()
    assert ([mail.subject for mail in mails_sent(world, Provider.GOOGLE)], world.posted()) == (["Budget"], [])
    assert {one.kind: (one.channel, one.note) for one in world.all_shown()} == {
        NotificationKind.CONNECTION: ("email", ""),
        NotificationKind.MAIL: ("dashboard", IN_INBOX),
    }


def test_routine_messages_come_in_one_digest(world: World) -> None:
    for number in range(3):
        world.tell(f"mail:{number}", Urgency.ROUTINE, title=f"News {number}")
        world.clock.advance(60)
    assert world.left() == [DueKind.DIGEST]
    world.clock.advance(6.5 * HOUR)
    world.tick()
    ((title, text),) = world.posted()
    assert title == "3 updates for Wednesday, 15 January"
    assert [line.partition(":")[0] for line in text.splitlines()] == ["• News 0", "• News 1", "• News 2"]
    assert {one.channel for one in world.all_shown()} == {"slack"}
    world.tick()
    assert len(world.posted()) == 1


def test_a_digest_has_what_waits_however_much_was_told_since(world: World) -> None:
    for number in range(150):
        urgency = Urgency.ROUTINE if number < 30 else Urgency.URGENT
        world.tell(f"mail:{number}", urgency, title=f"News {number}")
        world.clock.advance(1)
    world.work()
    world.clock.advance(6.5 * HOUR)
    world.tick()
    title, text = world.posted()[-1]
    assert (title, text.splitlines()[0]) == (
        "30 updates for Wednesday, 15 January",
        "• News 0: Ann asks for the budget.",
    )
    assert {(one.channel, one.held_until) for one in world.all_shown()} == {("slack", None)}


def test_what_is_too_much_for_a_digest_comes_in_another(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver_notifications, "_MOST_IN_DIGEST", 20)
    for number in range(30):
        world.tell(f"mail:{number}", Urgency.ROUTINE, title=f"News {number}")
    world.clock.advance(6.5 * HOUR)
    for _ in range(3):
        world.tick()
        world.clock.advance(60)
    assert [title.partition(" ")[0] for title, _ in world.posted()] == ["20", "10"]
    assert (world.left(), {one.held_until for one in world.all_shown()}) == ([], {None})


def test_a_queue_that_is_down_delays_until_the_next_run(world: World) -> None:
    world.queue_down.down = True
    assert world.tell()
    world.queue_down.down = False
    world.clock.advance(QUEUED_FOR.total_seconds())
    assert world.tick().released == 1
    assert len(world.posted()) == 1


def test_a_channel_that_is_down_is_tried_for_an_hour_and_then_said(world: World) -> None:
    world.chats.chat.outage.down = True
    world.tell()
    world.work()
    assert world.shown().held_until == world.clock.now() + PAUSES[0]
    for pause in PAUSES:
        assert world.shown().note == ""
        world.clock.advance(pause.total_seconds())
        world.tick()
    assert world.shown().note == "Slack did not answer for more than an hour, so it is here."
    assert (world.shown().held_until, world.left(), world.posted()) == (None, [], [])
    world.chats.chat.outage.down = False
    world.tick()
    assert world.posted() == []


def test_a_channel_that_comes_back_gets_it_once(world: World) -> None:
    world.chats.chat.outage.down = True
    world.tell()
    world.work()
    world.chats.chat.outage.down = False
    world.clock.advance(PAUSES[0].total_seconds())
    world.tick()
    assert (len(world.posted()), world.shown().channel) == (1, "slack")


def test_a_job_that_breaks_off_after_sending_sends_nothing_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.tell()
    with monkeypatch.context() as broken:
        broken.setattr(world.notifications, "replace", _down)
        with pytest.raises(Unavailable):
            deliver(world.queue.jobs[0], ports=world.ports)
    assert (len(world.posted()), world.left()) == (1, [DueKind.NOTIFICATION])
    world.clock.advance(QUEUED_FOR.total_seconds())
    world.tick()
    assert (len(world.posted()), world.shown().channel) == (1, "slack")


def _down(*_: object) -> bool:
    raise Unavailable("down")


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (
            {"status": ConnectionStatus.BROKEN},
            "Your Slack account has to be connected again; until then messages are here.",
        ),
        ({"member": None}, "Slack does not know you in this workspace, so it is here."),
        ({"member": "U9"}, "Slack does not know you in this workspace, so it is here."),
        (None, "You prefer Slack, which is not connected yet, so it is here."),
    ],
)
def test_who_cannot_be_reached_is_told_on_the_dashboard(world: World, change: dict[str, Any] | None, note: str) -> None:
    if change is None:
        world.connections.delete(world.slack)
    else:
        world.connections.replace(world.slack.model_copy(update=change), expected_version=1)
    world.tell()
    world.work()
    assert (world.shown().wanted, world.shown().channel, world.shown().note) == ("slack", "dashboard", note)
    assert world.left() == []


@pytest.mark.parametrize("provider", [Provider.GOOGLE, Provider.MICROSOFT])
def test_mail_goes_to_the_users_own_address_once(world: World, provider: Provider) -> None:
    world.prefer({"urgent": "email", "important": "email", "routine": "email"})
    world.connect(Provider.MICROSOFT, "calendar@company.com", access=Access.CALENDAR)
    world.connect(provider, "user@company.com")
    world.tell(kind=NotificationKind.CONNECTION)
    world.work()
    world.clock.advance(60)
    world.tell(kind=NotificationKind.CONNECTION, text="She asks again.")
    world.work()
    first, second = mails_sent(world, provider)
    assert (first.subject, first.to, second.body) == ("Budget", ("user@company.com",), "She asks again.")


def test_an_account_that_is_open_for_its_calendar_alone_sends_no_mail(world: World) -> None:
    world.prefer({"urgent": "email", "important": "email", "routine": "email"})
    world.connect(Provider.MICROSOFT, "calendar@company.com", access=Access.CALENDAR)
    world.tell(kind=NotificationKind.CONNECTION)
    world.work()
    assert world.shown().note == "You prefer e-mail, which is not connected yet, so it is here."


def mails_sent(world: World, provider: Provider) -> list[Mail]:
    (connection,) = world.connections.of_account(provider, "user@company.com")
    return list(world.mailboxes.open(connection).sent())


class TestDailyBriefing:
    @pytest.fixture
    def morning(self, world: World) -> World:
        """Wednesday 5:00, with a task overdue, one due today, and one later."""
        world.clock.advance(-5 * HOUR)
        for name, due in (("late", "2025-01-14"), ("today", "2025-01-15T15:00+00:00"), ("later", "2025-02-01")):
            task = KeptTask(task_id=name, title=f"Task {name}", due_date=due, created_at=world.clock.now())
            world.tasks.create(USER, task, None)
        world.prefer({"urgent": "dashboard", "important": "slack", "routine": "dashboard"})
        world.tell(urgency=Urgency.URGENT)
        world.tell("other", Urgency.ROUTINE, title="Thanks")
        return world

    def test_it_comes_once_at_the_users_time(self, morning: World) -> None:
        morning.clock.advance(2.5 * HOUR - 1)
        assert morning.tick() == Released()
        morning.clock.advance(1)
        assert morning.tick().released == 1
        ((title, text),) = morning.posted()
        assert title == "Your Wednesday 15 January"
        assert "No meetings today." in text
        assert "• Task late (was due Tuesday 14 January)\n• Task today (today, 15:00)\n1 open task later." in text
        # What is routine is for the digest.
        assert text.endswith("1 mail to look at:\n• Budget")
        morning.clock.advance(HOUR)
        assert (morning.tick(), len(morning.posted())) == (Released(), 1)
        morning.clock.advance(23 * HOUR)
        morning.tick()
        assert "Your Thursday 16 January" in {title for title, _ in morning.posted()}

    def test_what_cannot_be_read_is_said(self, morning: World) -> None:
        morning.tasks_down.down = True
        morning.clock.advance(3 * HOUR)
        morning.tick()
        ((_, text),) = morning.posted()
        assert "Your tasks cannot be read right now." in text

    def test_one_that_is_too_late_is_left_and_the_next_is_planned(self, morning: World) -> None:
        morning.clock.advance(2.5 * HOUR + LATEST.total_seconds() + 1)
        morning.tick()
        assert morning.posted() == []
        assert [one.at.day for one in morning.due.places if one.kind is DueKind.DAILY_BRIEFING] == [16]

    def test_who_wants_none_gets_none(self, morning: World) -> None:
        morning.prefer({"important": "slack"}, daily_briefing={"enabled": False})
        morning.clock.advance(3 * HOUR)
        morning.tick()
        assert morning.posted() == []
        assert not [one for one in morning.due.places if one.kind is DueKind.DAILY_BRIEFING]

    def test_another_time_holds_from_the_next_on(self, morning: World) -> None:
        morning.prefer({"important": "slack"}, daily_briefing={"time": "09:00"})
        morning.clock.advance(2.5 * HOUR)
        morning.tick()
        assert morning.posted() == []
        morning.clock.advance(1.5 * HOUR)
        morning.tick()
        assert len(morning.posted()) == 1
