from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from assistant.domain.calendar.request import (
    MOST_EVENTS,
    Availability,
    CalendarEvents,
    Constraints,
    DateRange,
    FocusTasks,
)
from assistant.domain.errors import FieldError, field_errors


class Body(BaseModel):
    date_range: DateRange | None = None
    constraints: Constraints = Constraints()
    events: CalendarEvents = ()
    tasks: FocusTasks = ()
    availability: Availability = {}


def errors(**body: Any) -> list[FieldError]:
    with pytest.raises(ValidationError) as refused:
        Body.model_validate(body)
    return list(field_errors(refused.value.errors()))


def timed(**given: Any) -> dict[str, Any]:
    return {"event_id": "e", "start": "2026-03-23T10:00:00Z", "end": "2026-03-23T11:00:00Z", **given}


def test_takes_the_request_of_the_contract() -> None:
    body = Body.model_validate(
        {
            "date_range": {"start_date": "2025-01-20", "end_date": "2025-01-27"},
            "constraints": {
                "focus_time_hours": 4,
                "no_meetings_before": "09:00",
                "no_meetings_after": "17:00",
                "meeting_buffer_minutes": 15,
                "max_meetings_per_day": 6,
                "no_meetings_days": ["Friday afternoon"],
                "working_days": ["monday", "Tue"],
                "no_meetings_windows": [{"start": "12:00", "end": "13:00"}, {"end": "10:00"}],
            },
        }
    )

    dumped = body.model_dump(mode="json")["constraints"]
    assert dumped["no_meetings_after"] == "17:00"
    assert dumped["working_days"] == ["Monday", "Tuesday"]
    assert Body.model_validate(body.model_dump(mode="json")) == body


@pytest.mark.parametrize(
    ("event", "field", "detail"),
    [
        (timed(end="2026-03-23T10:00:00Z"), "events[0].end", "must be after start"),
        (timed(end="2026-03-23T10:30:00+01:00"), "events[0].end", "must be after start"),
        (timed(start="next Monday"), "events[0].start", "must be a time like 2025-01-20T10:00:00Z"),
        (timed(start=1774260000), "events[0].start", "must be a time like 2025-01-20T10:00:00Z"),
        (timed(start="0001-01-01T00:00:00+14:00"), "events[0].start", "must be between the years 1601 and 2198"),
        (timed(end="2026-03-24"), "events[0].end", "must be a time; a whole day needs all_day"),
        (timed(all_day=True), "events[0].start", "must be a day like 2025-01-20"),
        (timed(start="2026-13-01"), "events[0].start", "must be a day like 2025-01-20"),
        (timed(timezone="Mars/Olympus"), "events[0].timezone", "must be an IANA time zone like America/New_York"),
        (timed(flexibility="maybe"), "events[0].flexibility", "must be 'fixed', 'same_day'"),
        (timed(colour="red"), "events[0].colour", "is not a known field"),
        (timed(event_id=""), "events[0].event_id", "needs 1 or more characters"),
        (timed(recurring_event_id="r"), "events[0].original_start", "and recurring_event_id belong together"),
        (timed(recurrence=["RRULE:FREQ=SECONDLY"]), "events[0].recurrence", "FREQ must be DAILY"),
        (timed(recurrence=["RRULE:" + "A" * 10_000]), "events[0].recurrence[0]", "has more than 10000 characters"),
        (timed(time_window={"start": "15:00", "end": "11:00"}), "events[0].time_window.end", "must be after start"),
        (timed(original_start="2026-03-23T10:00Z"), "events[0].original_start", "and recurring_event_id belong"),
        (timed(timezone="right/Europe/Berlin"), "events[0].timezone", "must be an IANA time zone"),
        (timed(attendees=["ann"]), "events[0].attendees[0]", "must be an object"),
        (timed(recurrence=[""]), "events[0].recurrence", "must be RRULE, EXDATE or RDATE lines, not an empty one"),
        (timed(attendees=[{"email": "a@b.c"}] * 501), "events[0].attendees", "has more than 500 items"),
    ],
)
def test_names_the_field_of_a_broken_event(event: dict[str, Any], field: str, detail: str) -> None:
    assert [(error.field, error.detail[: len(detail)]) for error in errors(events=[event])][:1] == [(field, detail)]


def test_refuses_two_events_of_one_id() -> None:
    assert errors(events=[timed(), timed(event_id="f"), timed()]) == [
        FieldError("events", "items 0 and 2 have the same event_id")
    ]


def test_refuses_too_many_events_without_reading_them() -> None:
    assert errors(events=[None] * (MOST_EVENTS + 1)) == [FieldError("events", "has more than 10000 items")]


def test_refuses_tasks_of_too_many_pieces() -> None:
    tasks = [{"task_id": f"t{number}", "duration_minutes": 10_000, "chunk_minutes": 5} for number in range(2)]

    assert errors(tasks=tasks) == [FieldError("tasks", "has more than 1000 pieces")]


@pytest.mark.parametrize(
    ("part", "given", "field", "detail"),
    [
        ("date_range", {"start_date": "2026-03-23", "end_date": "2026-03-22"}, "end_date", "must not be before start_"),
        ("date_range", {"start_date": "2026-01-01", "end_date": "2027-12-31"}, "end_date", "makes the range longer"),
        (
            "date_range",
            {"start_date": "2026-03-23T10:00", "end_date": "2026-03-24"},
            "start_date",
            "must be a day like",
        ),
        (
            "constraints",
            {"no_meetings_before": "17:00", "no_meetings_after": "09:00"},
            "no_meetings_after",
            "must be af",
        ),
        (
            "constraints",
            {"working_hours": {"start": "17:00", "end": "09:00"}},
            "working_hours.end",
            "must be after start",
        ),
        ("constraints", {"working_days": ["Friday afternoon"]}, "working_days[0]", 'must be a weekday like "Friday"'),
        ("constraints", {"working_days": ["Funday"]}, "working_days[0]", 'must be a weekday like "Friday"'),
        ("constraints", {"no_meetings_before": "24:00"}, "no_meetings_before", "must be a time of day like 09:00"),
        ("constraints", {"no_meetings_after": "24:30"}, "no_meetings_after", "must be a time of day like 09:00"),
        ("constraints", {"focus_time_hours": True}, "focus_time_hours", "must be a number"),
        ("constraints", {"focus_time_hours": "four"}, "focus_time_hours", "must be a number"),
        ("constraints", {"max_meetings_per_day": True}, "max_meetings_per_day", "must be a number"),
        ("constraints", {"max_meetings_per_day": 2.5}, "max_meetings_per_day", "must be a whole number"),
        ("constraints", {"focus_time_hours": 25}, "focus_time_hours", "must be less than or equal to 24"),
        ("constraints", {"no_meetings_days": ["Freitag"]}, "no_meetings_days[0]", "must be a weekday like"),
        (
            "constraints",
            {"no_meetings_windows": [{"start": "9:00"}]},
            "no_meetings_windows[0].start",
            "must be a time of",
        ),
        (
            "constraints",
            {"no_meetings_windows": [{"start": "13:00", "end": "12:00"}]},
            "no_meetings_windows[0].end",
            "must be after start",
        ),
        ("availability", {"a@b.c": {"timezone": "Berlin"}}, "['a@b.c'].timezone", "must be an IANA time zone"),
    ],
)
def test_names_the_field_of_a_broken_wish(part: str, given: dict[str, Any], field: str, detail: str) -> None:
    (error,) = errors(**{part: given})

    assert error.field == part + (field if field.startswith("[") else f".{field}")
    assert error.detail.startswith(detail)


def test_names_the_field_of_a_broken_task_or_busy_time() -> None:
    task = {"task_id": "t", "duration_minutes": 30}
    busy = {"start": "2026-03-23T10:00Z", "end": "2026-03-23T09:00Z"}

    assert errors(tasks=[{**task, "chunk_minutes": 60}], availability={"a@b.c": {"busy": [busy]}}) == [
        FieldError("tasks[0].chunk_minutes", "must not be more than duration_minutes"),
        FieldError("availability['a@b.c'].busy[0].end", "must be after start"),
    ]
    assert errors(tasks=[task, task]) == [FieldError("tasks", "items 0 and 1 have the same task_id")]


def test_addresses_are_compared_in_lower_case() -> None:
    known = TypeAdapter(Availability).validate_python({" Ann@Company.com ": {}})

    assert list(known) == ["ann@company.com"]


def test_one_address_written_in_two_ways_is_refused() -> None:
    assert errors(availability={"Ann@company.com": {}, " ann@Company.com": {}}) == [
        FieldError("availability", "names somebody twice")
    ]


def test_a_part_of_the_day_may_end_at_24_00() -> None:
    given = {
        "no_meetings_before": "18:00",
        "no_meetings_after": "24:00",
        "working_hours": {"start": "18:00", "end": "24:00"},
        "no_meetings_windows": [{"start": "22:00", "end": "24:00"}],
    }
    constraints = Constraints.model_validate(given)
    written = constraints.model_dump(mode="json", exclude_none=True)

    assert written == given | {"no_meetings_windows": [{"days": [], "start": "22:00", "end": "24:00"}]}
    assert Constraints.model_validate(written) == constraints
