"""Calendars that nobody was told of are queued, and no provider is asked for that."""

from datetime import timedelta

import pytest

from assistant.domain.access import asked_scopes
from assistant.domain.calendar.kept import CalendarPlace
from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.mailbox_sync import SyncReason
from assistant.domain.providers import Access, Provider
from assistant.services.each_account import LEAST_SECONDS
from assistant.services.reconcile_calendars import CalendarReconcilePorts, CalendarsReconciled, reconcile_calendars
from assistant.services.renew_watches import Renewed, RenewPorts, Watched, renew_watches
from tests.fakes.calendar_account import MemoryCalendars
from tests.fakes.connections import MemoryConnections, MemoryRounds, google_connection
from tests.fakes.kept_calendar import MemoryKeptCalendars
from tests.fakes.mailbox_sync import MemoryMailboxQueue
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import Outage


def may_read(user_id: str = "user123") -> Connection:
    scopes = asked_scopes(Provider.GOOGLE, [Access.CALENDAR])
    return google_connection(user_id).model_copy(update={"scopes": scopes})


class World:
    def __init__(self, clock: ManualClock) -> None:
        self.store, self.queue_outage = Outage(), Outage()
        self.clock = clock
        self.connections = MemoryConnections()
        self.rounds = MemoryRounds()
        self.connection = self.connect(may_read())
        self.places = MemoryKeptCalendars(self.store)
        self.queue = MemoryMailboxQueue(self.queue_outage)
        self.ports = CalendarReconcilePorts(self.connections, self.rounds, self.places, self.queue, clock)

    def connect(self, connection: Connection) -> Connection:
        assert self.connections.replace(connection, expected_version=0)
        return connection

    def read(self, **changes: object) -> None:
        place = self.places.read(self.connection)
        now = self.clock.now()
        done = {"cursor": "7", "whole": True, "synced_at": now, "watched_until": now + timedelta(days=7), **changes}
        anew = place.begun_anew(now) if place.is_outworn(now) else place
        assert self.places.replace(anew.model_copy(update=done))

    def reconcile(self, seconds: float = LEAST_SECONDS) -> CalendarsReconciled:
        return reconcile_calendars(seconds=seconds, ports=self.ports)


@pytest.fixture
def world(clock: ManualClock) -> World:
    return World(clock)


def test_a_new_calendar_is_queued_and_watched_first(world: World) -> None:
    for _ in range(2):
        assert world.reconcile() == CalendarsReconciled(queued=1)
    assert [one.reason for one in world.queue.requested] == [SyncReason.UNWATCHED]


def test_one_that_is_watched_is_looked_at_after_hours_all_the_same(world: World) -> None:
    world.read()
    assert world.reconcile() == CalendarsReconciled(up_to_now=1, watch_left_seconds=7 * 86_400)
    world.clock.advance(6 * 3600)
    assert world.reconcile() == CalendarsReconciled(queued=1, watch_left_seconds=7 * 86_400 - 6 * 3600)
    assert [one.reason for one in world.queue.requested] == [SyncReason.RECONCILED]


def test_one_whose_watch_ended_is_to_be_watched_again(world: World) -> None:
    world.read(watched_until=world.clock.now())
    world.clock.advance(600)
    assert world.reconcile() == CalendarsReconciled(queued=1, watch_left_seconds=0)
    assert [one.reason for one in world.queue.requested] == [SyncReason.UNWATCHED]


def test_one_that_is_not_is_looked_at_in_minutes(world: World) -> None:
    world.read(watched_until=None)
    world.clock.advance(600)
    assert world.reconcile() == CalendarsReconciled(queued=1)


def test_only_accounts_that_are_open_for_calendars_are_looked_at(world: World) -> None:
    world.connect(google_connection("user456"))
    world.connect(may_read("user789").model_copy(update={"status": ConnectionStatus.BROKEN}))
    assert world.reconcile() == CalendarsReconciled(queued=1)


def test_what_cannot_be_looked_at_is_counted(world: World) -> None:
    for outage in (world.store, world.queue_outage):
        outage.down = True
        assert world.reconcile() == CalendarsReconciled(failed=1)
        outage.down = False
    assert world.reconcile(LEAST_SECONDS - 1) == CalendarsReconciled(left=1)


def test_a_watch_of_a_calendar_is_renewed_beside_those_of_mail(world: World) -> None:
    calendars = MemoryCalendars()
    parts = {Access.CALENDAR: Watched(calendars.open, world.places)}
    ports = RenewPorts(world.connections, world.rounds, parts, world.clock)
    world.read(watched_until=None)
    assert renew_watches(seconds=LEAST_SECONDS, ports=ports) == Renewed(watched=1)
    place = world.places.read(world.connection)
    assert place.watched_until == calendars.open(world.connection).watched_until
    assert isinstance(place, CalendarPlace)
    assert place.whole
