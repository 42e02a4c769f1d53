"""Common free time: every slot suits everybody, the least disturbing comes first, and no slot has a reason."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assistant.domain.calendar.connected import ConnectedEvent
from assistant.domain.calendar.kept import CalendarPlace
from assistant.domain.calendar.offer import offered, said
from assistant.domain.calendar.problem import Interval
from assistant.domain.calendar.request import CalendarEvent
from assistant.domain.errors import Forbidden, InvalidRequest
from assistant.domain.triage.language import Language
from assistant.domain.users import Identity
from assistant.services.find_availability import (
    AvailabilityPorts,
    AvailabilityRequest,
    AvailabilityResponse,
    find_availability,
)
from tests.fakes.connections import google_connection
from tests.fakes.kept_calendar import MemoryKeptCalendars
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryPreferences, Outage

CALLER = Identity("user123", "request")
BERLIN = ZoneInfo("Europe/Berlin")
WINDOW = {"start": "2025-01-20T10:00"}


def found(
    *,
    store: Outage | None = None,
    now: datetime | None = None,
    kept: MemoryKeptCalendars | None = None,
    **fields: Any,
) -> AvailabilityResponse:
    request = AvailabilityRequest.model_validate(
        {
            "user_id": "user123",
            "duration_minutes": 30,
            "timezone": "Europe/Berlin",
            "window": {"start": "2025-01-20T00:00", "end": "2025-01-21T00:00"},
            **fields,
        }
    )
    clock = ManualClock(now or datetime(2025, 1, 15, 10, tzinfo=UTC))
    ports = AvailabilityPorts(MemoryPreferences(store or Outage()), kept or MemoryKeptCalendars(), clock)
    return find_availability(request, CALLER, ports=ports)


def own(start: str, end: str, *, meeting: bool = True, day: int = 20) -> dict[str, Any]:
    return {
        "event_id": f"{day}{start}",
        "start": f"2025-01-{day}T{start}",
        "end": f"2025-01-{day}T{end}",
        "attendees": [{"email": "ana@company.com"}] if meeting else [],
    }


def times(answer: AvailabilityResponse) -> list[str]:
    return [f"{slot.start:%H:%M}" for slot in answer.slots]


def test_an_empty_day_offers_what_leaves_whole_blocks_first() -> None:
    answer = found(limit=2)
    assert times(answer) == ["09:00", "11:00"]
    assert answer.reason is None
    assert answer.degraded == ()


def test_without_events_of_its_own_a_request_is_held_against_the_connected_calendars() -> None:
    kept, connection, now = MemoryKeptCalendars(), google_connection(), datetime(2025, 1, 15, 10, tzinfo=UTC)
    place = CalendarPlace.of(connection).begun_anew(now)
    assert kept.replace(place.model_copy(update={"whole": True, "synced_at": now}))
    busy = {"event_id": "busy", "start": "2025-01-20T08:00:00Z", "end": "2025-01-20T15:00:00Z"}
    kept.keep(connection, [ConnectedEvent(CalendarEvent.model_validate(busy), "1")], generation=1)
    answer = found(kept=kept)
    assert times(answer) == ["16:00", "16:30"]
    assert [(one.events, one.complete) for one in answer.calendars] == [(1, True)]
    assert found(kept=kept, events=[]).calendars == ()
    assert times(found(kept=kept, events=[], limit=1)) == ["09:00"]
    # Without any calendar the user's time counts as free.
    assert found(kept=MemoryKeptCalendars(), limit=1).calendars == ()


def test_a_gap_too_short_for_focus_goes_before_a_free_morning() -> None:
    answer = found(
        events=[own("13:00", "14:00"), own("15:00", "17:00")], buffer_minutes=0, constraints={"focus_time_hours": 3}
    )
    assert times(answer)[0] == "14:00"
    assert answer.slots[0].disruption == 0


def test_buffers_hold_around_meetings_but_not_around_ones_own_work() -> None:
    window = {"start": "2025-01-20T10:00", "end": "2025-01-20T12:00"}
    meeting = found(window=window, events=[own("10:30", "11:00")], buffer_minutes=15)
    work = found(window=window, events=[own("10:30", "11:00", meeting=False)], buffer_minutes=15)
    assert sorted(times(meeting)) == ["11:15"]
    assert sorted(times(work)) == ["10:00", "11:00", "11:30"]


def test_those_who_must_come_are_free_and_who_may_be_absent_is_named() -> None:
    busy = {"busy": [{"start": "2025-01-20T09:00", "end": "2025-01-20T16:00"}]}
    attendees = [{"email": "ana@company.com"}, {"email": "ben@company.com", "optional": True}, {"email": "New@x.com"}]
    required = found(attendees=attendees, attendee_availability={"ana@company.com": busy})
    optional = found(attendees=attendees, attendee_availability={"ben@company.com": busy}, limit=20)
    assert sorted(times(required)) == ["16:00", "16:30"]
    assert required.unknown == ("new@x.com", "ben@company.com") or set(required.unknown) == {
        "new@x.com",
        "ben@company.com",
    }
    assert sorted(times(optional)[:2]) == ["16:00", "16:30"]
    assert optional.slots[0].absent == ()
    assert optional.slots[-1].absent == ("ben@company.com",)


def test_working_hours_of_attendees_are_in_their_own_zone() -> None:
    answer = found(
        attendees=[{"email": "dev@company.com"}],
        attendee_availability={
            "dev@company.com": {"timezone": "Asia/Kolkata", "working_hours": {"start": "09:30", "end": "15:00"}}
        },
        limit=20,
    )
    # 15:00 in Kolkata is 10:30 in Berlin.
    assert times(answer) == ["09:00", "09:30", "10:00"]


def test_the_daily_maximum_sends_a_meeting_to_another_day() -> None:
    answer = found(
        window={"start": "2025-01-20T00:00", "end": "2025-01-22T00:00"},
        events=[own("09:00", "09:30")],
        constraints={"max_meetings_per_day": 1},
        limit=1,
    )
    assert answer.slots[0].start.date() == date(2025, 1, 21)


def test_nothing_is_offered_in_the_past_or_without_notice_of_the_clock() -> None:
    answer = found(now=datetime(2025, 1, 20, 14, 50, tzinfo=UTC), limit=20)
    # 14:50 UTC is 15:50 in Berlin.
    assert times(answer) == ["16:00", "16:30"]


@pytest.mark.parametrize(
    ("fields", "what", "reason"),
    [
        ({"events": [own("09:00", "17:00")]}, "own_calendar", "Your own calendar takes 31 of the 31 possible times."),
        (
            {"window": {"start": "2025-01-20T06:00", "end": "2025-01-20T08:00"}},
            "hours",
            "The window has no time within your meeting hours.",
        ),
        (
            {
                "attendees": [{"email": "ana@company.com"}],
                "events": [own("09:00", "12:00")],
                "attendee_availability": {
                    "ana@company.com": {"busy": [{"start": "2025-01-20T10:00", "end": "2025-01-20T18:00"}]}
                },
            },
            "ana@company.com",
            "ana@company.com is busy or off work at 28 of the 31 possible times.",
        ),
    ],
)
def test_without_a_slot_the_greatest_obstacle_is_named(fields: dict[str, Any], what: str, reason: str) -> None:
    answer = found(**fields)
    assert answer.slots == ()
    assert answer.sentence == ""
    assert answer.obstacles[0].what == what
    assert answer.reason == reason


def test_the_sentence_is_in_the_zone_and_language_of_its_reader() -> None:
    answer = found(
        window={"start": "2025-01-20T15:00", "end": "2025-01-20T16:00"},
        recipient_timezone="America/New_York",
        language="es",
    )
    assert answer.sentence == (
        "¿Le vendría bien alguno de estos momentos: lunes 20 de enero, 09:00–09:30; lunes 20 de enero, 09:30–10:00 "
        "(hora de New York, UTC-5)?"
    )
    assert answer.slots[0].recipient_time == "lunes 20 de enero, 09:30–10:00"
    assert answer.slots[0].start == datetime(2025, 1, 20, 15, 30, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (Language.ENGLISH, "Would Monday 20 January, 10:00–10:30 (Berlin time, UTC+1) suit you?"),
        (Language.SPANISH, "¿Le vendría bien el lunes 20 de enero, 10:00–10:30 (hora de Berlin, UTC+1)?"),
        (Language.FRENCH, "Est-ce que le lundi 20 janvier, 10:00–10:30 (heure de Berlin, UTC+1) vous conviendrait ?"),
        (Language.GERMAN, "Würde Ihnen Montag, 20. Januar, 10:00–10:30 (Ortszeit Berlin, UTC+1) passen?"),
    ],
)
def test_one_time_is_offered_in_each_language(language: Language, sentence: str) -> None:
    ten = int(datetime(2025, 1, 20, 10, tzinfo=BERLIN).timestamp()) // 60
    assert offered([Interval(ten, ten + 30)], BERLIN, language) == sentence


@pytest.mark.parametrize(
    ("zone", "named"),
    [
        ("UTC", "UTC"),
        ("Etc/GMT-3", "UTC+3"),
        ("Asia/Kathmandu", "Kathmandu time, UTC+5:45"),
        ("Europe/London", "London time, UTC"),
    ],
)
def test_zones_are_named_as_people_know_them(zone: str, named: str) -> None:
    noon = int(datetime(2025, 1, 20, 12, tzinfo=UTC).timestamp()) // 60
    assert f"({named})" in offered([Interval(noon, noon + 30)], ZoneInfo(zone), Language.ENGLISH)


def test_each_time_has_its_offset_where_the_clocks_change_between_them() -> None:
    answer = found(
        window={"start": "2025-03-28T09:00", "end": "2025-03-31T09:30"},
        constraints={"no_meetings_before": "09:00", "no_meetings_after": "09:30"},
    )
    assert answer.sentence == (
        "Would one of these times suit you: Friday 28 March, 09:00–09:30 (Berlin time, UTC+1); "
        "Monday 31 March, 09:00–09:30 (Berlin time, UTC+2)?"
    )


def test_a_meeting_over_the_missing_hour_is_as_long_as_asked() -> None:
    answer = found(
        window={"start": "2025-03-30T00:00", "end": "2025-03-31T00:00"},
        duration_minutes=60,
        constraints={"no_meetings_before": "01:30", "no_meetings_after": "04:00", "working_days": ["Sunday"]},
        limit=1,
    )
    (slot,) = answer.slots
    assert slot.end.astimezone(UTC) - slot.start.astimezone(UTC) == timedelta(hours=1)
    assert slot.recipient_time == "Sunday 30 March, 01:30–03:30"


MINUTES = st.integers(0, 5 * 24 * 4).map(lambda quarter: quarter * 15)
BUSY = st.lists(st.tuples(MINUTES, st.integers(1, 20).map(lambda quarter: quarter * 15)), max_size=12)


@given(own_times=BUSY, ana=BUSY, minutes=st.sampled_from([15, 30, 60, 90]), buffer=st.sampled_from([0, 10, 30]))
def test_every_slot_is_free_for_everybody(
    own_times: list[tuple[int, int]], ana: list[tuple[int, int]], minutes: int, buffer: int
) -> None:
    midnight = datetime(2025, 1, 20, tzinfo=BERLIN)

    def spans(given_times: list[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
        starts = [midnight + timedelta(minutes=start) for start, _ in given_times]
        return [
            (start, start + timedelta(minutes=length)) for start, (_, length) in zip(starts, given_times, strict=True)
        ]

    answer = found(
        window={"start": "2025-01-20T00:00", "end": "2025-01-25T00:00"},
        duration_minutes=minutes,
        buffer_minutes=buffer,
        attendees=[{"email": "ana@company.com"}],
        events=[
            {"event_id": str(index), "start": start, "end": end, "attendees": [{"email": "ben@company.com"}]}
            for index, (start, end) in enumerate(spans(own_times))
        ],
        attendee_availability={"ana@company.com": {"busy": [{"start": a, "end": b} for a, b in spans(ana)]}},
        limit=20,
    )
    gap = timedelta(minutes=buffer)
    for slot in answer.slots:
        assert slot.end - slot.start == timedelta(minutes=minutes)
        assert time(9) <= slot.start.time() and slot.end.time() <= time(17)  # noqa: PT018 - one thing: hours
        assert all(end + gap <= slot.start or slot.end + gap <= start for start, end in spans(own_times))
        assert all(end <= slot.start or slot.end <= start for start, end in spans(ana))
    assert [slot.disruption for slot in answer.slots] == sorted(slot.disruption for slot in answer.slots)
    ordered = sorted(answer.slots, key=lambda slot: slot.start)
    assert all(one.end <= other.start for one, other in pairwise(ordered))
    assert (answer.reason is None) == bool(answer.slots)


def test_with_the_preferences_down_their_defaults_hold() -> None:
    store = Outage()
    store.down = True
    answer = found(store=store)
    assert answer.degraded == ("preferences",)
    assert answer.slots


@pytest.mark.parametrize(
    ("window", "detail"),
    [
        (WINDOW | {"end": "2025-01-20T10:15"}, "must be at least duration_minutes after window.start"),
        (WINDOW | {"end": "2025-01-19T10:00"}, "must be at least duration_minutes after window.start"),
        (WINDOW | {"end": "2025-03-23T10:00"}, "must not be more than 61 days after window.start"),
    ],
)
def test_a_window_that_cannot_be_is_named(window: dict[str, str], detail: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        found(window=window)
    (error,) = refused.value.errors
    assert (error.field, error.detail) == ("window.end", detail)


def test_another_users_calendar_is_refused() -> None:
    with pytest.raises(Forbidden):
        found(user_id="somebody.else")


def test_a_time_is_said_with_its_day_in_the_readers_zone() -> None:
    late = int(datetime(2025, 1, 20, 23, 30, tzinfo=BERLIN).timestamp()) // 60
    assert (
        said(Interval(late, late + 60), ZoneInfo("Asia/Tokyo"), Language.ENGLISH) == "Tuesday 21 January, 07:30–08:30"
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"attendees": [{"email": "ana@company.com"}, {"email": "ANA@company.com"}]}, "names somebody twice"),
        ({"buffer_minutes": 5, "constraints": {"meeting_buffer_minutes": 10}}, "other than buffer_minutes"),
    ],
)
def test_a_request_that_contradicts_itself_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as refused:
        found(**fields)
    assert refused.value.errors()[0]["loc"] == tuple(fields)[-1:]


def test_a_window_that_is_over_says_so() -> None:
    answer = found(window={"start": "2015-01-19T00:00", "end": "2015-01-23T00:00"})
    assert (answer.slots, answer.reason) == ((), "The window has passed.")
