"""What of a time is kept of a user's connected calendars, and what is said of it to who plans with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from assistant.domain.calendar.kept import CalendarPlace, KeptEvent
from assistant.domain.calendar.request import CalendarEvent, DateRange
from assistant.domain.errors import Unavailable
from assistant.ports.kept_calendar import KeptEvents


class CalendarRead(BaseModel):
    """A connected calendar whose events were read."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    connection_id: str
    account: str
    """The address of the account."""
    events: int
    """How many of its events touch the time."""
    read_at: datetime | None
    """When the calendar was last compared with its provider; null while it is read for the first time."""
    complete: bool
    """Whether everything in the time is known: from 14 days before that to 60 days after it."""


@dataclass(frozen=True, slots=True)
class ConnectedCalendars:
    """Events of a time, the first first, and the calendars they are from; none where none is connected."""

    events: tuple[CalendarEvent, ...] = ()
    read: tuple[CalendarRead, ...] = ()


def connected_calendars(user_id: str, days: DateRange, zone: ZoneInfo, kept: KeptEvents) -> ConnectedCalendars:
    """Return what is kept of these days of the user's zone.

    Raises:
        Unavailable: the store is down, or nothing is known yet of the calendars.
    """
    start = datetime.combine(days.start_date, time(), zone)
    end = datetime.combine(days.end_date + timedelta(days=1), time(), zone)
    found = kept.within(user_id, start, end)
    if found.places and not any(place.synced_at for place in found.places):
        raise Unavailable("Your calendar is being read for the first time. Please try again in a minute.")
    read = tuple(_read(place, found.events, start, end) for place in found.places)
    return ConnectedCalendars(tuple(one.connected.event for one in found.events), read)


def _read(place: CalendarPlace, events: Sequence[KeptEvent], start: datetime, end: datetime) -> CalendarRead:
    return CalendarRead(
        connection_id=place.connection_id,
        account=place.account,
        events=sum(one.connection_id == place.connection_id for one in events),
        read_at=place.synced_at,
        complete=place.covers(start, end),
    )
