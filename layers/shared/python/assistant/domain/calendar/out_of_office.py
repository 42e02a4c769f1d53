"""Days the user is away: Google and Outlook also enter them as events from midnight to midnight."""

from datetime import UTC, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.calendar.occurrences import AllDay, Occurrence

# https://developers.google.com/workspace/calendar/api/guides/calendar-status
OUT_OF_OFFICE: Final = "outOfOffice"
_MIDNIGHT: Final = time()


def days_away(one: Occurrence, zone: ZoneInfo) -> AllDay | None:
    """Return an out-of-office event of whole days as these days; None for any other, which takes its time."""
    start, end = (datetime.fromtimestamp(minute * 60, UTC).astimezone(zone) for minute in one.at)
    if one.event.event_type != OUT_OF_OFFICE or (start.time(), end.time()) != (_MIDNIGHT, _MIDNIGHT):
        return None
    return AllDay(one.event, one.id, start.date(), end.date())
