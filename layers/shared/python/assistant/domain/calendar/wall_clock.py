"""From wall-clock times to minutes.

A wall-clock time that a DST change skips takes the offset from before the change; one that happens twice means the
first (RFC 5545, 3.3.5). That is what ``zoneinfo`` does with ``fold=0``.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from assistant.domain.calendar.problem import Interval, Minute
from assistant.domain.calendar.request import END_OF_DAY

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


def minute_of(instant: datetime, zone: ZoneInfo) -> Minute:
    """Return the minute an instant is in; without offset it is read in ``zone``."""
    aware = instant.replace(tzinfo=zone) if instant.tzinfo is None else instant
    return (aware - _EPOCH) // _MINUTE


def minute_at(day: date, clock: time, zone: ZoneInfo) -> Minute:
    """Return the minute a clock in ``zone`` shows this time on this day."""
    return minute_of(datetime.combine(day, clock), zone)


def whole_day(day: date, zone: ZoneInfo) -> Interval:
    """Return the day from midnight to midnight; 23 or 25 hours where the clocks change."""
    return Interval(minute_at(day, time(), zone), minute_at(day + timedelta(days=1), time(), zone))


def hours_of(day: date, start: time | None, end: time | None, zone: ZoneInfo) -> Interval:
    """Return these hours of the day; its midnights where they are not given."""
    whole = whole_day(day, zone)

    def minute(clock: time) -> Minute:
        return whole.end if clock == END_OF_DAY else minute_at(day, clock, zone)

    return Interval(whole.start if start is None else minute(start), whole.end if end is None else minute(end))
