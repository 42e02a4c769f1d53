"""When a user may be sent something: quiet hours, working hours, meetings, and the times of digest and briefing.

Local times that a DST change skips take the offset from before it; those that come twice mean the first (RFC 5545,
3.3.5).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.days import Weekday
from assistant.domain.notifications import Urgency
from assistant.domain.preferences import Preferences

_ONE_DAY: Final = timedelta(days=1)
_WEEKEND: Final = frozenset({Weekday.SATURDAY, Weekday.SUNDAY})
# No weekend or chain of meetings is longer; quiet hours may leave nothing of the working hours.
_LONGEST_HOLD: Final = timedelta(days=8)
# A longer meeting is a day out of the office, in which messages are read.
LONGEST_MEETING: Final = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Period:
    """A time from ``start`` up to but not at ``end``, both aware."""

    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Whether the moment lies in it."""
        return self.start <= moment < self.end


type Hold = Callable[[datetime], datetime | None]


def sending_time(
    urgency: Urgency, now: datetime, preferences: Preferences, meetings: Sequence[Period], not_after: datetime | None
) -> datetime | None:
    """Return when a message may be sent, ``now`` at the earliest; None where it would come too late.

    Urgent messages wait for the end of quiet hours and of the current meeting, important ones also for working hours,
    routine ones for the digest. What would come too late, or never, is held by quiet hours alone.
    """
    quiet = _quiet(preferences)
    if urgency is Urgency.ROUTINE:
        return digest_time(now, preferences)
    if urgency is Urgency.URGENT and preferences.quiet_hours.urgent_interrupts:
        return now
    holds = [quiet, _in_meetings(meetings)]
    if urgency is Urgency.IMPORTANT:
        holds.append(_outside_work(preferences))
    latest = min(now + _LONGEST_HOLD, not_after or datetime.max.replace(tzinfo=UTC))
    at = _after(holds, now, latest) or _after([quiet], now, now + _LONGEST_HOLD)
    return at if at and (not_after is None or at <= not_after) else None


def digest_time(now: datetime, preferences: Preferences) -> datetime:
    """Return the next time of the digest, on a working day."""
    return next(at for at in _working_times(preferences.digest.time, now, preferences) if at > now)


def briefing_time(after: datetime, preferences: Preferences) -> datetime:
    """Return the first time of the daily briefing after this one, on a working day."""
    return next(at for at in _working_times(preferences.daily_briefing.time, after, preferences) if at > after)


def briefing_day(now: datetime, preferences: Preferences) -> tuple[date, datetime] | None:
    """Return the user's day and when its briefing is due; None on a day off."""
    zone = home(preferences)
    day = now.astimezone(zone).date()
    return None if is_off(day) else (day, _instant(day, preferences.daily_briefing.time, zone))


def home(preferences: Preferences) -> ZoneInfo:
    """Return the zone of the user's working hours."""
    return ZoneInfo(preferences.working_hours.timezone)


def is_off(day: date) -> bool:
    """Whether nobody works on this day."""
    return Weekday(day.weekday()) in _WEEKEND


def whole_day(day: date, zone: ZoneInfo) -> Period:
    """Return the day from midnight to midnight, in UTC; 23 or 25 hours where the clocks change."""
    return Period(_instant(day, time(), zone), _instant(day + _ONE_DAY, time(), zone))


def _after(holds: Sequence[Hold], now: datetime, latest: datetime) -> datetime | None:
    """Return the first moment that nothing holds; None where that is later than ``latest``."""
    at = now
    while at <= latest:
        later = max((until for hold in holds if (until := hold(at))), default=None)
        if later is None:
            return at
        at = later
    return None


def _quiet(preferences: Preferences) -> Hold:
    hours = preferences.quiet_hours
    zone = ZoneInfo(hours.timezone) if hours.timezone else home(preferences)

    def hold(moment: datetime) -> datetime | None:
        if not hours.enabled:
            return None
        today = moment.astimezone(zone).date()
        nights = (_night(day, hours.start, hours.end, zone) for day in (today - _ONE_DAY, today))
        return next((night.end for night in nights if night.holds(moment)), None)

    return hold


def _night(day: date, start: time, end: time, zone: ZoneInfo) -> Period:
    ends = day if end > start else day + _ONE_DAY
    return Period(_instant(day, start, zone), _instant(ends, end, zone))


def _outside_work(preferences: Preferences) -> Hold:
    hours, zone = preferences.working_hours, home(preferences)

    def hold(moment: datetime) -> datetime | None:
        today = moment.astimezone(zone).date()
        for day in _days(today):
            work = Period(_instant(day, hours.start, zone), _instant(day, hours.end, zone))
            if not is_off(day) and moment < work.end:
                return work.start if moment < work.start else None
        return None

    return hold


def _in_meetings(meetings: Sequence[Period]) -> Hold:
    current = [one for one in meetings if one.end - one.start <= LONGEST_MEETING]

    def hold(moment: datetime) -> datetime | None:
        return max((one.end for one in current if one.holds(moment)), default=None)

    return hold


def _working_times(clock: time, since: datetime, preferences: Preferences) -> Iterator[datetime]:
    zone = home(preferences)
    for day in _days(since.astimezone(zone).date()):
        if not is_off(day):
            yield _instant(day, clock, zone)


def _days(first: date) -> Iterator[date]:
    """Yield a week and a day: some of them are worked on."""
    for number in range(8):
        yield first + number * _ONE_DAY


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
