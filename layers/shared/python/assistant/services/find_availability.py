"""Use case: find times at which a meeting suits everybody and disturbs the user's week least."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from assistant.domain.bounds import at_most
from assistant.domain.calendar.availability import (
    HOURS,
    OWN_CALENDAR,
    MeetingWish,
    Obstacle,
    Slot,
    free_slots,
    obstacles,
)
from assistant.domain.calendar.defaults import completed
from assistant.domain.calendar.offer import OfferLanguage, offered, said
from assistant.domain.calendar.problem import Interval, Problem
from assistant.domain.calendar.reading import busy_times, read_problem
from assistant.domain.calendar.request import (
    MOST_DAYS,
    Attendee,
    Availability,
    CalendarEvents,
    Constraints,
    DateRange,
    Granularity,
    Instant,
    Whole,
)
from assistant.domain.calendar.wall_clock import minute_of
from assistant.domain.errors import FieldError, InvalidRequest
from assistant.domain.preferences import Preferences, TimeZone
from assistant.domain.triage.language import Language
from assistant.domain.users import Identity, UserId
from assistant.ports.kept_calendar import KeptEvents
from assistant.ports.runtime import Clock
from assistant.ports.users import PreferenceStore
from assistant.services.connected_calendars import CalendarRead, ConnectedCalendars, connected_calendars
from assistant.services.read_preferences import preferences_unless_down

MOST_ATTENDEES: Final = 50
MOST_SLOTS: Final = 20
_MOST_OBSTACLES: Final = 5


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Window(_Part):
    """When the meeting may be; at most 62 days."""

    start: Instant
    end: Instant


def _distinct(attendees: tuple[Attendee, ...]) -> tuple[Attendee, ...]:
    if len({attendee.email for attendee in attendees}) < len(attendees):
        raise ValueError("names somebody twice")
    return attendees


class AvailabilityRequest(_Part):
    """A meeting to find time for, and what is known of everybody's time."""

    user_id: UserId
    attendees: Annotated[tuple[Attendee, ...], BeforeValidator(at_most(MOST_ATTENDEES)), AfterValidator(_distinct)] = ()
    """Everyone but the user."""
    duration_minutes: Whole = Field(ge=5, le=12 * 60)
    window: Window
    timezone: TimeZone | None = None
    """The user's zone; by default that of the preferences."""
    buffer_minutes: Whole | None = Field(default=None, ge=0, le=240)
    """Free time before and after the user's other meetings; by default that of the preferences."""
    constraints: Constraints = Constraints()
    """What is left out comes from the user's preferences."""
    events: CalendarEvents | None = None
    """The user's own calendar; left out, what the connected ones hold."""
    attendee_availability: Availability = Field(default_factory=dict)
    """By address."""
    granularity_minutes: Granularity = 15
    recipient_timezone: TimeZone | None = None
    """The zone of the sentence; by default the user's."""
    language: OfferLanguage = "en"
    """Of the sentence."""
    limit: int = Field(default=5, ge=1, le=MOST_SLOTS)

    @field_validator("constraints")
    @classmethod
    def _one_buffer(cls, constraints: Constraints, info: ValidationInfo) -> Constraints:
        given = info.data.get("buffer_minutes")
        if given is not None and constraints.meeting_buffer_minutes not in {None, given}:
            raise ValueError("must not name a meeting_buffer_minutes other than buffer_minutes")
        return constraints


class OfferedSlot(BaseModel):
    """A time that suits everybody who has to come."""

    start: datetime
    end: datetime
    """Both in the user's zone."""
    recipient_time: str
    """In the recipient's zone and language."""
    disruption: int
    """What it costs the week, in minutes; 0 disturbs nothing."""
    absent: tuple[str, ...]
    """Optional attendees whom it does not suit."""


class ObstacleView(BaseModel):
    """What rules out how many of the possible times: ``hours``, ``own_calendar`` or an attendee's address."""

    what: str
    times: int
    of: int


class AvailabilityResponse(BaseModel):
    """Slots, the least disturbing first, and a sentence that offers them."""

    user_id: str
    slots: tuple[OfferedSlot, ...]
    sentence: str
    timezone: str
    unknown: tuple[str, ...]
    """Attendees nothing is known about; they count as free."""
    reason: str | None = None
    """Why there is no slot."""
    obstacles: tuple[ObstacleView, ...] = ()
    """What stands in the way where there is no slot, the greatest first."""
    calendars: tuple[CalendarRead, ...] = ()
    """The connected calendars whose events were regarded."""
    processing_time_ms: float
    degraded: tuple[Literal["preferences"], ...] = ()
    """What was missing because a dependency was down."""


@dataclass(frozen=True, slots=True)
class AvailabilityPorts:
    """The ports finding time needs."""

    preferences: PreferenceStore
    kept: KeptEvents
    clock: Clock


def find_availability(
    request: AvailabilityRequest, caller: Identity, *, ports: AvailabilityPorts
) -> AvailabilityResponse:
    """Return the slots that disturb the user's week least; none, with the reason, where nothing fits.

    Raises:
        Forbidden: the calendar is another user's.
        InvalidRequest: the window is too short, too long or backwards, or an event cannot be read.
        Unavailable: the connected calendars cannot be read, or were not yet.
    """
    started = ports.clock.monotonic()
    caller.must_be(request.user_id)
    preferred = preferences_unless_down(request.user_id, ports.preferences)
    settings = preferred or Preferences()
    zone = ZoneInfo(request.timezone or settings.working_hours.timezone)
    within = _within(request, zone)
    connected = ConnectedCalendars()
    if request.events is None:
        connected = connected_calendars(request.user_id, _dates(within, zone), zone, ports.kept)
        request = request.model_copy(update={"events": connected.events})
    now = ports.clock.now()
    problem, wish = _question(request, settings, within, zone, now)
    slots = free_slots(problem, wish, most=request.limit)
    in_the_way = () if slots else obstacles(problem, wish)[:_MOST_OBSTACLES]
    recipient = ZoneInfo(request.recipient_timezone) if request.recipient_timezone else zone
    language = Language(request.language)
    everybody = (*wish.required, *wish.optional)
    return AvailabilityResponse(
        user_id=request.user_id,
        slots=tuple(_offer(slot, problem, recipient, language) for slot in slots),
        sentence=offered(sorted(slot.at for slot in slots), recipient, language),
        timezone=zone.key,
        unknown=tuple(address for address in everybody if address not in wish.busy),
        reason=None if slots else _reason(in_the_way, over=within.end <= minute_of(now, zone)),
        obstacles=tuple(ObstacleView(what=one.what, times=one.times, of=one.of) for one in in_the_way),
        calendars=connected.read,
        processing_time_ms=round(1000 * (ports.clock.monotonic() - started), 1),
        degraded=() if preferred else ("preferences",),
    )


def _within(request: AvailabilityRequest, zone: ZoneInfo) -> Interval:
    """Return the window in minutes."""
    window = Interval(minute_of(request.window.start, zone), minute_of(request.window.end, zone))
    if window.minutes < request.duration_minutes:
        raise _invalid("window.end", "must be at least duration_minutes after window.start")
    if window.minutes > timedelta(days=MOST_DAYS - 1) / timedelta(minutes=1):
        raise _invalid("window.end", f"must not be more than {MOST_DAYS - 1} days after window.start")
    return window


def _invalid(field: str, detail: str) -> InvalidRequest:
    return InvalidRequest("Some fields need another value.", errors=(FieldError(field, detail),))


def _question(
    request: AvailabilityRequest, preferences: Preferences, within: Interval, zone: ZoneInfo, now: datetime
) -> tuple[Problem, MeetingWish]:
    """Return the user's calendar over the days of the window, and what is wanted in it."""
    given = request.constraints
    if request.buffer_minutes is not None:
        given = given.model_copy(update={"meeting_buffer_minutes": request.buffer_minutes})
    dates = _dates(within, zone)
    problem = read_problem(
        request.events or (),
        date_range=dates,
        zone=zone,
        constraints=completed(given, preferences),
        grid=request.granularity_minutes,
        now=now,
    )
    addresses = {attendee.email for attendee in request.attendees}
    known = {name: given for name, given in request.attendee_availability.items() if name in addresses}
    # The user's own events are as good a reason against a time as an attendee's: none is left out.
    busy = busy_times(known, dates, zone, these_events={})
    return problem, MeetingWish(
        minutes=request.duration_minutes,
        within=within,
        required=_addresses(request.attendees, optional=False),
        optional=_addresses(request.attendees, optional=True),
        busy=busy,
    )


def _addresses(attendees: Sequence[Attendee], *, optional: bool) -> tuple[str, ...]:
    return tuple(attendee.email for attendee in attendees if attendee.optional is optional)


def _dates(within: Interval, zone: ZoneInfo) -> DateRange:
    return DateRange(start_date=_date(within.start, zone), end_date=_date(within.end - 1, zone))


def _date(minute: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(minute * 60, zone).date()


def _offer(slot: Slot, problem: Problem, recipient: ZoneInfo, language: Language) -> OfferedSlot:
    return OfferedSlot(
        start=problem.local(slot.at.start),
        end=problem.local(slot.at.end),
        recipient_time=said(slot.at, recipient, language),
        disruption=slot.cost,
        absent=slot.absent,
    )


_REASONS: Final[Mapping[str, str]] = {
    HOURS: "The window has no time within your meeting hours.",
    OWN_CALENDAR: "Your own calendar takes {times} of the {of} possible times.",
}


def _reason(in_the_way: Sequence[Obstacle], *, over: bool) -> str:
    """Return what blocks most."""
    if over:
        return "The window has passed."
    worst = in_the_way[0]
    words = _REASONS.get(worst.what, "{what} is busy or off work at {times} of the {of} possible times.")
    return words.format(what=worst.what, times=worst.times, of=worst.of)
