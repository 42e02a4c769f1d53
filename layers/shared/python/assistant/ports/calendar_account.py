"""A connected calendar. Adapters: Google Calendar, Microsoft Graph; one suite of tests holds all of them to this."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from assistant.domain.calendar.answers import Answer
from assistant.domain.connections import Connection

if TYPE_CHECKING:
    # Only the functions of the calendar pay for its models.
    from assistant.domain.calendar.connected import (
        BusyPeriod,
        CalendarChanges,
        ConnectedEvent,
        NewEvent,
    )


class CalendarAccount(Protocol):
    """The main calendar of one account; raises as a MailBox does."""

    def events(self, start: datetime, end: datetime) -> "Sequence[ConnectedEvent]":
        """Return the events that touch this time, each occurrence of a series as one of its own, the first first."""
        ...

    def get(self, event_id: str) -> "ConnectedEvent":
        """Return an event or an occurrence; raises NotFound, also where it was cancelled."""
        ...

    def busy(self, addresses: Collection[str], start: datetime, end: datetime) -> "Mapping[str, Sequence[BusyPeriod]]":
        """Return when people are not free; of whom nothing is known is left out."""
        ...

    def create(self, event: "NewEvent") -> "ConnectedEvent":
        """Put an event into the calendar and invite its attendees, once for each key."""
        ...

    def find(self, key: str) -> "ConnectedEvent | None":
        """Return the event that was created with this key, wherever it is by now; None where it is gone."""
        ...

    def delete(self, event_id: str, *, version: str) -> None:
        """Delete an event the user organizes and tell its attendees; raises PreconditionFailed where it has changed.

        One that is gone is no error.
        """
        ...

    def move(self, event_id: str, start: datetime, end: datetime, *, version: str) -> "ConnectedEvent":
        """Move an event the user organizes and tell its attendees; raises PreconditionFailed where it has changed."""
        ...

    def answer(self, event_id: str, answer: Answer) -> None:
        """Answer an invitation and tell the organizer; again changes nothing."""
        ...

    def changes(self, cursor: str | None, start: datetime, end: datetime) -> "CalendarChanges":
        """Return what of this time changed since the cursor, a page at a time; all of it where there is no cursor.

        The time has to be that of the call that began without one. Raises CursorExpired.
        """
        ...

    def watch(self) -> datetime | None:
        """Ask for notifications, or for more time; return until when, None where the deployment takes none."""
        ...

    def unwatch(self) -> None:
        """Ask for no more notifications."""
        ...


class CalendarAccounts(Protocol):
    """Opens calendars."""

    def open(self, connection: Connection) -> CalendarAccount:
        """Return the calendar of a connection, without a call to its provider."""
        ...
