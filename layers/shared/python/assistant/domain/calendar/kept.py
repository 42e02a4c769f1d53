"""Events of connected calendars as they are kept here: what of a calendar, how far it was read, when to look again."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from pydantic import AwareDatetime

from assistant.domain.calendar.connected import ConnectedEvent
from assistant.domain.connections import Connection
from assistant.domain.mailbox_sync import MailboxPlace

# What of a calendar is kept, around the time it was last read whole.
BACK: Final = timedelta(days=14)
AHEAD: Final = timedelta(days=61)
# A calendar is read whole again after this long, so that the time that is kept goes on with the days.
_WHOLE_EVERY: Final = timedelta(days=1)
# How long a calendar is left alone that its provider tells nothing about, and one whose changes it tells.
_UNWATCHED_FOR: Final = timedelta(minutes=10)
_WATCHED_FOR: Final = timedelta(hours=6)


class CalendarPlace(MailboxPlace):
    """How far a calendar was read, of the time from ``since`` to ``until``.

    Each reading of the whole calendar is a ``generation``; it is ``whole`` once every page of it was read. ``account``
    is the address the user knows the calendar by.
    """

    account: str = ""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    generation: int = 0
    whole: bool = False

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """Return the place of a calendar nobody read yet."""
        return cls(user_id=connection.user_id, connection_id=connection.id, account=connection.account)

    def begun_anew(self, now: datetime) -> Self:
        """Return the place from which the whole calendar is read, around this time."""
        anew = {"since": now - BACK, "until": now + AHEAD, "generation": self.generation + 1}
        return self.model_copy(update={**anew, "cursor": None, "whole": False})

    def is_outworn(self, now: datetime) -> bool:
        """Whether the calendar has to be read whole: never was, or so long ago that its time is no longer today's.

        A reading that broke before its first page was noted begins as another generation: what it saw may be gone.
        """
        return self.cursor is None or self.since is None or self.since + BACK + _WHOLE_EVERY <= now

    def is_due(self, now: datetime) -> bool:
        """Whether somebody should look at the calendar though nothing was told of it."""
        if self.synced_at is None or not self.whole or self.is_outworn(now):
            return True
        return self.synced_at + (_WATCHED_FOR if self.is_watched(now) else _UNWATCHED_FOR) <= now

    def is_watched(self, now: datetime) -> bool:
        """Whether its provider tells of changes."""
        return self.watched_until is not None and self.watched_until > now

    def covers(self, start: datetime, end: datetime) -> bool:
        """Whether everything in this time is kept; while the calendar is read anew its last day may be missing."""
        if not (self.synced_at and self.since and self.until):
            return False
        return self.since <= start and end <= self.until - (timedelta() if self.whole else _WHOLE_EVERY)


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event of a connected calendar; ``connected`` has the provider's id and version of it."""

    connection_id: str
    connected: ConnectedEvent


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """What tells of a kept event whether it changed, and in which generation it was last seen."""

    version: str
    generation: int


@dataclass(frozen=True, slots=True)
class KeptCalendar:
    """What is kept of a time in all of a user's connected calendars, and how far each of them was read."""

    events: tuple[KeptEvent, ...]
    places: tuple[CalendarPlace, ...]


def without_texts(connected: ConnectedEvent) -> ConnectedEvent:
    """Return the event without the texts that nobody plans with."""
    return replace(connected, event=connected.event.model_copy(update={"description": "", "location": ""}))


def in_order(events: Iterable[KeptEvent]) -> tuple[KeptEvent, ...]:
    """Return events by their time, those of whole days before others of the day; the order is always the same."""
    return tuple(sorted(events, key=lambda one: (str(one.connected.event.start), one.connected.event.event_id)))
