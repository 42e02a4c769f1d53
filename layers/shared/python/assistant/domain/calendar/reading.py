"""From what a caller sends to the problem the optimizer solves: days, events and their leeway, who is busy when."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from assistant.domain.calendar.connected import takes_time
from assistant.domain.calendar.focus_time import is_focus_time
from assistant.domain.calendar.intervals import minus, shared, union, up
from assistant.domain.calendar.occurrences import AllDay, Occurrence, occurrences
from assistant.domain.calendar.out_of_office import days_away
from assistant.domain.calendar.problem import Day, Event, Interval, Minute, Problem, Task
from assistant.domain.calendar.request import (
    AttendeeAvailability,
    CalendarEvent,
    Constraints,
    DateRange,
    Flexibility,
    FocusTask,
    TimeWindow,
)
from assistant.domain.calendar.wall_clock import hours_of, minute_of, whole_day
from assistant.domain.days import DayPart, PartOfDay, Weekday

_ONE_DAY = timedelta(days=1)
_FROM, _UNTIL = time(9), time(17)
_NOON, _EVENING = time(12), time(18)
_WORKING_DAYS = frozenset(Weekday) - {Weekday.SATURDAY, Weekday.SUNDAY}
_LONGEST_LEAST_FOCUS = 120
# Attendees far east or west are asked about hours of the day before or after.
_DAYS_AROUND = 2


def read_problem(
    events: Sequence[CalendarEvent],
    *,
    date_range: DateRange,
    zone: ZoneInfo,
    constraints: Constraints,
    tasks: Sequence[FocusTask] = (),
    availability: Mapping[str, AttendeeAvailability] | None = None,
    grid: int = 15,
    now: datetime | None = None,
) -> Problem:
    """Return the problem these events pose in this range of days of the user's zone.

    What the constraints leave open is: meetings from 9:00 to 17:00, working hours that hold them, Monday to Friday, no
    focus time, no buffer, no maximum.

    Raises:
        UnusableEvent: an event ends before it starts once its zone is known, or the series are too many or too long.

    """
    timed, all_day = _by_length(events, date_range, zone)
    at_now = None if now is None else minute_of(now, zone)
    whole = Interval(whole_day(date_range.start_date, zone).start, whole_day(date_range.end_date, zone).end)
    attended = tuple(_attended(timed, whole))
    days = tuple(_days(date_range, zone, constraints, all_day, kept=_focus_kept(attended), grid=grid, now=at_now))
    dates = frozenset(day.date for day in days)
    read = sorted((_event(one, zone, dates, at_now) for one in attended), key=lambda event: (event.start, event.id))
    return Problem(
        zone=zone,
        days=days,
        grid=grid,
        now=at_now,
        buffer=constraints.meeting_buffer_minutes or 0,
        max_per_day=constraints.max_meetings_per_day,
        min_focus_block=constraints.min_focus_block_minutes or _least_focus(constraints),
        events=tuple(read),
        tasks=tuple(_task(task, zone, whole) for task in tasks),
        busy=_busy(attended, availability or {}, date_range, zone),
    )


def _by_length(
    events: Sequence[CalendarEvent], date_range: DateRange, zone: ZoneInfo
) -> tuple[Sequence[Occurrence], Sequence[AllDay]]:
    """Return what takes its time, and what takes whole days."""
    timed, all_day = occurrences(events, date_range, zone)
    away = {one.id: days for one in timed if (days := days_away(one, zone))}
    return [one for one in timed if one.id not in away], [*all_day, *away.values()]


def _focus(constraints: Constraints) -> int:
    return round(60 * (constraints.focus_time_hours or 0))


def _least_focus(constraints: Constraints) -> int:
    return min(_LONGEST_LEAST_FOCUS, _focus(constraints)) or _LONGEST_LEAST_FOCUS


def _focus_kept(attended: Sequence[Occurrence]) -> tuple[Interval, ...]:
    """Return where focus time stands, and nothing else."""
    others = union(one.at for one in attended if not is_focus_time(one.event))
    return minus(union(one.at for one in attended if is_focus_time(one.event)), others)


def _days(
    date_range: DateRange,
    zone: ZoneInfo,
    constraints: Constraints,
    all_day: Iterable[AllDay],
    *,
    kept: Sequence[Interval],
    grid: int,
    now: Minute | None,
) -> Iterator[Day]:
    away = {day for one in all_day if takes_time(one.event) for day in _dates_of(one, date_range)}
    before, after = constraints.no_meetings_before or _FROM, constraints.no_meetings_after or _UNTIL
    hours = constraints.working_hours or TimeWindow(start=min(_FROM, before), end=max(_UNTIL, after))
    weekdays = _WORKING_DAYS if constraints.working_days is None else frozenset(constraints.working_days)
    for day in _dates(date_range.start_date, date_range.end_date):
        work = hours_of(day, hours.start, hours.end, zone)
        working = Weekday(day.weekday()) in weekdays
        first = work.start if now is None else max(work.start, up(now, grid))
        focus_kept = sum(shared(one, work) for one in kept)
        missing = max(0, _focus(constraints) - focus_kept)
        wanted = min(missing, max(0, work.end - first))
        works = working and day not in away
        yield Day(
            date=day,
            whole=whole_day(day, zone),
            working=working,
            out_of_office=day in away,
            work=work,
            meeting=hours_of(day, before, after, zone),
            blocked=union(_blocked(day, constraints, zone)),
            focus_wanted=wanted if works else 0,
            focus_kept=focus_kept,
            focus_beyond=missing - wanted if works else 0,
        )


def _dates(first: date, last: date) -> Iterator[date]:
    return (date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1))


def _dates_of(one: AllDay, date_range: DateRange) -> Iterator[date]:
    return _dates(max(one.first, date_range.start_date), min(one.end - _ONE_DAY, date_range.end_date))


def _blocked(day: date, constraints: Constraints, zone: ZoneInfo) -> Iterator[Interval]:
    weekday = Weekday(day.weekday())
    for part in constraints.no_meetings_days or ():
        if part.weekday is weekday:
            yield hours_of(day, *_part_of_day(part), zone)
    for window in constraints.no_meetings_windows or ():
        if not window.days or weekday in window.days:
            yield hours_of(day, window.start, window.end, zone)


def _part_of_day(part: DayPart) -> tuple[time | None, time | None]:
    """Return from when to when: who keeps an afternoon free does not want a meeting that evening either."""
    match part.part:
        case PartOfDay.MORNING:
            return None, _NOON
        case PartOfDay.AFTERNOON:
            return _NOON, None
        case PartOfDay.EVENING:
            return _EVENING, None
        case None:
            return None, None


def _attended(timed: Iterable[Occurrence], whole: Interval) -> Iterator[Occurrence]:
    """Yield the occurrences in the range that take the user's time, one that two calendars hold only once."""
    seen: set[object] = set()
    for one in timed:
        if not (one.at.overlaps(whole) and takes_time(one.event)):
            continue
        names = {one.id, (one.event.ical_uid, one.at.start)} if one.event.ical_uid else {one.id}
        if seen.isdisjoint(names):
            yield one
        seen |= names


def _event(one: Occurrence, zone: ZoneInfo, dates: frozenset[date], now: Minute | None) -> Event:
    """Return the event with what may be done to it, less than asked for where the calendar says so."""
    event, at = one.event, one.at
    day = datetime.fromtimestamp(at.start * 60, zone).date()
    past = now is not None and at.start < now
    kept = past or event.is_external
    within_a_day = day in dates and datetime.fromtimestamp((at.end - 1) * 60, zone).date() == day
    shortened = None if kept else event.min_duration_minutes
    return Event(
        id=one.id,
        title=event.title,
        start=at.start,
        end=at.end,
        day=day,
        required=tuple(attendee.email for attendee in event.attendees if not attendee.optional),
        attendees=len(event.attendees),
        priority=event.priority,
        flexibility=Flexibility.FIXED if kept or not within_a_day else event.flexibility,
        declinable=event.declinable and not past,
        shortened=shortened if shortened is not None and shortened < at.minutes else None,
        merge_key=None if kept or not within_a_day else event.merge_key,
        window=event.time_window,
    )


def _task(task: FocusTask, zone: ZoneInfo, whole: Interval) -> Task:
    chunk = task.chunk_minutes or task.duration_minutes
    return Task(
        id=task.task_id,
        title=task.title,
        chunk=chunk,
        chunks=task.duration_minutes // chunk,
        priority=task.priority,
        earliest=minute_of(task.earliest_start, zone) if task.earliest_start else whole.start,
        deadline=minute_of(task.deadline, zone) if task.deadline else whole.end,
        rest=task.duration_minutes % chunk,
    )


def _busy(
    attended: Sequence[Occurrence],
    availability: Mapping[str, AttendeeAvailability],
    date_range: DateRange,
    zone: ZoneInfo,
) -> Mapping[str, tuple[Interval, ...]]:
    """Return when those who have to be free are not, for everyone something is known about."""
    attendees = [(attendee, one.at) for one in attended for attendee in one.event.attendees]
    required = {attendee.email for attendee, _ in attendees if not attendee.optional}
    known = {address: availability[address] for address in sorted(required & availability.keys())}
    meetings: defaultdict[str, list[Interval]] = defaultdict(list)
    for attendee, at in attendees:
        meetings[attendee.email].append(at)
    return busy_times(known, date_range, zone, these_events=meetings)


def busy_times(
    availability: Mapping[str, AttendeeAvailability],
    date_range: DateRange,
    zone: ZoneInfo,
    *,
    these_events: Mapping[str, Sequence[Interval]],
) -> Mapping[str, tuple[Interval, ...]]:
    """Return by address when somebody is busy or does not work, sorted and merged.

    ``these_events`` are the meetings to leave out for those whose busy times include them.
    """

    @cache
    def off_hours(hours: TimeWindow, own_zone: ZoneInfo) -> tuple[Interval, ...]:
        around = timedelta(days=_DAYS_AROUND)
        days = list(_dates(date_range.start_date - around, date_range.end_date + around))
        mornings = (hours_of(day, None, hours.start, own_zone) for day in days)
        evenings = (hours_of(day, hours.end, None, own_zone) for day in days)
        return union([*mornings, *evenings])

    busy = {}
    for address, known in availability.items():
        their_zone = ZoneInfo(known.timezone) if known.timezone else zone
        meetings = union(
            Interval(minute_of(time_.start, their_zone), minute_of(time_.end, their_zone)) for time_ in known.busy
        )
        if known.includes_these_events:
            meetings = minus(meetings, union(these_events.get(address, ())))
        busy[address] = union([*meetings, *(off_hours(known.working_hours, their_zone) if known.working_hours else ())])
    return busy
