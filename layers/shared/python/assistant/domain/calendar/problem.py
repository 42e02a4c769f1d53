"""A calendar as the optimizer sees it. Times are integer minutes since the Unix epoch, UTC."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from assistant.domain.calendar.request import Flexibility, Priority, TimeWindow

type Minute = int


class Interval(NamedTuple):
    """A half-open stretch of time."""

    start: Minute
    end: Minute

    @property
    def minutes(self) -> int:
        """Its length."""
        return self.end - self.start

    def overlaps(self, other: "Interval") -> bool:
        """Whether they share a minute."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the range in the user's zone; a day of a DST change has 23 or 25 hours."""

    date: date
    whole: Interval
    """Midnight to midnight."""
    working: bool
    out_of_office: bool
    work: Interval
    """Working hours, on a day off too."""
    meeting: Interval
    """Between no_meetings_before and no_meetings_after."""
    blocked: tuple[Interval, ...]
    """Windows without meetings."""
    focus_wanted: int
    """Minutes of protected focus, beside those that are kept; 0 on a day without work."""
    focus_kept: int = 0
    """Minutes of focus time that stands in the calendar, where nothing else does."""
    focus_beyond: int = 0
    """Minutes of focus time wanted that the working hours, or what is left of them, have no room for."""

    @property
    def open(self) -> bool:
        """Whether anything may be placed on it."""
        return self.working and not self.out_of_office


@dataclass(frozen=True, slots=True)
class Event:
    """An event that takes the user's time, with what may be done to it."""

    id: str
    title: str
    start: Minute
    end: Minute
    day: date
    """Of its start, in the user's zone."""
    required: tuple[str, ...]
    """Addresses that have to be free at a new time."""
    attendees: int
    """All of them, optional ones included."""
    priority: Priority
    flexibility: Flexibility
    declinable: bool
    shortened: int | None
    """The minutes it may be cut to, fewer than it has."""
    merge_key: str | None
    window: TimeWindow | None

    @property
    def is_meeting(self) -> bool:
        """Whether somebody else takes part: hours, buffers and the daily maximum hold for meetings only."""
        return self.attendees > 0

    @property
    def at(self) -> Interval:
        """Where it stands."""
        return Interval(self.start, self.end)

    @property
    def minutes(self) -> int:
        """Its length."""
        return self.end - self.start

    @property
    def movable(self) -> bool:
        """Whether its time may change."""
        return self.flexibility is not Flexibility.FIXED


def people(events: Iterable[Event]) -> int:
    """Return how many others attend any of the events; who may stay away from two of them counts twice."""
    listed = tuple(events)
    required = {address for event in listed for address in event.required}
    return len(required) + sum(event.attendees - len(event.required) for event in listed)


@dataclass(frozen=True, slots=True)
class Task:
    """Work to place in ``chunks`` pieces of ``chunk`` minutes between ``earliest`` and ``deadline``."""

    id: str
    title: str
    chunk: int
    chunks: int
    priority: Priority
    earliest: Minute
    deadline: Minute
    rest: int = 0
    """Minutes of it that make no whole piece; nothing is planned for them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything that decides which plans are allowed and what they cost."""

    zone: ZoneInfo
    days: tuple[Day, ...]
    """Consecutive."""
    grid: int
    """New times are multiples of so many minutes."""
    now: Minute | None
    """Nothing before it changes."""
    buffer: int
    """Minutes wanted between two meetings."""
    max_per_day: int | None
    min_focus_block: int
    events: tuple[Event, ...]
    """Sorted by start and id."""
    tasks: tuple[Task, ...]
    busy: Mapping[str, tuple[Interval, ...]]
    """By address: when an attendee is not free, hours they do not work included; sorted and merged."""

    def day_index(self, minute: Minute) -> int:
        """Return the index of the last day that has begun by this minute; -1 before the range."""
        return bisect_right(self.days, minute, key=lambda day: day.whole.start) - 1

    def day_at(self, minute: Minute) -> Day | None:
        """Return the day of the range that holds this minute, if one does."""
        index = self.day_index(minute)
        return self.days[index] if index >= 0 and minute < self.days[index].whole.end else None

    def local(self, minute: Minute) -> datetime:
        """Return the minute as a time in the user's zone."""
        return datetime.fromtimestamp(minute * 60, self.zone)
