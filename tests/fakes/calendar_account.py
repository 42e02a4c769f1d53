"""Connected calendars in memory, and what happens in a calendar without the assistant."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from assistant.domain.calendar.answers import Answer
from assistant.domain.calendar.connected import (
    BusyPeriod,
    CalendarChanges,
    ConnectedEvent,
    NewEvent,
    calendar_changes,
    connected_event,
    touches,
)
from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import ConnectionBroken, NotFound, PreconditionFailed
from assistant.domain.mailbox import CursorExpired
from tests.fakes.stores import Outage

OWN_ADDRESS = "user@company.com"


class CalendarSide(Protocol):
    """The calendar as its user and their colleagues see it."""

    def add(
        self,
        title: str,
        start: datetime,
        end: datetime,
        *,
        organizer: str = OWN_ADDRESS,
        attendees: Sequence[str] = (),
        all_day: bool = False,
        free: bool = False,
        optional: Sequence[str] = (),
    ) -> str:
        """Somebody puts an event into the calendar; return the id the provider gave it."""
        ...

    def change(self, event_id: str, title: str) -> None:
        """Somebody changes an event."""
        ...

    def reschedule(self, event_id: str, start: datetime, end: datetime) -> None:
        """Somebody moves an event."""
        ...

    def cancel(self, event_id: str) -> None:
        """The organizer cancels an event."""
        ...

    def forget_changes(self) -> None:
        """The provider forgets what changed until now, and no longer knows its cursors."""
        ...

    def block(self, address: str, start: datetime, end: datetime) -> None:
        """A colleague is busy."""
        ...


@dataclass
class MemoryCalendar:
    """Implements ``ports.CalendarAccount`` and ``CalendarSide``."""

    outage: Outage = field(default_factory=Outage)
    page_size: int = 200
    watched_until: datetime | None = datetime(2025, 1, 27, tzinfo=UTC)
    watched: bool = False

    def __post_init__(self) -> None:
        self._events: dict[str, ConnectedEvent] = {}
        self._log: list[str] = []
        self._forgotten = 0
        self._busy: dict[str, list[BusyPeriod]] = {}
        self._keys: dict[str, str] = {}
        self._count = 0

    def events(self, start: datetime, end: datetime) -> Sequence[ConnectedEvent]:
        self.outage.check()
        found = [one for one in self._events.values() if touches(one, start, end)]
        return sorted(found, key=lambda one: str(one.event.start))

    def get(self, event_id: str) -> ConnectedEvent:
        self.outage.check()
        if event_id not in self._events:
            raise NotFound("The event is gone.")
        return self._events[event_id]

    def busy(self, addresses: Collection[str], start: datetime, end: datetime) -> Mapping[str, Sequence[BusyPeriod]]:
        self.outage.check()
        return {
            address: [one for one in periods if one.start < end and one.end > start]
            for address, periods in self._busy.items()
            if address in addresses
        }

    def create(self, event: NewEvent) -> ConnectedEvent:
        self.outage.check()
        if event.key not in self._keys:
            self._keys[event.key] = self.add(event.title, event.start, event.end, attendees=event.attendees)
        return self.get(self._keys[event.key])

    def find(self, key: str) -> ConnectedEvent | None:
        self.outage.check()
        return self._events.get(self._keys.get(key, ""))

    def delete(self, event_id: str, *, version: str) -> None:
        self.outage.check()
        if event_id not in self._events:
            return
        if self._events[event_id].version != version:
            raise PreconditionFailed("It changed meanwhile.")
        self.cancel(event_id)

    def move(self, event_id: str, start: datetime, end: datetime, *, version: str) -> ConnectedEvent:
        if self.get(event_id).version != version:
            raise PreconditionFailed("It changed meanwhile.")
        self._set(event_id, start=start, end=end)
        return self.get(event_id)

    def answer(self, event_id: str, answer: Answer) -> None:
        if self.get(event_id).event.self_response != answer.value:
            self._set(event_id, self_response=answer.value)

    def changes(self, cursor: str | None, start: datetime, end: datetime) -> CalendarChanges:
        self.outage.check()
        # From which change on, None for all events; how many were shown; the change it goes up to.
        since, shown, reached = json.loads(cursor) if cursor else (None, 0, None)
        reached = len(self._log) if reached is None else reached
        if since is not None and since < self._forgotten:
            raise CursorExpired
        known = [one.event.event_id for one in self.events(start, end)] if since is None else self._log[since:reached]
        page = list(dict.fromkeys(known))[shown : shown + self.page_size]
        complete = shown + len(page) >= len(set(known))
        following = (reached, 0, None) if complete else (since, shown + len(page), reached)
        seen = {event_id: self._events.get(event_id) for event_id in page}
        return calendar_changes(seen, start, end, cursor=json.dumps(following), complete=complete)

    def watch(self) -> datetime | None:
        self.outage.check()
        self.watched = self.watched_until is not None
        return self.watched_until

    def unwatch(self) -> None:
        self.outage.check()
        self.watched = False

    def add(
        self,
        title: str,
        start: datetime,
        end: datetime,
        *,
        organizer: str = OWN_ADDRESS,
        attendees: Sequence[str] = (),
        all_day: bool = False,
        free: bool = False,
        optional: Sequence[str] = (),
    ) -> str:
        self._count += 1
        event_id = f"event-{self._count}"
        made = connected_event(
            {
                "event_id": event_id,
                "title": title,
                "all_day": all_day,
                "start": start.date() if all_day else start,
                "end": end.date() if all_day else end,
                "transparency": "transparent" if free else "opaque",
            },
            own=OWN_ADDRESS,
            others=[
                {"email": one, "optional": one in optional}
                for one in {*attendees, *optional, organizer} - {OWN_ADDRESS}
            ],
            organizes=organizer == OWN_ADDRESS,
            optional=OWN_ADDRESS in optional,
            answer="accepted" if organizer == OWN_ADDRESS else "needs_action",
            version="1",
            organizer=organizer,
            people=[*attendees, *optional],
        )
        assert made
        self._events[event_id] = made
        self._log.append(event_id)
        return event_id

    def change(self, event_id: str, title: str) -> None:
        self._set(event_id, title=title)

    def reschedule(self, event_id: str, start: datetime, end: datetime) -> None:
        self._set(event_id, start=start, end=end)

    def cancel(self, event_id: str) -> None:
        del self._events[event_id]
        self._log.append(event_id)

    def edit(self, event_id: str, **values: Any) -> None:
        """The user changes fields of an event."""
        self._set(event_id, **values)

    def invite(self, event_id: str, address: str) -> None:
        """The user invites somebody to an event."""
        kept = self._events[event_id]
        self._events[event_id] = replace(kept, people=(*kept.people, address))
        self._set(event_id)

    def respond(self, event_id: str, answer: str) -> None:
        """The user answers an invitation, not through the assistant."""
        self._set(event_id, self_response=answer)

    def forget_changes(self) -> None:
        self._log.append("")
        self._forgotten = len(self._log)

    def block(self, address: str, start: datetime, end: datetime) -> None:
        self._busy.setdefault(address, []).append(BusyPeriod(start, end))

    def _set(self, event_id: str, **values: Any) -> None:
        kept = self._events[event_id]
        event = kept.event.model_copy(update=values)
        self._events[event_id] = replace(kept, event=event, version=str(int(kept.version) + 1))
        self._log.append(event_id)


class MemoryCalendars:
    """Implements ``ports.CalendarAccounts``: a calendar for each connection, made when it is first opened."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self._calendars: dict[str, MemoryCalendar] = {}

    def open(self, connection: Connection) -> MemoryCalendar:
        if connection.status is ConnectionStatus.BROKEN:
            raise ConnectionBroken("The account has to be connected again.")
        return self._calendars.setdefault(connection.id, MemoryCalendar(self._outage))
