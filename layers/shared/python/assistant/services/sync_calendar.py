"""Use case: keep the events of a connected calendar as its provider has them.

A job only says that a calendar is worth a look; what changed its provider says, from the cursor on. A page is kept
before the cursor moves past it, so that whatever breaks is done again. Once a day, and where the provider no longer
knows the cursor, the whole time that is kept is read anew, and what was not seen in that goes. A run ends before its
time does, and asks for another. Jobs of a calendar come one at a time: the queue sees to it.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from assistant.domain import metric_names
from assistant.domain.calendar.connected import CalendarChanges, ConnectedEvent
from assistant.domain.calendar.kept import CalendarPlace, KnownEvent
from assistant.domain.connections import Connection
from assistant.domain.errors import Conflict, Forbidden, Unavailable
from assistant.domain.mailbox import CursorExpired
from assistant.domain.mailbox_sync import MailboxSync
from assistant.domain.subscriptions import Watched
from assistant.ports.calendar_account import CalendarAccounts
from assistant.ports.connections import ConnectionStore
from assistant.ports.kept_calendar import CalendarPlaces, KeptEvents
from assistant.ports.mailbox_sync import MailboxQueue
from assistant.ports.notifications import Notifier
from assistant.ports.runtime import Clock, Meter
from assistant.ports.subscriptions import SubscriptionStore
from assistant.services.keep_calendar_meetings import (
    CalendarMeetingPorts,
    forget_calendar_meetings,
    forget_stray_meetings,
    keep_calendar_meetings,
)
from assistant.services.look_at_account import OutOfTime, look_at_account

logger = logging.getLogger(__name__)

# A page is not begun with less: Graph tells what changed, then the rest of it, with a store that is slow.
LEAST_SECONDS: Final = 45.0


@dataclass(frozen=True, slots=True)
class CalendarSyncPorts:
    """The ports following calendars needs."""

    connections: ConnectionStore
    calendars: CalendarAccounts
    places: CalendarPlaces
    events: KeptEvents
    subscriptions: SubscriptionStore
    queue: MailboxQueue
    meetings: CalendarMeetingPorts
    meter: Meter
    clock: Clock
    notifier: Notifier


@dataclass(frozen=True, slots=True)
class CalendarSynced:
    """What a run did, in events; ``ended`` says why there was nothing more to do, or that there is."""

    ended: str
    changed: int = 0
    removed: int = 0


def sync_calendar(job: MailboxSync, request_id: str, *, seconds: float, ports: CalendarSyncPorts) -> CalendarSynced:
    """Bring what is kept of the calendar up to now, for at most ``seconds``; forget it where the account is gone.

    Raises:
        Unavailable: the provider, the store or the queue is down; the job is to be done again.
        Conflict: another run read the calendar, or changed a meeting, at the same time; the same.
    """
    until = ports.clock.monotonic() + seconds
    counts: Counter[str] = Counter()
    ended = look_at_account(
        job,
        request_id,
        connections=ports.connections,
        queue=ports.queue,
        notifier=ports.notifier,
        look=lambda connection: _Look(connection, until, counts, ports).up_to_now(watch=job.reason.asks_to_watch),
        forget=lambda: _forget(job, ports),
    )
    return CalendarSynced(ended, **counts)


def _forget(job: MailboxSync, ports: CalendarSyncPorts) -> None:
    """Forget the webhook and the events of an account that is gone, meetings before the events they are found by."""
    ports.subscriptions.forget(job.user_id, job.connection_id, Watched.CALENDAR)
    known = ports.events.known(job.user_id, job.connection_id)
    forget_calendar_meetings(job.user_id, job.connection_id, known, ports=ports.meetings)
    ports.events.forget(job.user_id, job.connection_id)


class _Look:
    """One look at one calendar."""

    def __init__(self, connection: Connection, until: float, counts: Counter[str], ports: CalendarSyncPorts) -> None:
        self._connection = connection
        self._until = until
        self._ports = ports
        self._account = ports.calendars.open(connection)
        self._counts = counts

    def up_to_now(self, *, watch: bool) -> None:
        place = self._ports.places.read(self._connection)
        if watch:
            place = self._watched(place)
        if place.is_outworn(self._ports.clock.now()):
            place = self._begun_anew(place)
        more = True
        while more:
            if self._until - self._ports.clock.monotonic() < LEAST_SECONDS:
                raise OutOfTime
            place, more = self._read_on(place)

    def _watched(self, place: CalendarPlace) -> CalendarPlace:
        """Ask for notifications before reading, so that what changes meanwhile is told of; without them it is read."""
        try:
            until = self._account.watch()
        except Forbidden:
            logger.warning("a calendar may not be watched", extra={"connection_id": self._connection.id})
            return place
        return self._stored(place, watched_until=until) if until else place

    def _read_on(self, place: CalendarPlace) -> tuple[CalendarPlace, bool]:
        """Keep one page of changes; return the place after it, and whether there is more."""
        assert place.since  # noqa: S101 - an outworn place was begun anew
        assert place.until  # noqa: S101 - as above
        try:
            changes = self._account.changes(place.cursor, place.since, place.until)
        except CursorExpired:
            if place.cursor is None:
                raise Unavailable("The calendar cannot be read from its beginning.") from None
            self._ports.meter.count(metric_names.CALENDAR_RESYNCS, provider=self._connection.provider.value)
            return self._begun_anew(place), True
        self._keep(changes, place.generation)
        if not changes.complete:
            return self._stored(place, cursor=changes.cursor), True
        if not place.whole:
            unseen = [one for one, known in self._known.items() if known.generation != place.generation]
            self._remove(unseen)
            forget_stray_meetings(self._connection, self._known, until=place.until, ports=self._ports.meetings)
        now = self._ports.clock.now()
        return self._stored(place, cursor=changes.cursor, whole=True, synced_at=now), False

    def _keep(self, changes: CalendarChanges, generation: int) -> None:
        """Keep meetings before events: what is kept of an event tells that its meeting was seen to."""
        news = [one for one in changes.changed if self._is_news(one)]
        keep_calendar_meetings(self._connection, news, ports=self._ports.meetings)
        self._ports.events.keep(self._connection, changes.changed, generation=generation)
        for one in changes.changed:
            self._known[one.event.event_id] = KnownEvent(one.version, generation)
        self._counts["changed"] += len(news)
        self._remove(changes.removed)

    def _is_news(self, connected: ConnectedEvent) -> bool:
        known = self._known.get(connected.event.event_id)
        return known is None or known.version != connected.version

    def _remove(self, event_ids: Sequence[str]) -> None:
        owner = self._connection
        forget_calendar_meetings(owner.user_id, owner.id, event_ids, ports=self._ports.meetings)
        self._ports.events.remove(self._connection, event_ids)
        known = [one for one in event_ids if self._known.pop(one, None)]
        self._counts["removed"] += len(known)

    @cached_property
    def _known(self) -> dict[str, KnownEvent]:
        return {**self._ports.events.known(self._connection.user_id, self._connection.id)}

    def _begun_anew(self, place: CalendarPlace) -> CalendarPlace:
        return self._replaced(place.begun_anew(self._ports.clock.now()))

    def _stored(self, place: CalendarPlace, **changes: object) -> CalendarPlace:
        return self._replaced(place.model_copy(update=changes))

    def _replaced(self, place: CalendarPlace) -> CalendarPlace:
        stored = self._ports.places.replace(place)
        if stored is None:
            raise Conflict("The calendar was read by another run at the same time.")
        return stored
