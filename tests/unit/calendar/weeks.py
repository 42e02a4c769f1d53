"""Calendars for tests: events as a caller sends them, problems read from them, and generated weeks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from assistant.domain.calendar.objective import best_focus
from assistant.domain.calendar.plan import EMPTY_PLAN, Plan
from assistant.domain.calendar.problem import Event, Interval, Problem
from assistant.domain.calendar.reading import read_problem
from assistant.domain.calendar.request import AttendeeAvailability, CalendarEvent, Constraints, DateRange, FocusTask

NEW_YORK = "America/New_York"
MONDAY = date(2026, 3, 23)
WISHES: Mapping[str, Any] = {
    "focus_time_hours": 2,
    "no_meetings_before": "09:00",
    "no_meetings_after": "17:00",
    "meeting_buffer_minutes": 10,
    "max_meetings_per_day": 5,
}


def event(event_id: str, start: str, minutes: int = 60, /, **given: Any) -> CalendarEvent:
    """Return a meeting with one colleague that starts at this wall-clock time, ``2026-03-23T10:00``."""
    begin = datetime.fromisoformat(start)
    given = {"attendees": [{"email": "ann@company.com"}], **given}
    return CalendarEvent.model_validate(
        {"event_id": event_id, "title": event_id, "start": begin, "end": begin + timedelta(minutes=minutes), **given}
    )


def problem(
    *events: CalendarEvent,
    first: date = MONDAY,
    days: int = 5,
    zone: str = NEW_YORK,
    tasks: Sequence[FocusTask] = (),
    availability: Mapping[str, AttendeeAvailability] | None = None,
    now: str | None = None,
    grid: int = 15,
    **wishes: Any,
) -> Problem:
    """Return the problem the events pose in so many days from ``first``; ``wishes`` change the constraints."""
    return read_problem(
        events,
        date_range=DateRange(start_date=first, end_date=first + timedelta(days=days - 1)),
        zone=ZoneInfo(zone),
        constraints=Constraints.model_validate({**WISHES, **wishes}),
        tasks=tasks,
        availability=availability,
        grid=grid,
        now=datetime.fromisoformat(now) if now else None,
    )


def named(problem: Problem, event_id: str) -> Event:
    """Return the event of this id."""
    return next(event for event in problem.events if event.id == event_id)


def at(problem: Problem, start: str, minutes: int = 60) -> Interval:
    """Return the time that starts when the user's clock shows ``2026-03-23T10:00``."""
    begin = int(datetime.fromisoformat(start).replace(tzinfo=problem.zone).timestamp()) // 60
    return Interval(begin, begin + minutes)


def clock(problem: Problem, minute: int) -> str:
    """Return what the user's clock shows, with the offset: ``2026-03-23T10:00-04:00``."""
    return problem.local(minute).isoformat(timespec="minutes")


def with_focus(problem: Problem, plan: Plan = EMPTY_PLAN) -> Plan:
    """Return the plan with its best focus blocks."""
    return replace(plan, focus=best_focus(problem, plan))


_ZONES = (NEW_YORK, "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo")
_COLLEAGUES = ("ann@company.com", "bob@company.com", "eve@company.com")
# Weeks with a DST change in one of the zones, and one without.
_WEEKS = (date(2026, 3, 2), date(2026, 3, 23), date(2026, 10, 26), date(2026, 4, 1), date(2026, 6, 15))


@st.composite
def _events(draw: st.DrawFn, first: date, days: int) -> list[CalendarEvent]:
    events = []
    for number in range(draw(st.integers(0, 12))):
        day = first + timedelta(days=draw(st.integers(0, days - 1)))
        minute = draw(st.integers(7 * 4, 19 * 4)) * 15 + draw(st.sampled_from([0, 0, 0, 5, 10]))
        attendees = draw(st.lists(st.sampled_from(_COLLEAGUES), max_size=3, unique=True))
        events.append(
            event(
                f"e{number}",
                f"{day}T{minute // 60:02d}:{minute % 60:02d}",
                draw(st.sampled_from([15, 25, 30, 60, 90, 600])),
                attendees=[{"email": address, "optional": draw(st.booleans())} for address in attendees],
                flexibility=draw(st.sampled_from(["fixed", "same_day", "same_week", "anywhere"])),
                priority=draw(st.sampled_from(["P1", "P2", "P3", "P4"])),
                declinable=draw(st.booleans()),
                is_external=draw(st.sampled_from([False, False, True])),
                min_duration_minutes=draw(st.sampled_from([None, 15, 45])),
                merge_key=draw(st.sampled_from([None, None, "one"])),
                time_window=draw(st.sampled_from([None, None, {"start": "11:00", "end": "15:00"}])),
            )
        )
    return events


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Weeks of up to 12 events, with everything a request can hold."""
    first, days = draw(st.sampled_from(_WEEKS)), draw(st.integers(1, 6))
    known = AttendeeAvailability.model_validate(
        {
            "timezone": draw(st.sampled_from(_ZONES)),
            "working_hours": {"start": "08:00", "end": "19:00"},
            "busy": [{"start": f"{first}T14:00", "end": f"{first}T15:30"}],
        }
    )
    tasks = [
        FocusTask(task_id=f"t{number}", duration_minutes=120, chunk_minutes=chunk)
        for number, chunk in enumerate(draw(st.lists(st.sampled_from([30, 60, 120]), max_size=3)))
    ]
    return problem(
        *draw(_events(first, days)),
        first=first,
        days=days,
        zone=draw(st.sampled_from(_ZONES)),
        tasks=tasks,
        availability={"bob@company.com": known},
        now=draw(st.sampled_from([None, f"{first}T11:07"])),
        grid=draw(st.sampled_from([5, 15, 30])),
        focus_time_hours=draw(st.sampled_from([0, 1.5, 4])),
        meeting_buffer_minutes=draw(st.sampled_from([0, 10])),
        max_meetings_per_day=draw(st.sampled_from([None, 1, 3])),
        no_meetings_days=draw(st.sampled_from([[], ["Friday afternoon"], ["Tuesday", "Monday morning"]])),
        working_days=draw(st.sampled_from([None, ["Monday", "Wednesday", "Sunday"]])),
    )
