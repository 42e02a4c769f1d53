"""What a caller may send about a calendar; every bound is checked here and an error names its field.

Times are ISO 8601. A time without offset is wall-clock time in the event's ``timezone``, or in the user's where the
event names none. A wall-clock time that a DST change skips takes the offset from before the change, one that happens
twice means the first (RFC 5545, 3.3.5).
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from assistant.domain.bounds import at_most
from assistant.domain.calendar.recurrence import read_series
from assistant.domain.days import DayPart, Weekday
from assistant.domain.preferences import ClockTime, NoMeetingsDay, TimeZone, clock_time

MOST_EVENTS = 10_000
MOST_TASKS = 500
MOST_PIECES = 1_000
MOST_ATTENDEES = 500
MOST_BUSY = 10_000
MOST_DAYS = 62
# The midnight a day ends with, which no clock shows as a time of that day (ISO 8601:2004, 4.2.3).
END_OF_DAY, _MIDNIGHT = time.max, "24:00"
_NO_WEEKDAY = 'must be a weekday like "Friday"'
# Birthdays are series of events, which some programs begin in 1604 or 1601.
_FIRST_YEAR, _FIRST_OF_EVENTS, _LAST_YEAR = 1970, 1600, 2199


class Flexibility(StrEnum):
    """How far an event may be moved."""

    FIXED = "fixed"
    SAME_DAY = "same_day"
    SAME_WEEK = "same_week"
    ANYWHERE = "anywhere"


class Priority(StrEnum):
    """How much an event or a task matters, most first."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


def _parsed[T: date](kind: type[T], value: object) -> T | None:
    if isinstance(value, str):
        try:
            return kind.fromisoformat(value)
        except ValueError:
            return None
    return value if type(value) is kind else None


def _instant(value: object, after: int = _FIRST_YEAR) -> datetime:
    instant = _parsed(datetime, value)
    if instant is None:
        raise ValueError("must be a time like 2025-01-20T10:00:00Z")
    return _in_our_years(instant, after)


def _day(value: object, after: int = _FIRST_YEAR) -> date:
    day = _parsed(date, value)
    if day is None:
        raise ValueError("must be a day like 2025-01-20")
    return _in_our_years(day, after)


def _in_our_years[T: date](value: T, after: int) -> T:
    if not after < value.year < _LAST_YEAR:
        raise ValueError(f"must be between the years {after + 1} and {_LAST_YEAR - 1}")
    return value


def _instant_or_day(value: object) -> datetime | date:
    looks_like_day = len(value) <= len("2025-01-20") if isinstance(value, str) else type(value) is date
    return (_day if looks_like_day else _instant)(value, _FIRST_OF_EVENTS)


def _weekday(value: object) -> Weekday:
    if isinstance(value, Weekday):
        return value
    try:
        day = DayPart.parse(value)
    except ValueError:
        raise ValueError(_NO_WEEKDAY) from None
    if day.part is not None:
        raise ValueError(_NO_WEEKDAY)
    return day.weekday


def _clock_end(value: object) -> object:
    return END_OF_DAY if value == _MIDNIGHT else clock_time(value)


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 pydantic makes a field error of a ValueError only
    return value


_INSTANT_SCHEMA = {"type": "string", "format": "date-time", "examples": ["2025-01-20T10:00:00-05:00"]}
_DAY_SCHEMA = {"type": "string", "format": "date", "examples": ["2025-01-20"]}

Instant = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema(_INSTANT_SCHEMA)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema(_DAY_SCHEMA)]
InstantOrDay = Annotated[
    datetime | date, BeforeValidator(_instant_or_day), WithJsonSchema({"anyOf": [_INSTANT_SCHEMA, _DAY_SCHEMA]})
]
Id = Annotated[str, Field(min_length=1, max_length=1024)]
# Compared with other addresses, never written to: what a calendar holds need not be an address mail would take.
Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=254),
    Field(examples=["alice@company.com"]),
]
RecurrenceLine = Annotated[str, Field(max_length=10_000, examples=["RRULE:FREQ=WEEKLY;BYDAY=MO"])]
WorkingDay = Annotated[
    Weekday,
    PlainValidator(_weekday),
    PlainSerializer(lambda day: day.name.capitalize(), return_type=str),
    WithJsonSchema({"type": "string", "examples": ["Monday"]}),
]


ClockEnd = Annotated[
    time,
    BeforeValidator(_clock_end),
    PlainSerializer(lambda value: _MIDNIGHT if value == END_OF_DAY else value.strftime("%H:%M"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", "examples": ["17:00"]}),
]
Whole = Annotated[int, BeforeValidator(_number)]
Number = Annotated[float, BeforeValidator(_number)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def _after(info: ValidationInfo, field: str, value: date | time, *, same: bool = False) -> None:
    """Refuse a value before that of another field, unless that one is broken itself; ``same`` allows equal ones."""
    other = info.data.get(field)
    if type(other) is not type(value) or _needs_zone(other) != _needs_zone(value):
        return
    if value < other or (value == other and not same):
        raise ValueError(f"must {'not be before' if same else 'be after'} {field}")


def _needs_zone(value: object) -> bool:
    return isinstance(value, datetime) and value.tzinfo is None


class TimeWindow(_Part):
    """A part of every day in wall-clock time."""

    start: ClockTime
    end: ClockEnd

    @field_validator("end")
    @classmethod
    def _ends_after_start(cls, end: time, info: ValidationInfo) -> time:
        _after(info, "start", end)
        return end


class DateRange(_Part):
    """The days to plan, both ends included; at most 62."""

    start_date: Day
    end_date: Day

    @field_validator("end_date")
    @classmethod
    def _forward_and_bounded(cls, end_date: date, info: ValidationInfo) -> date:
        _after(info, "start_date", end_date, same=True)
        start_date = info.data.get("start_date")
        if start_date is not None and (end_date - start_date).days >= MOST_DAYS:
            raise ValueError(f"makes the range longer than {MOST_DAYS} days")
        return end_date


class Attendee(_Part):
    """Somebody other than the user; only those who are not optional have to be free."""

    email: Address
    optional: bool = False


def _readable(lines: tuple[str, ...]) -> tuple[str, ...]:
    read_series(lines)
    return lines


class CalendarEvent(_Part):
    """One event, or with ``recurrence`` the first of a series.

    An override of one occurrence is an event of its own that names ``recurring_event_id`` and ``original_start``;
    with status ``cancelled`` it takes the occurrence away.
    """

    event_id: Id
    title: str = Field(default="", max_length=10_000)
    all_day: bool = False
    start: InstantOrDay
    end: InstantOrDay
    """Exclusive; a day for an all-day event."""
    timezone: TimeZone | None = None
    """Where a recurrence keeps its wall-clock time, and what a time without offset means."""
    status: Literal["confirmed", "tentative", "cancelled"] = "confirmed"
    self_response: Literal["accepted", "declined", "tentative", "needs_action"] = "accepted"
    transparency: Literal["opaque", "transparent"] | None = None
    """Whether it takes the user's time: by default a timed event does and an all-day event does not."""
    attendees: Annotated[tuple[Attendee, ...], BeforeValidator(at_most(MOST_ATTENDEES))] = ()
    """Everyone but the user; an event without attendees is no meeting."""
    flexibility: Flexibility = Flexibility.FIXED
    priority: Priority = Priority.P3
    is_external: bool = False
    """Never moved, shortened or merged."""
    organizer_is_self: bool = False
    declinable: bool = False
    min_duration_minutes: Whole | None = Field(default=None, ge=1, le=24 * 60)
    """Down to how many minutes it may be shortened, keeping its start."""
    merge_key: str | None = Field(default=None, min_length=1, max_length=512)
    """Two events with the same key may become one."""
    time_window: TimeWindow | None = None
    """Where in the day it may be moved to, in the user's zone."""
    recurrence: Annotated[tuple[RecurrenceLine, ...], BeforeValidator(at_most(100)), AfterValidator(_readable)] = ()
    """RRULE, EXDATE and RDATE lines of RFC 5545."""
    exdates: Annotated[tuple[InstantOrDay, ...], BeforeValidator(at_most(MOST_EVENTS))] = ()
    recurring_event_id: Id | None = None
    original_start: InstantOrDay | None = Field(default=None, validate_default=True)
    ical_uid: str | None = Field(default=None, max_length=1024)
    """The same event at the same time in two calendars counts once."""
    event_type: str | None = Field(default=None, max_length=64)
    description: str = Field(default="", max_length=100_000)
    location: str = Field(default="", max_length=10_000)

    @field_validator("start", "end")
    @classmethod
    def _as_all_day_says(cls, value: date, info: ValidationInfo) -> date:
        if info.data.get("all_day") == isinstance(value, datetime):
            raise ValueError(
                "must be a time; a whole day needs all_day"
                if info.data["all_day"] is False
                else "must be a day like 2025-01-20"
            )
        return value

    @field_validator("end")
    @classmethod
    def _ends_after_start(cls, end: date, info: ValidationInfo) -> date:
        _after(info, "start", end, same=not isinstance(end, datetime))
        return end

    @field_validator("original_start")
    @classmethod
    def _override_is_complete(cls, original_start: date | None, info: ValidationInfo) -> date | None:
        if "recurring_event_id" in info.data and (info.data["recurring_event_id"] is None) != (original_start is None):
            raise ValueError("and recurring_event_id belong together")
        return original_start


class FocusTask(_Part):
    """Work to do in pieces of ``chunk_minutes`` before its deadline."""

    task_id: Id
    title: str = Field(default="", max_length=10_000)
    duration_minutes: Whole = Field(ge=1, le=10_000)
    chunk_minutes: Whole | None = Field(default=None, ge=5, le=24 * 60)
    """One piece; by default the whole task. What is left of the duration after whole pieces is not planned."""
    priority: Priority = Priority.P3
    deadline: Instant | None = None
    earliest_start: Instant | None = None

    @field_validator("chunk_minutes")
    @classmethod
    def _one_or_more_pieces(cls, chunk_minutes: int | None, info: ValidationInfo) -> int | None:
        if chunk_minutes is not None and chunk_minutes > info.data.get("duration_minutes", chunk_minutes):
            raise ValueError("must not be more than duration_minutes")
        return chunk_minutes


class BusyTime(_Part):
    """Time somebody is not free."""

    start: Instant
    end: Instant

    @field_validator("end")
    @classmethod
    def _ends_after_start(cls, end: datetime, info: ValidationInfo) -> datetime:
        _after(info, "start", end)
        return end


class AttendeeAvailability(_Part):
    """When an attendee works and when they are busy; who has none counts as free."""

    timezone: TimeZone | None = None
    """Of the working hours and of busy times without offset; by default the user's."""
    working_hours: TimeWindow | None = None
    busy: Annotated[tuple[BusyTime, ...], BeforeValidator(at_most(MOST_BUSY))] = ()
    includes_these_events: bool = False
    """Whether busy holds the events of this request too, as the answer to a free/busy query does."""


class NoMeetingsWindow(_Part):
    """A part of the day without meetings, in the user's zone."""

    days: Annotated[tuple[WorkingDay, ...], BeforeValidator(at_most(7))] = ()
    """None means every working day."""
    start: ClockTime | None = None
    """By default the midnight before."""
    end: ClockEnd | None = None
    """By default the midnight after."""

    @field_validator("end")
    @classmethod
    def _ends_after_start(cls, end: time | None, info: ValidationInfo) -> time | None:
        if end is not None:
            _after(info, "start", end)
        return end


class Constraints(_Part):
    """What the user wants of a week; what is left out comes from the preferences."""

    focus_time_hours: Number | None = Field(default=None, ge=0, le=24, examples=[4])
    """Protected focus time on each working day."""
    no_meetings_before: ClockTime | None = None
    no_meetings_after: ClockEnd | None = None
    meeting_buffer_minutes: Whole | None = Field(default=None, ge=0, le=240)
    max_meetings_per_day: Whole | None = Field(default=None, ge=0, le=100)
    no_meetings_days: Annotated[tuple[NoMeetingsDay, ...], BeforeValidator(at_most(28))] | None = None
    no_meetings_windows: Annotated[tuple[NoMeetingsWindow, ...], BeforeValidator(at_most(28))] | None = None
    working_hours: TimeWindow | None = None
    working_days: Annotated[tuple[WorkingDay, ...], BeforeValidator(at_most(7))] | None = None
    min_focus_block_minutes: Whole | None = Field(default=None, ge=1, le=24 * 60)
    """A shorter focus block does not count; by default the shorter of two hours and the focus time wanted."""

    @field_validator("no_meetings_after")
    @classmethod
    def _leaves_time_for_meetings(cls, no_meetings_after: time | None, info: ValidationInfo) -> time | None:
        if no_meetings_after is not None:
            _after(info, "no_meetings_before", no_meetings_after)
        return no_meetings_after


def _distinct(kind: str, ids: tuple[str, ...]) -> None:
    seen: dict[str, int] = {}
    for index, name in enumerate(ids):
        if name in seen:
            raise ValueError(f"items {seen[name]} and {index} have the same {kind}")
        seen[name] = index


def _distinct_events(events: tuple[CalendarEvent, ...]) -> tuple[CalendarEvent, ...]:
    _distinct("event_id", tuple(event.event_id for event in events))
    return events


def _plannable_tasks(tasks: tuple[FocusTask, ...]) -> tuple[FocusTask, ...]:
    _distinct("task_id", tuple(task.task_id for task in tasks))
    if sum(task.duration_minutes // (task.chunk_minutes or task.duration_minutes) for task in tasks) > MOST_PIECES:
        raise ValueError(f"has more than {MOST_PIECES} pieces")
    return tasks


def _each_once(given: object) -> object:
    if isinstance(given, Mapping) and len({str(address).strip().lower() for address in given}) < len(given):
        raise ValueError("names somebody twice")
    return given


# Fields of a request that carry these lists and objects whole.
CalendarEvents = Annotated[
    tuple[CalendarEvent, ...], BeforeValidator(at_most(MOST_EVENTS)), AfterValidator(_distinct_events)
]
FocusTasks = Annotated[tuple[FocusTask, ...], BeforeValidator(at_most(MOST_TASKS)), AfterValidator(_plannable_tasks)]
Availability = Annotated[
    Mapping[Address, AttendeeAvailability], BeforeValidator(_each_once), BeforeValidator(at_most(MOST_ATTENDEES))
]
Granularity = Annotated[Literal[5, 10, 15, 20, 30, 60], Field(description="Minutes of the grid new times are on")]
