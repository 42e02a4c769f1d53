"""An account that was connected is looked at at once, and its user is briefed from the next day on."""

from datetime import timedelta

import pytest

from assistant.domain.access import asked_scopes
from assistant.domain.connections import Connection
from assistant.domain.mailbox_sync import SyncReason
from assistant.domain.notifications import DueKind, NotificationKind
from assistant.domain.providers import Access, Provider
from assistant.services.welcome_account import WelcomePorts, welcome_account
from tests.fakes.accounts import MICROSOFT, NOTION
from tests.fakes.connections import MemoryConnections, google_connection
from tests.fakes.mailbox_sync import MemoryMailboxQueue
from tests.fakes.notifications import MemoryDueIndex, MemoryNotifier
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryPreferences, Outage


class World:
    def __init__(self) -> None:
        self.queue_outage, self.store_outage = Outage(), Outage()
        self.queue, self.calendars = MemoryMailboxQueue(self.queue_outage), MemoryMailboxQueue(self.queue_outage)
        self.due = MemoryDueIndex(self.store_outage)
        queues = {Access.MAIL: self.queue, Access.CALENDAR: self.calendars}
        self.connections, self.notifier = MemoryConnections(outage=self.store_outage), MemoryNotifier()
        preferences = MemoryPreferences(self.store_outage)
        self.ports = WelcomePorts(queues, preferences, self.due, self.connections, self.notifier, ManualClock())

    def welcome(self, connection: Connection, request_id: str = "request1") -> bool:
        return welcome_account(connection, request_id, ports=self.ports)


@pytest.fixture
def world() -> World:
    return World()


def test_a_mailbox_is_queued_once_for_each_consent(world: World) -> None:
    connection = google_connection()
    for request_id in ("request1", "request1", "request2"):
        assert world.welcome(connection, request_id)
    assert [(one.connection_id, one.reason) for one in world.queue.requested] == [
        (connection.id, SyncReason.CONNECTED)
    ] * 2


def test_so_is_a_calendar_that_may_be_read(world: World) -> None:
    connection = google_connection().model_copy(
        update={"scopes": asked_scopes(Provider.GOOGLE, [Access.CALENDAR])},
    )
    assert world.welcome(connection)
    assert [(one.connection_id, one.reason) for one in world.calendars.requested] == [
        (connection.id, SyncReason.CONNECTED)
    ]
    assert world.queue.requested == []


def test_an_account_without_mail_has_no_mailbox_to_look_at(world: World) -> None:
    calendar_only = {"scopes": frozenset({"openid"})}
    world.welcome(google_connection().model_copy(update=calendar_only))
    world.welcome(google_connection().model_copy(update={"provider": Provider.SLACK}))
    assert world.queue.requested == world.calendars.requested == []


def test_the_user_is_briefed_from_then_on(world: World) -> None:
    world.welcome(google_connection().model_copy(update={"provider": Provider.SLACK}))
    assert [(one.kind, f"{one.at:%a %H:%M}") for one in world.due.places] == [(DueKind.DAILY_BRIEFING, "Thu 07:30")]


@pytest.mark.parametrize("earlier", [google_connection(), MICROSOFT])
def test_who_has_the_account_is_told_who_has_it_too_once(world: World, earlier: Connection) -> None:
    other = google_connection("user789", "else@example.com")
    second = earlier.model_copy(update={"user_id": "user456", "connected_at": earlier.connected_at + timedelta(days=1)})
    for one in (earlier, other, second):
        world.connections.replace(one, expected_version=0)
    assert world.welcome(second)
    assert world.welcome(second.model_copy(update={"version": 2}), "request2")
    ((told, _),) = world.notifier.told
    (news,) = world.notifier.told.values()
    assert (told, news.kind) == (earlier.user_id, NotificationKind.CONNECTION)
    assert news.title == f"user456 connected {earlier.name} too"
    assert earlier.provider.row.consents in news.text
    assert news.link == f"/api/v1/users/{earlier.user_id}/connections"


def test_a_workspace_is_there_for_several(world: World) -> None:
    second = NOTION.model_copy(update={"user_id": "user456"})
    for one in (NOTION, second):
        world.connections.replace(one, expected_version=0)
    assert world.welcome(second)
    assert world.notifier.told == {}


def test_what_is_down_leaves_the_account_connected(world: World) -> None:
    world.queue_outage.down = True
    assert not world.welcome(google_connection())
    world.queue_outage.down = False
    world.store_outage.down = True
    assert not world.welcome(google_connection())
