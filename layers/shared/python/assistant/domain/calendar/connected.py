"""Events of a connected calendar, and what may be done to them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError

from assistant.domain.calendar.invitation import invitation
from assistant.domain.calendar.request import CalendarEvent

_LONGEST_TITLE = 10_000
_LONGEST_TEXT = 100_000
_SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ConnectedEvent:
    """An event, or one occurrence of a series, as it stands in a calendar: ``event.event_id`` is the provider's.

    ``version`` is its entity tag, ``organizer`` an address, ``people`` everybody invited as ``Ann <ann@company.com>``.
    """

    event: CalendarEvent
    version: str
    organizer: str | None = None
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be put into the calendar; ``key`` is the same however often the same event is tried."""

    key: str
    title: str
    start: datetime
    end: datetime
    attendees: tuple[str, ...] = ()
    description: str = ""
    private: bool = False
    """Whether who may see the calendar sees no more than that the time is taken."""


@dataclass(frozen=True, slots=True)
class BusyPeriod:
    """Time somebody is not free, in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class CalendarChanges:
    """A page of what changed in a calendar, and the ``cursor`` to go on from: at once, unless it is ``complete``.

    ``removed`` are ids of what is gone, was cancelled or left the time that is followed; some nobody may have known.
    """

    changed: tuple[ConnectedEvent, ...]
    removed: tuple[str, ...]
    cursor: str
    complete: bool


def calendar_changes(
    seen: Mapping[str, ConnectedEvent | None], start: datetime, end: datetime, *, cursor: str, complete: bool
) -> CalendarChanges:
    """Return the changes of a time from what a provider shows of each id, None for what is gone."""
    there = {
        event_id: one
        for event_id, one in seen.items()
        if one and one.event.status != "cancelled" and touches(one, start, end)
    }
    removed = tuple(event_id for event_id in seen if event_id not in there)
    return CalendarChanges(tuple(there.values()), removed, cursor, complete)


def touches(one: ConnectedEvent, start: datetime, end: datetime) -> bool:
    """Whether an event is, at least in part, in this time; one of whole days in any zone."""
    begins, ends = one.event.start, one.event.end
    if isinstance(begins, datetime) and isinstance(ends, datetime):
        return begins < end and ends > start
    return str(begins) <= str(end.date()) and str(ends) > str(start.date())


def takes_time(event: CalendarEvent) -> bool:
    """Whether the user attends and is not free meanwhile."""
    opaque = not event.all_day if event.transparency is None else event.transparency == "opaque"
    return opaque and event.self_response != "declined"


def is_in_the_way(one: ConnectedEvent, start: datetime, end: datetime, beside: Collection[str]) -> bool:
    """Whether an event takes some of this time, in the user's zone, and is not theirs alone under such a title."""
    welcome = not one.event.attendees and one.event.title in beside
    return takes_time(one.event) and touches(one, start, end) and not welcome


def connected_event(
    facts: Mapping[str, Any],
    *,
    own: str,
    others: Sequence[Mapping[str, Any]],
    organizes: bool,
    optional: bool,
    answer: str,
    version: str,
    organizer: str | None,
    people: Sequence[str],
) -> ConnectedEvent | None:
    """Return the event of what a provider said; None where its times are none.

    ``facts`` are fields of a ``CalendarEvent``. An invitation may be declined where the user is ``optional``. What the
    user keeps for themselves stays where it is: nothing tells whether somebody else waits there.
    """
    text = {
        "title": str(facts.get("title") or "")[:_LONGEST_TITLE],
        "location": str(facts.get("location") or "")[:_LONGEST_TITLE],
        "description": str(facts.get("description") or "")[:_LONGEST_TEXT],
    }
    invited = invitation(own, others, organizes=organizes and bool(others), response=answer)
    try:
        event = CalendarEvent.model_validate({**facts, **text, **invited, "declinable": optional and not organizes})
    except ValidationError:
        return None
    return ConnectedEvent(event, version, organizer, tuple(people))


def where_readable[Item](read: Callable[[Item], ConnectedEvent | None], item: Item) -> ConnectedEvent | None:
    """Return what ``read`` makes of an item; None where it is no event, such as one beyond the years 1 to 9999.

    Any sender can put one into a calendar, and it keeps no other from being read.
    """
    try:
        return read(item)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None


def lasting(start: datetime, end: datetime) -> datetime:
    """Return an end that is after the start: calendars have events of no length, which still are at a time."""
    return max(end, start + _SHORTEST)


def utc_text(moment: datetime) -> str:
    """Return a moment like ``2025-01-20T10:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
