"""Planning a week that comes as an iCalendar file, beside events of the request."""

import pytest
from pydantic import ValidationError

from assistant.domain.errors import InvalidRequest
from assistant.services.week_request import OptimizeRequest, request_from_file
from tests.unit.services.planned_week import CLASH, EMPTY_FILE, LONG_RANGE, RANGE, World, meeting


@pytest.fixture
def world() -> World:
    return World()


def test_a_file_is_read_beside_the_events(world: World) -> None:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN", "BEGIN:VEVENT", "UID:client"]
    lines += ["DTSTAMP:20250101T000000Z", "DTSTART:20250120T100000Z", "DTEND:20250120T110000Z"]
    lines += ["SUMMARY:Client", "ATTENDEE:mailto:kim@client.example", "END:VEVENT", "END:VCALENDAR"]
    query = {"user_id": "user123", "start_date": "2025-01-20", "end_date": "2025-01-21", "working_days": "Monday, Tue"}
    document = request_from_file(
        "\r\n".join(lines), query | {"granularity_minutes": "30", "meeting_buffer_minutes": "5"}
    )
    answer = world.optimize(**document, events=CLASH[1:])
    assert (answer.metrics.before.conflicts, answer.metrics.after.conflicts) == (1, 0)
    assert answer.constraints.meeting_buffer_minutes == 5
    assert answer.constraints.working_days == (0, 1)


def test_a_wish_comes_with_a_file_too(world: World) -> None:
    query = {"user_id": "user123", **RANGE, "wishes": "no meetings on Tuesday, at most 3 meetings a day"}
    answer = world.optimize(**request_from_file(EMPTY_FILE, query))
    assert [wish.wish for wish in answer.understood] == [query["wishes"]]
    assert answer.constraints.max_meetings_per_day == 3


def test_what_is_wrong_in_a_file_is_named_as_the_file_names_it(world: World) -> None:
    rule = ["DTSTART:20250101T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"]
    series = [line for number in range(200) for line in ("BEGIN:VEVENT", f"UID:u{number}@x", *rule, "END:VEVENT")]
    ics = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *series, "END:VCALENDAR"])
    with pytest.raises(InvalidRequest) as refused:
        world.optimize(ics=ics, events=CLASH, date_range=LONG_RANGE)
    (error,) = refused.value.errors
    assert error.field == "ics"
    assert error.detail.startswith("VEVENT (UID u156@x): RRULE makes too many occurrences to plan with")


def test_an_event_of_the_request_is_named_by_its_place(world: World) -> None:
    endless = meeting("daily", "20T10:00", "20T10:30", recurrence=["RRULE:FREQ=DAILY"])
    series = [endless | {"event_id": f"e{number}"} for number in range(200)]
    with pytest.raises(InvalidRequest) as refused:
        world.optimize(events=series, ics=EMPTY_FILE, date_range=LONG_RANGE)
    assert [error.field for error in refused.value.errors] == ["events[158].recurrence"]


def test_what_the_user_organizes_in_a_file_may_move_once_their_address_is_known(world: World) -> None:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN", "BEGIN:VEVENT", "UID:budget"]
    lines += ["DTSTART:20250120T103000Z", "DTEND:20250120T110000Z", "ORGANIZER:mailto:me@company.com"]
    lines += ["ATTENDEE:mailto:ana@company.com", "END:VEVENT", "END:VCALENDAR"]
    ics = "\r\n".join(lines)
    assert world.optimize(ics=ics, events=CLASH[:1]).metrics.after.conflicts == 1
    assert world.optimize(ics=ics, events=CLASH[:1], own_address="Me@company.com").metrics.after.conflicts == 0


@pytest.mark.parametrize("grid", ["7", "half an hour"])
def test_a_file_with_a_grid_of_its_own_is_refused(grid: str) -> None:
    with pytest.raises(ValidationError) as refused:
        OptimizeRequest.model_validate(request_from_file("", {"user_id": "u", **RANGE, "granularity_minutes": grid}))
    assert [error["loc"] for error in refused.value.errors()] == [("granularity_minutes",)]
