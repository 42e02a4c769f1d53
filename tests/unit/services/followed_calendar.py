"""A connected calendar that is followed: everything in memory."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from assistant.domain.mailbox_sync import MailboxSync, SyncReason
from assistant.domain.meetings.from_calendar import meeting_id_of
from assistant.domain.meetings.keeping import KeptMeeting
from assistant.services.keep_calendar_meetings import CalendarMeetingPorts
from assistant.services.sync_calendar import CalendarSynced, CalendarSyncPorts, sync_calendar
from tests.fakes.calendar_account import MemoryCalendar, MemoryCalendars
from tests.fakes.connections import MemoryConnections, google_connection
from tests.fakes.kept_calendar import MemoryKeptCalendars
from tests.fakes.mailbox_sync import MemoryMailboxQueue
from tests.fakes.meetings import MemoryMeetings
from tests.fakes.notifications import MemoryNotifier
from tests.fakes.runtime import ManualClock, MemoryMeter
from tests.fakes.stores import Outage
from tests.fakes.subscriptions import MemorySubscriptions

NOW = datetime(2025, 1, 20, 9, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)
ANN = "Ann Lee <ann@company.com>"
DAY = timedelta(days=1)


@dataclass
class Followed:
    """A calendar and what is kept of it; provider and store can be switched off."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    meter: MemoryMeter = field(default_factory=MemoryMeter)
    provider: Outage = field(default_factory=Outage)
    store: Outage = field(default_factory=Outage)
    seconds: float = 100.0

    def __post_init__(self) -> None:
        self.connection = google_connection()
        self.connections = MemoryConnections()
        assert self.connections.replace(self.connection, expected_version=0)
        self.calendars = MemoryCalendars(self.provider)
        self.kept = MemoryKeptCalendars(self.store)
        self.subscriptions = MemorySubscriptions(self.store)
        self.queue = MemoryMailboxQueue()
        self.notifier = MemoryNotifier()
        self.meetings = MemoryMeetings(self.clock, self.store)
        self.ports = CalendarSyncPorts(
            self.connections,
            self.calendars,
            self.kept,
            self.kept,
            self.subscriptions,
            self.queue,
            CalendarMeetingPorts(self.meetings, self.clock),
            self.meter,
            self.clock,
            self.notifier,
        )

    @property
    def calendar(self) -> MemoryCalendar:
        return self.calendars.open(self.connection)

    def job(self, reason: SyncReason = SyncReason.NOTIFIED) -> MailboxSync:
        owner = {"user_id": self.connection.user_id, "connection_id": self.connection.id}
        return MailboxSync(id="n1", reason=reason, noticed_at=self.clock.now(), **owner)

    def sync(self, reason: SyncReason = SyncReason.NOTIFIED) -> CalendarSynced:
        return sync_calendar(self.job(reason), "request1", seconds=self.seconds, ports=self.ports)

    def titles(self) -> list[str]:
        found = self.kept.within(self.connection.user_id, NOW - 100 * DAY, NOW + 200 * DAY)
        return [one.connected.event.title for one in found.events]

    def meeting(self, event_id: str) -> KeptMeeting | None:
        return self.meetings.read(self.connection.user_id, meeting_id_of(self.connection.id, event_id))

    def add(self, title: str, hours: float = 2, **fields: object) -> str:
        start = NOW + hours * AN_HOUR
        return self.calendar.add(title, start, start + AN_HOUR, **fields)  # type: ignore[arg-type]  # as the test says
