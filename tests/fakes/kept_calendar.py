"""Kept events of connected calendars in memory."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from assistant.domain.calendar.connected import ConnectedEvent, touches
from assistant.domain.calendar.kept import CalendarPlace, KeptCalendar, KeptEvent, KnownEvent, in_order, without_texts
from assistant.domain.connections import Connection
from tests.fakes.stores import Outage


class MemoryKeptCalendars:
    """Implements ``ports.CalendarPlaces`` and ``ports.KeptEvents``."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self.places: dict[tuple[str, str], CalendarPlace] = {}
        self._kept: dict[tuple[str, str, str], tuple[ConnectedEvent, int]] = {}

    def read(self, connection: Connection) -> CalendarPlace:
        self._outage.check()
        return self.places.get((connection.user_id, connection.id), CalendarPlace.of(connection))

    def replace(self, place: CalendarPlace) -> CalendarPlace | None:
        self._outage.check()
        known = self.places.get((place.user_id, place.connection_id))
        if (known.version if known else 0) != place.version:
            return None
        stored = place.model_copy(update={"version": place.version + 1})
        self.places[place.user_id, place.connection_id] = stored
        return stored

    def known(self, user_id: str, connection_id: str) -> Mapping[str, KnownEvent]:
        self._outage.check()
        return {
            event_id: KnownEvent(event.version, generation)
            for (*owner, event_id), (event, generation) in self._kept.items()
            if owner == [user_id, connection_id]
        }

    def keep(self, connection: Connection, events: Sequence[ConnectedEvent], *, generation: int) -> None:
        self._outage.check()
        for one in events:
            self._kept[connection.user_id, connection.id, one.event.event_id] = without_texts(one), generation

    def remove(self, connection: Connection, event_ids: Collection[str]) -> None:
        self._outage.check()
        for event_id in event_ids:
            self._kept.pop((connection.user_id, connection.id, event_id), None)

    def forget(self, user_id: str, connection_id: str) -> None:
        self._outage.check()
        self.places.pop((user_id, connection_id), None)
        self._kept = {key: kept for key, kept in self._kept.items() if key[:2] != (user_id, connection_id)}

    def within(self, user_id: str, start: datetime, end: datetime) -> KeptCalendar:
        self._outage.check()
        found = in_order(
            KeptEvent(connection_id, event)
            for (owner, connection_id, _), (event, _) in self._kept.items()
            if owner == user_id and touches(event, start, end)
        )
        return KeptCalendar(found, tuple(place for (owner, _), place in self.places.items() if owner == user_id))
