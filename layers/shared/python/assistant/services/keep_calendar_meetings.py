"""Use case: keep the meetings of a connected calendar as its events are, so that they are prepared like any other.

A meeting the user keeps under the same id is theirs from then on. One that has begun is history, and stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from assistant.domain.calendar.connected import ConnectedEvent
from assistant.domain.connections import Connection
from assistant.domain.errors import Conflict
from assistant.domain.meetings.basis import LATE
from assistant.domain.meetings.from_calendar import is_of, meeting_id_of, meeting_of
from assistant.domain.meetings.keeping import KeptMeeting
from assistant.domain.meetings.request import MeetingDetails
from assistant.ports.meetings import MeetingStore
from assistant.ports.runtime import Clock
from assistant.services.listed_meetings import listed_meetings

_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class CalendarMeetingPorts:
    """The ports meetings of connected calendars need."""

    meetings: MeetingStore
    clock: Clock


def keep_calendar_meetings(
    connection: Connection, changed: Iterable[ConnectedEvent], *, ports: CalendarMeetingPorts
) -> None:
    """Keep, change or forget the meetings of events; the same events again change nothing.

    Raises:
        Unavailable: the store is down.
        Conflict: a meeting kept changing meanwhile.
    """
    for connected in changed:
        details = meeting_of(connected, connection)
        meeting_id = meeting_id_of(connection.id, connected.event.event_id)
        _settle(connection.user_id, connection.id, meeting_id, details, ports)


def forget_calendar_meetings(
    user_id: str, connection_id: str, event_ids: Iterable[str], *, ports: CalendarMeetingPorts
) -> None:
    """Forget the meetings of events that are gone; raises as ``keep_calendar_meetings``."""
    for event_id in event_ids:
        _settle(user_id, connection_id, meeting_id_of(connection_id, event_id), None, ports)


def forget_stray_meetings(
    connection: Connection, event_ids: Iterable[str], *, until: datetime, ports: CalendarMeetingPorts
) -> None:
    """Forget meetings to come that are of none of the calendar's events; raises as ``keep_calendar_meetings``.

    A run that broke kept them before it kept their events, which were gone when it was done again.
    """
    own = {meeting_id_of(connection.id, one) for one in event_ids}
    listed = listed_meetings(connection.user_id, ports.meetings, since=ports.clock.now(), until=until)
    strays = [one.meeting_id for one in listed if is_of(connection.id, one.meeting_id) and one.meeting_id not in own]
    for meeting_id in strays:
        _settle(connection.user_id, connection.id, meeting_id, None, ports)


def _settle(
    user_id: str, connection_id: str, meeting_id: str, details: MeetingDetails | None, ports: CalendarMeetingPorts
) -> None:
    for _ in range(_ATTEMPTS):
        kept = ports.meetings.read(user_id, meeting_id)
        if kept and kept.connection_id is None:
            return
        now = ports.clock.now()
        if details is None:
            if kept is None or kept.begins <= now or ports.meetings.delete(kept):
                return
            continue
        if kept and kept.details == details:
            return
        meeting = KeptMeeting(
            user_id=user_id,
            meeting_id=meeting_id,
            version=kept.version + 1 if kept else 1,
            begins=details.scheduled_time,
            details=details,
            connection_id=connection_id,
        )
        if ports.meetings.replace(meeting, earlier=kept, is_due=meeting.begins > now - LATE):
            return
    raise Conflict("The meeting is being changed elsewhere.")
