"""What the events of a request amount to in its range of days: series expanded, overrides and cancellations applied.

Series keep the wall-clock time of their own zone. An occurrence is called ``{event_id}_{start}``, the start in UTC like
``20260323T180000Z`` or, of an all-day event, ``20260323``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from math import inf
from zoneinfo import ZoneInfo

from assistant.domain.calendar.problem import Interval, Minute
from assistant.domain.calendar.recurrence import Rule, periods, read_series
from assistant.domain.calendar.request import CalendarEvent, DateRange
from assistant.domain.calendar.wall_clock import minute_at, minute_of
from assistant.domain.errors import FieldError, InvalidRequest

MOST_OCCURRENCES = 10_000
# Far more than a full calendar needs, and about a second to walk.
MOST_PERIODS = 200_000
# Of a series in an error: one of a file has no place in the request's list.
_LONGEST_NAME = 100
_ONE_DAY = timedelta(days=1)
_LAST_MINUTE = time(23, 59)


class UnusableEvent(InvalidRequest):
    """An event passed every check of its own and cannot be used; ``index`` is its place among the events."""

    def __init__(self, index: int, field: str, detail: str) -> None:
        super().__init__("The calendar cannot be read.", errors=(FieldError(f"events[{index}].{field}", detail),))
        self.index = index
        self.field = field
        self.problem = detail


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A timed event of the request, or one occurrence of its series."""

    event: CalendarEvent
    id: str
    at: Interval


@dataclass(frozen=True, slots=True)
class AllDay:
    """An all-day event, or one occurrence of its series; ``end`` is the day after its last."""

    event: CalendarEvent
    id: str
    first: date
    end: date


def occurrences(
    events: Sequence[CalendarEvent], date_range: DateRange, zone: ZoneInfo
) -> tuple[tuple[Occurrence, ...], tuple[AllDay, ...]]:
    """Return timed and all-day events in the order of the request, all those of the range and some around it.

    Raises:
        UnusableEvent: an event ends before it starts once its zone is known, or the series are too many or too long.

    """
    overridden = _overridden(events, zone)
    timed: list[Occurrence] = []
    all_day: list[AllDay] = []
    walked = 0
    for index, event in enumerate(events):
        if event.status == "cancelled":
            continue
        own_zone = zone_of(event, zone)
        for found in _expanded(event, index, date_range, own_zone, overridden.get(event.event_id, frozenset())):
            walked += 1
            timed += [one for one in found if isinstance(one, Occurrence)]
            all_day += [one for one in found if isinstance(one, AllDay)]
            if walked > MOST_PERIODS or len(timed) + len(all_day) > MOST_OCCURRENCES:
                detail = f"makes too many occurrences to plan with, up to the series {event.event_id[:_LONGEST_NAME]}"
                raise UnusableEvent(index, "recurrence", detail)
    return tuple(timed), tuple(all_day)


def zone_of(event: CalendarEvent, zone: ZoneInfo) -> ZoneInfo:
    """Return the zone of the event's wall-clock times: its own or the user's."""
    return ZoneInfo(event.timezone) if event.timezone else zone


def _overridden(events: Sequence[CalendarEvent], zone: ZoneInfo) -> Mapping[str, frozenset[date | Minute]]:
    """Return by series the starts that have an event of their own: minutes, or days of all-day events."""
    starts: defaultdict[str, set[date | Minute]] = defaultdict(set)
    for event in events:
        original = event.original_start
        if event.recurring_event_id and original:
            start = minute_of(original, zone_of(event, zone)) if isinstance(original, datetime) else original
            starts[event.recurring_event_id].add(start)
    return {series: frozenset(found) for series, found in starts.items()}


type _Found = tuple[Occurrence | AllDay, ...]


def _expanded(
    event: CalendarEvent, index: int, date_range: DateRange, zone: ZoneInfo, overridden: frozenset[date | Minute]
) -> Iterator[_Found]:
    """Yield what the event amounts to, a series period by period."""
    if isinstance(event.start, datetime) and isinstance(event.end, datetime):
        at = _timed(event.start, event.end, zone)
        if at is None:
            raise UnusableEvent(index, "end", "must be after start")
        if event.recurrence:
            yield from _timed_series(event, at, date_range, zone, overridden)
        else:
            yield (Occurrence(event, event.event_id, at),)
    else:
        end = max(event.end, event.start + _ONE_DAY)
        if event.recurrence:
            yield from _all_day_series(event, end - event.start, date_range, overridden)
        else:
            yield (AllDay(event, event.event_id, event.start, end),)


def _timed(start: datetime, end: datetime, zone: ZoneInfo) -> Interval | None:
    begin, finish = minute_of(start, zone), minute_of(end, zone)
    if finish <= begin and start.tzinfo is None and end.tzinfo is None:
        # Wall-clock times in order, yet not on this day: a start the DST change skips moved behind the end.
        finish = begin + (end - start) // timedelta(minutes=1)
    return Interval(begin, finish) if begin < finish else None


def _timed_series(
    event: CalendarEvent, at: Interval, date_range: DateRange, zone: ZoneInfo, overridden: frozenset[date | Minute]
) -> Iterator[_Found]:
    series = read_series(event.recurrence)
    wall = _wall(event.start, zone)
    gone = _minutes((*series.left_out, *event.exdates), wall, zone) | {
        start if isinstance(start, int) else minute_at(start, wall.time(), zone) for start in overridden
    }
    last = _last_minute(series.rule, zone)
    since = date_range.start_date - _ONE_DAY - timedelta(minutes=at.minutes)
    ruled = (
        [start for start in (minute_at(day, wall.time(), zone) for day in days) if start <= last]
        for days in _walk(series.rule, wall.date(), since, date_range.end_date + _ONE_DAY)
    )
    added = _minutes(series.added, wall, zone) | (set() if series.rule else {at.start})
    for starts in _each_once(chain(ruled, [sorted(added)]), gone):
        yield tuple(
            Occurrence(event, f"{event.event_id}_{_utc(start):%Y%m%dT%H%M%SZ}", Interval(start, start + at.minutes))
            for start in starts
        )


def _all_day_series(
    event: CalendarEvent, length: timedelta, date_range: DateRange, overridden: frozenset[date | Minute]
) -> Iterator[_Found]:
    series = read_series(event.recurrence)
    gone = {_written_day(day) for day in (*series.left_out, *event.exdates)} | overridden
    last = _written_day(series.rule.until) if series.rule and series.rule.until else date.max
    ruled = (
        [day for day in days if day <= last]
        for days in _walk(series.rule, event.start, date_range.start_date - length, date_range.end_date)
    )
    added = {_written_day(day) for day in series.added} | (set() if series.rule else {event.start})
    for days in _each_once(chain(ruled, [sorted(added)]), gone):
        yield tuple(AllDay(event, f"{event.event_id}_{day:%Y%m%d}", day, day + length) for day in days)


def _each_once[T](batches: Iterable[Iterable[T]], gone: Iterable[object]) -> Iterator[list[T]]:
    seen = set(gone)
    for batch in batches:
        new = [one for one in batch if one not in seen]
        seen.update(new)
        yield new


def _walk(rule: Rule | None, first: date, since: date, until: date) -> Iterator[tuple[date, ...]]:
    if rule is None:
        return iter(())
    if rule.until is not None:
        until = min(until, _written_day(rule.until) + _ONE_DAY)
    return periods(rule, first, since, until)


def _wall(start: date, zone: ZoneInfo) -> datetime:
    """Return the wall-clock time of the series; a time without offset is one already."""
    timed = start if isinstance(start, datetime) else datetime.combine(start, time())
    return timed.astimezone(zone) if timed.tzinfo else timed


def _minutes(dates: Sequence[date], wall: datetime, zone: ZoneInfo) -> set[Minute]:
    """Return the starts that days, instants and wall-clock times mean in a series that starts at ``wall``."""
    return {minute_of(one, zone) if isinstance(one, datetime) else minute_at(one, wall.time(), zone) for one in dates}


def _last_minute(rule: Rule | None, zone: ZoneInfo) -> float:
    if rule is None or rule.until is None:
        return inf
    until = rule.until
    return minute_of(until, zone) if isinstance(until, datetime) else minute_at(until, _LAST_MINUTE, zone)


def _written_day(value: date) -> date:
    """Return the day as it is written: the midnight some programs add to the days of all-day events means nothing."""
    return value.date() if isinstance(value, datetime) else value


def _utc(minute: Minute) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
