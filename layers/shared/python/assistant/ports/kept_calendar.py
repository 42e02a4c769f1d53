"""Keeping the events of connected calendars, so that whoever plans with them needs no provider."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from assistant.domain.connections import Connection

if TYPE_CHECKING:
    # Only the functions of the calendar pay for its models.
    from assistant.domain.calendar.connected import ConnectedEvent
    from assistant.domain.calendar.kept import CalendarPlace, KeptCalendar, KnownEvent


class CalendarPlaces(Protocol):
    """How far calendars were read. Every method raises Unavailable while it is down."""

    def read(self, connection: Connection) -> "CalendarPlace":
        """Return the place, read consistently; version 0 where there is none."""
        ...

    def replace(self, place: "CalendarPlace") -> "CalendarPlace | None":
        """Store as the next version and return it; None when the stored version is another."""
        ...


class KeptEvents(Protocol):
    """Events of connected calendars. Every method raises Unavailable while it is down."""

    def known(self, user_id: str, connection_id: str) -> "Mapping[str, KnownEvent]":
        """Return the kept events of a connection by the provider's id, read consistently."""
        ...

    def keep(self, connection: Connection, events: "Sequence[ConnectedEvent]", *, generation: int) -> None:
        """Keep events, in the place of earlier ones with their ids; the same again changes nothing."""
        ...

    def remove(self, connection: Connection, event_ids: Collection[str]) -> None:
        """Forget events; unknown ones are no error."""
        ...

    def forget(self, user_id: str, connection_id: str) -> None:
        """Forget everything of a connection, its place too."""
        ...

    def within(self, user_id: str, start: datetime, end: datetime) -> "KeptCalendar":
        """Return the events of all the user's calendars that touch this time, the first first, and their places."""
        ...
