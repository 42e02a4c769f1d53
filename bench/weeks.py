"""Generated requests to plan a week: half of the meetings movable, one in eight double-booked, some tasks."""

import random
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "Europe/London",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Australia/Sydney",
)
_COLLEAGUES = 24
_DOUBLE_BOOKED = 0.12
_TRIES = 60
_BUSY_A_DAY = 9
_LENGTHS = ((15, 25, 30, 45, 50, 60, 90), (6, 12, 38, 8, 8, 23, 5))
_SHORTER = {45: 30, 50: 25, 60: 45, 90: 60}


def make_week(seed: int, events: int, weeks: int = 1) -> dict[str, Any]:
    """Return the body of a request for so many events on the working days of so many weeks."""
    return _Calendar(seed, events, weeks).request(events)


class _Calendar:
    def __init__(self, seed: int, events: int, weeks: int) -> None:
        self._random = random.Random(f"{seed}/{events}/{weeks}")
        self._zone = self._random.choice(_ZONES)
        monday = date(2027, 1, 4) + timedelta(weeks=self._random.randrange(50))
        self._days = [monday + timedelta(days=day) for day in range(7 * weeks) if day % 7 < 5]
        self._a_day = events / len(self._days)
        self._taken: dict[date, list[tuple[int, int]]] = {day: [] for day in self._days}
        self._colleagues = [f"colleague{number}@company.com" for number in range(_COLLEAGUES)]

    def request(self, events: int) -> dict[str, Any]:
        pick, crowded = self._random.choice, self._a_day >= _BUSY_A_DAY
        return {
            "user_id": "user123",
            "date_range": {"start_date": str(self._days[0]), "end_date": str(self._days[-1])},
            "timezone": self._zone,
            "constraints": {
                "focus_time_hours": pick((1, 2) if crowded else (2, 2, 3, 4)),
                "no_meetings_before": pick(("08:30", "09:00", "09:30")),
                "no_meetings_after": pick(("17:00", "17:30", "18:00")),
                "meeting_buffer_minutes": pick((0, 5) if crowded else (0, 5, 10, 15)),
                "max_meetings_per_day": int(self._a_day) + pick((1, 2, 3)),
                "no_meetings_days": pick(([], ["Friday afternoon"], ["Wednesday morning"], ["Thursday"])),
            },
            "events": self._with_merges([self._event(number) for number in range(events)]),
            "tasks": [self._task(number) for number in range(pick((0, 2, 4, 6)))],
            "attendee_availability": {person: self._availability() for person in self._colleagues},
        }

    def _event(self, number: int) -> dict[str, Any]:
        day, start, minutes = self._time()
        event: dict[str, Any] = {
            "event_id": f"event{number}",
            "title": f"Meeting {number}",
            "start": self._at(day, start),
            "end": self._at(day, start + minutes),
        }
        people = self._random.sample(self._colleagues, self._random.choices((1, 2, 3, 5, 8), (40, 20, 20, 15, 5))[0])
        attendees = [{"email": person, "optional": self._random.random() < 0.15} for person in people]
        kind = self._random.random()
        if kind < 0.06:
            window = {"time_window": {"start": "11:00", "end": "15:00"}} if 11 * 60 <= start < 14 * 60 else {}
            return event | {"title": "Break", "flexibility": "same_day", "priority": "P4", **window}
        if kind < 0.56:
            event |= {"attendees": attendees, "priority": self._random.choice(("P2", "P3", "P3", "P4"))}
            event["flexibility"] = self._random.choices(("same_day", "same_week", "anywhere"), (25, 65, 10))[0]
            if minutes in _SHORTER and self._random.random() < 0.3:
                event["min_duration_minutes"] = _SHORTER[minutes]
            return event
        if kind < 0.82:
            return event | {"attendees": [{"email": "someone@client.example"}], "is_external": True, "priority": "P1"}
        return event | {"attendees": attendees, "declinable": self._random.random() < 0.5, "priority": "P4"}

    def _time(self) -> tuple[date, int, int]:
        for _ in range(_TRIES):
            day, start = self._random.choice(self._days), 15 * self._random.randrange(32, 73)
            minutes = self._random.choices(*_LENGTHS)[0]
            free = not any(start < end and begin < start + minutes for begin, end in self._taken[day])
            if free or self._random.random() < _DOUBLE_BOOKED:
                break
        self._taken[day].append((start, start + minutes))
        return day, start, minutes

    @staticmethod
    def _with_merges(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Let the first two movable meetings alone with the same person become one."""
        alone: dict[str, list[dict[str, Any]]] = {}
        for event in events:
            if event.get("flexibility") and len(event.get("attendees", ())) == 1:
                alone.setdefault(event["attendees"][0]["email"], []).append(event)
        for person, meetings in alone.items():
            for event in meetings[:2] if len(meetings) > 1 else ():
                event["merge_key"] = person
        return events

    def _task(self, number: int) -> dict[str, Any]:
        chunk = self._random.choice((30, 60, 60, 90))
        return {
            "task_id": f"task{number}",
            "title": f"Task {number}",
            "duration_minutes": chunk * self._random.choice((1, 2, 3)),
            "chunk_minutes": chunk,
            "priority": self._random.choice(("P1", "P2", "P3", "P4")),
            "deadline": self._at(self._random.choice(self._days[1:]), 17 * 60),
        }

    def _availability(self) -> dict[str, Any]:
        busy = []
        for day in self._days:
            for _ in range(self._random.choice((1, 2, 3, 3, 4))):
                start = 540 + 15 * self._random.randrange(32)
                end = start + self._random.choice((30, 30, 60, 60, 90))
                busy.append({"start": self._at(day, start), "end": self._at(day, end)})
        if self._random.random() < 0.25:
            hours = {"start": "08:00", "end": "20:00"}
            return {"timezone": self._random.choice(_ZONES), "working_hours": hours, "busy": busy}
        known = {"working_hours": {"start": "08:00", "end": "19:00"}} if self._random.random() < 0.5 else {}
        return {"timezone": self._zone, "busy": busy, **known}

    def _at(self, day: date, minute: int) -> str:
        return datetime(
            day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=ZoneInfo(self._zone)
        ).isoformat()
