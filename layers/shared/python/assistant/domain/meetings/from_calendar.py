"""Meetings as connected calendars hold them: what is prepared of an event, and under which id."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from assistant.domain.calendar.connected import ConnectedEvent
from assistant.domain.connections import Connection
from assistant.domain.mail_addresses import mailboxes
from assistant.domain.meetings.request import (
    LONGEST_MEETING,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_ATTENDEES,
    MeetingDetails,
    mailbox,
)

_SHORTEST: Final = 5
_UNTITLED: Final = "(no title)"


def meeting_id_of(connection_id: str, event_id: str) -> str:
    """Return the id of the meeting that an event of a connected calendar is."""
    return f"{connection_id}-{sha256(event_id.encode()).hexdigest()[:24]}"


def is_of(connection_id: str, meeting_id: str) -> bool:
    """Whether the id is one that a meeting of this calendar has."""
    return meeting_id.startswith(f"{connection_id}-")


def meeting_of(connected: ConnectedEvent, connection: Connection) -> MeetingDetails | None:
    """Return the meeting an event is; None where nobody else comes, the user does not, or it takes whole days."""
    event = connected.event
    attends = event.status != "cancelled" and event.self_response != "declined" and event.transparency != "transparent"
    if not (attends and event.attendees and isinstance(event.start, datetime) and isinstance(event.end, datetime)):
        return None
    people = tuple(_readable(connected.people or tuple(one.email for one in event.attendees)))
    if not people:
        return None
    minutes = (event.end - event.start) // timedelta(minutes=1)
    organizer = next(_readable((connected.organizer,)), None) if connected.organizer else None
    return MeetingDetails(
        meeting_title=event.title.strip()[:LONGEST_TITLE] or _UNTITLED,
        attendees=people[:MOST_ATTENDEES],
        scheduled_time=event.start,
        duration_minutes=min(max(minutes, _SHORTEST), LONGEST_MEETING),
        description=event.description[:LONGEST_TEXT],
        organizer=organizer,
        own_addresses=tuple(_address(one) for one in _readable((connection.account,))),
    )


def _readable(lines: Sequence[str]) -> Iterator[str]:
    """Yield those a mail could be written to: a calendar holds rooms, groups and names too."""
    for line in lines:
        try:
            mailbox(line)
        except ValueError:
            continue
        yield line


def _address(line: str) -> str:
    return mailboxes(line)[0].address
