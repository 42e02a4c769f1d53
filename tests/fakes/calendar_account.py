"""Connected calendars in memory, and what happens in a calendar without the assistant."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from assistant.domain.calendar.connected import Answer, BusyPeriod, ConnectedEvent, NewEvent, connected_event
from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import ConnectionBroken, NotFound, PreconditionFailed
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
    ) -> str:
        """Somebody puts an event into the calendar; return the id the provider gave it."""
        ...

    def change(self, event_id: str, title: str) -> None:
        """Somebody changes an event."""
        ...

    def cancel(self, event_id: str) -> None:
        """The organizer cancels an event."""
        ...

    def block(self, address: str, start: datetime, end: datetime) -> None:
        """A colleague is busy."""
        ...


@dataclass
class MemoryCalendar:
    """Implements ``ports.CalendarAccount`` and ``CalendarSide``."""

    outage: Outage = field(default_factory=Outage)

    def __post_init__(self) -> None:
        self._events: dict[str, ConnectedEvent] = {}
        self._busy: dict[str, list[BusyPeriod]] = {}
        self._keys: dict[str, str] = {}
        self._count = 0

    def events(self, start: datetime, end: datetime) -> Sequence[ConnectedEvent]:
        self.outage.check()
        found = [one for one in self._events.values() if _touches(one, start, end)]
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

    def move(self, event_id: str, start: datetime, end: datetime, *, version: str) -> ConnectedEvent:
        if self.get(event_id).version != version:
            raise PreconditionFailed("It changed meanwhile.")
        self._set(event_id, start=start, end=end)
        return self.get(event_id)

    def answer(self, event_id: str, answer: Answer) -> None:
        if self.get(event_id).event.self_response != answer.value:
            self._set(event_id, self_response=answer.value)

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
            others=[{"email": one} for one in {*attendees, organizer} - {OWN_ADDRESS}],
            organizes=organizer == OWN_ADDRESS,
            answer="accepted" if organizer == OWN_ADDRESS else "needs_action",
            version="1",
            organizer=organizer,
            people=attendees,
        )
        assert made
        self._events[event_id] = made
        return event_id

    def change(self, event_id: str, title: str) -> None:
        self._set(event_id, title=title)

    def cancel(self, event_id: str) -> None:
        del self._events[event_id]

    def block(self, address: str, start: datetime, end: datetime) -> None:
        self._busy.setdefault(address, []).append(BusyPeriod(start, end))

    def _set(self, event_id: str, **values: Any) -> None:
        kept = self._events[event_id]
        event = kept.event.model_copy(update=values)
        self._events[event_id] = replace(kept, event=event, version=str(int(kept.version) + 1))


class MemoryCalendars:
    """Implements ``ports.CalendarAccounts``: a calendar for each connection, made when it is first opened."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self._calendars: dict[str, MemoryCalendar] = {}

    def open(self, connection: Connection) -> MemoryCalendar:
        if connection.status is ConnectionStatus.BROKEN:
            raise ConnectionBroken("The account has to be connected again.")
        return self._calendars.setdefault(connection.id, MemoryCalendar(self._outage))


def _touches(one: ConnectedEvent, start: datetime, end: datetime) -> bool:
    event = one.event
    if event.all_day:
        return str(event.start) <= str(end.date()) and str(event.end) > str(start.date())
    assert isinstance(event.start, datetime)
    assert isinstance(event.end, datetime)
    return event.start < end and event.end > start
