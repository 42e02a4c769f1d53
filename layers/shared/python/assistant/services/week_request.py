"""The request to plan a range of days: as it is sent, as a file with a query, and as the problem it poses."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from assistant.domain.calendar.occurrences import UnusableEvent
from assistant.domain.calendar.problem import Problem
from assistant.domain.calendar.reading import read_problem
from assistant.domain.calendar.request import (
    Address,
    Availability,
    CalendarEvent,
    CalendarEvents,
    Constraints,
    DateRange,
    FocusTasks,
    Granularity,
    Instant,
    Number,
)
from assistant.domain.calendar.wishes.reading import Wishes
from assistant.domain.errors import InvalidRequest
from assistant.domain.preferences import TimeZone
from assistant.domain.users import UserId

LONGEST_SECONDS: Final = 20.0
_LISTS: Final = ("no_meetings_days", "working_days")


class OptimizeRequest(BaseModel):
    """The days to plan, what is in them, and what the user wants of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    user_id: UserId
    date_range: DateRange
    constraints: Constraints = Constraints()
    """What is left out comes from the user's preferences."""
    timezone: TimeZone | None = None
    """The user's zone; by default that of the preferences."""
    events: CalendarEvents | None = None
    """Where there are neither events nor a file, those of the connected calendars."""
    ics: str | None = Field(default=None, max_length=5_000_000)
    """An iCalendar file (RFC 5545), beside the events; the body itself where its type is text/calendar."""
    own_address: Address | None = None
    """The user's own in the file: tells what they declined, and what they organize for colleagues, which may move."""
    tasks: FocusTasks = ()
    attendee_availability: Availability = Field(default_factory=dict)
    """By address."""
    wishes: Wishes = ()
    """What the user wants, in words of English, Spanish, French or German; the constraints rule over them."""
    granularity_minutes: Granularity = 15
    now: Instant | None = None
    """Nothing before it changes; by default the time it is in connected calendars, none in events that are sent."""
    time_limit_seconds: Annotated[Number, Field(ge=0.1, le=LONGEST_SECONDS)] = 2.0
    """How long the solver may look, as far as the time of the request allows; it stops once nothing is better."""

    @property
    def brings_events(self) -> bool:
        """Whether there are events of its own to plan, be they none; else those of the connected calendars are."""
        return self.events is not None or self.ics is not None


def request_from_file(text: str, query: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the request an iCalendar file is sent as: all but the file are query parameters, lists with commas.

    ``wishes`` is one wish, which may hold several in its sentences: a comma in it divides nothing.
    """
    days = {name: query[name] for name in ("start_date", "end_date") if name in query}
    wanted = {name: value for name, value in query.items() if name in Constraints.model_fields}
    given = {name: value for name, value in query.items() if name not in days.keys() | wanted.keys()}
    lists = {name: [part.strip() for part in wanted[name].split(",")] for name in _LISTS if name in wanted}
    grid = given.pop("granularity_minutes", None)
    # A query has text only, and the grid is one of some numbers.
    numbers = {"granularity_minutes": int(grid) if grid.isdecimal() else grid} if grid else {}
    wishes = {"wishes": [given.pop("wishes")]} if "wishes" in given else {}
    return {**given, **numbers, **wishes, "date_range": days, "constraints": wanted | lists, "ics": text}


def read_week(request: OptimizeRequest, constraints: Constraints, zone: ZoneInfo) -> Problem:
    """Return the problem that planning the days of the request is; raises InvalidRequest, naming the field."""
    events = given = request.events or ()
    if request.ics is not None:
        events = (*given, *_from_file(request.ics, request, zone))
    try:
        return read_problem(
            events,
            date_range=request.date_range,
            zone=zone,
            constraints=constraints,
            tasks=request.tasks,
            availability=request.attendee_availability,
            grid=request.granularity_minutes,
            now=request.now,
        )
    except UnusableEvent as error:
        if error.index < len(given):
            raise
        raise _unusable_in_file(events[error.index], error) from None


def _from_file(ics: str, request: OptimizeRequest, zone: ZoneInfo) -> tuple[CalendarEvent, ...]:
    # Only who sends a file waits for what reads it.
    from assistant.domain.calendar.ics import read_ics  # noqa: PLC0415

    return read_ics(ics, request.date_range, zone, address=request.own_address)


def _unusable_in_file(event: CalendarEvent, error: UnusableEvent) -> InvalidRequest:
    from assistant.domain.calendar.ics import unusable_in_file  # noqa: PLC0415 - as above

    return unusable_in_file(event, error.field, error.problem)
