"""A busy week, as its owner's calendar may hold it: double bookings, a day off, work to do."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from assistant.domain.calendar.defaults import completed
from assistant.domain.calendar.problem import Problem
from assistant.domain.calendar.reading import read_problem
from assistant.domain.calendar.request import CalendarEvent, Constraints, DateRange, FocusTask
from assistant.domain.preferences import Preferences

ZONE = ZoneInfo("Europe/Berlin")
_STAFF = [{"email": f"{name}@company.com"} for name in ("ana", "ben", "chloe", "dev", "emma")]


def meeting(
    event_id: str, title: str, day: int, start: str, end: str, *, people: int = 2, **more: Any
) -> CalendarEvent:
    """Return a meeting on a day of January 2025, in wall-clock time."""
    return CalendarEvent.model_validate(
        {
            "event_id": event_id,
            "title": title,
            "start": f"2025-01-{day:02}T{start}",
            "end": f"2025-01-{day:02}T{end}",
            "attendees": _STAFF[:people],
            "flexibility": "same_week",
            **more,
        }
    )


EVENTS = (
    meeting("standup1", "Stand-up", 20, "09:00", "09:15", people=5, flexibility="fixed"),
    meeting("board", "Board preparation", 20, "10:00", "11:30", people=4, flexibility="fixed", priority="P1"),
    meeting("vendor", "Vendor call", 20, "10:30", "11:30", people=2),
    meeting("ana", "1:1 Ana", 20, "13:00", "13:30", people=1, flexibility="same_day"),
    meeting("pricing", "Pricing review", 20, "14:00", "15:00", people=3),
    meeting("hiring", "Hiring sync", 21, "09:30", "10:30", people=3),
    meeting("customer", "Customer visit", 21, "10:00", "12:00", people=5, flexibility="fixed", is_external=True),
    meeting("design", "Design critique", 21, "13:00", "14:00", people=4),
    meeting("ben", "1:1 Ben", 21, "15:30", "16:00", people=1, flexibility="same_day"),
    meeting("dentist", "Dentist", 22, "08:00", "09:00", people=0, flexibility="fixed"),
    meeting("roadmap", "Roadmap & budget <Q2>", 22, "11:00", "12:30", people=5, flexibility="fixed"),
    meeting(
        "update", "Status update", 22, "11:30", "12:00", people=3, declinable=True, flexibility="fixed", priority="P4"
    ),
    meeting("press", "Press interview", 23, "09:00", "10:00", people=1, flexibility="fixed", is_external=True),
    meeting("retro", "Retrospective", 23, "14:00", "15:00", people=5),
    meeting("late", "Late call with Tokyo", 23, "17:30", "18:15", people=2),
    meeting("friday", "Architecture round", 24, "13:30", "14:30", people=3),
    CalendarEvent.model_validate(
        {"event_id": "off", "start": "2025-01-27", "end": "2025-01-28", "all_day": True, "transparency": "opaque"}
    ),
)
TASKS = (FocusTask(task_id="memo", title="Write the memo", duration_minutes=120, chunk_minutes=60),)
CONSTRAINTS = Constraints.model_validate(
    {
        "focus_time_hours": 3,
        "no_meetings_before": "09:00",
        "no_meetings_after": "17:00",
        "meeting_buffer_minutes": 15,
        "max_meetings_per_day": 5,
        "no_meetings_days": ["Friday afternoon"],
        "no_meetings_windows": [{"start": "12:30", "end": "13:00"}],
    }
)


def busy_week(*, last: date = date(2025, 1, 24), now: datetime | None = None) -> Problem:
    """Return the week of 20 January 2025 in Berlin, or more of it."""
    return read_problem(
        EVENTS,
        date_range=DateRange(start_date=date(2025, 1, 20), end_date=last),
        zone=ZONE,
        constraints=completed(CONSTRAINTS, Preferences()),
        tasks=TASKS,
        now=now,
    )
