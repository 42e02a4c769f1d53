from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.calendar.ics import read_ics
from assistant.domain.calendar.problem import Problem
from assistant.domain.calendar.request import MOST_EVENTS, CalendarEvent, DateRange
from assistant.domain.errors import InvalidRequest
from tests.unit.calendar.weeks import MONDAY, NEW_YORK, clock, event, named, problem

RANGE = DateRange(start_date=MONDAY, end_date=MONDAY + timedelta(days=11))
ZONE = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def component(*lines: str, name: str = "VEVENT") -> str:
    return "\n".join((f"BEGIN:{name}", *lines, f"END:{name}\n"))


def calendar(*components: str) -> str:
    text = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n" + "".join(components) + "END:VCALENDAR\n"
    return text.replace("\n", "\r\n")


def read(*components: str, **given: Any) -> tuple[CalendarEvent, ...]:
    zone = problem().zone
    return read_ics(calendar(*components), RANGE, zone, **given)


def week_of(*components: str, **given: Any) -> Problem:
    return problem(*read(*components, **given), days=12)


def starts(week: Problem) -> list[str]:
    return [f"{one.id} {clock(week, one.start)[5:]}" for one in week.events]


def refusal(text: str) -> str:
    with pytest.raises(InvalidRequest) as refused:
        read_ics(text, RANGE, problem().zone)
    (error,) = refused.value.errors
    assert error.field == "ics"
    return error.detail


def test_reads_an_event_with_its_people() -> None:
    review = component(
        "UID:review@company.com",
        "SUMMARY:Budget\\, second",
        "  round",
        "LOCATION:Room 4",
        "DTSTART;TZID=Europe/Berlin:20260324T150000",
        "DTEND;TZID=Europe/Berlin:20260324T160000",
        "PRIORITY:1",
        "ORGANIZER;CN=Me:mailto:Me@company.com",
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:me@company.com",
        "ATTENDEE;PARTSTAT=TENTATIVE:mailto:Ann@company.com",
        "ATTENDEE;ROLE=OPT-PARTICIPANT:MAILTO:bob@company.com",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:eve@company.com",
        "ATTENDEE;CUTYPE=ROOM:mailto:room4@company.com",
        "ATTENDEE;ROLE=NON-PARTICIPANT:mailto:list@company.com",
    )

    (found,) = read(review, address="me@company.com")

    assert found.title == "Budget, second round"
    assert found.location == "Room 4"
    assert found.priority == "P1"
    assert [(one.email, one.optional) for one in found.attendees] == [
        ("ann@company.com", False),
        ("bob@company.com", True),
    ]
    assert (found.organizer_is_self, found.flexibility, found.is_external) == (True, "same_week", False)
    assert starts(problem(found)) == ["review@company.com 03-24T10:00-04:00"]


def test_what_the_user_does_not_organize_among_colleagues_stays() -> None:
    times = ("DTSTART:20260324T150000Z", "DTEND:20260324T160000Z")
    theirs = component("UID:theirs", "ORGANIZER:mailto:ann@company.com", *times)
    client = component("UID:client", "ORGANIZER:mailto:me@company.com", "ATTENDEE:mailto:x@client.com", *times)
    alone = component("UID:alone", *times)

    found = {one.event_id: one for one in read(theirs, client, alone, address="me@company.com")}

    assert found["theirs"].flexibility == "fixed"
    assert [one.email for one in found["theirs"].attendees] == ["ann@company.com"]
    assert found["client"].is_external
    assert (found["alone"].flexibility, found["alone"].attendees) == ("fixed", ())


@pytest.mark.parametrize(("answer", "kept"), [("DECLINED", False), ("TENTATIVE", True), ("NEEDS-ACTION", True)])
def test_what_the_user_declined_takes_no_time(answer: str, kept: bool) -> None:
    invitation = component(
        "UID:e",
        "DTSTART:20260324T150000Z",
        "DTEND:20260324T160000Z",
        f"ATTENDEE;PARTSTAT={answer}:mailto:me@company.com",
    )

    assert bool(week_of(invitation, address="me@company.com").events) is kept


def test_a_series_with_an_override_a_cancellation_and_a_date_left_out_in_another_zone() -> None:
    zone = "TZID=America/New_York"
    weekly = component(
        "UID:w",
        f"DTSTART;{zone}:20260302T140000",
        "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260401T235959Z",
        "RDATE:20260327T150000Z",
        "EXDATE;TZID=Europe/Berlin:20260325T190000",
    )
    moved = component(
        "UID:w", f"RECURRENCE-ID;{zone}:20260323T140000", f"DTSTART;{zone}:20260324T100000", "DURATION:PT30M"
    )
    cancelled = component(
        "UID:w", "RECURRENCE-ID:20260330T180000Z", "STATUS:CANCELLED", "DTSTART:20260330T180000Z", "DURATION:PT1H"
    )

    assert starts(week_of(weekly, moved, cancelled)) == [
        "w_20260323T180000Z 03-24T10:00-04:00",
        "w_20260327T150000Z 03-27T11:00-04:00",
        "w_20260401T180000Z 04-01T14:00-04:00",
    ]


def test_a_moved_occurrence_may_cross_the_edge_of_the_range() -> None:
    weekly = component("UID:w", "DTSTART:20260301T150000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=MO")
    into = component("UID:w", "RECURRENCE-ID:20260420T150000Z", "DTSTART:20260325T150000Z", "DURATION:PT1H")
    out = component("UID:w", "RECURRENCE-ID:20260330T150000Z", "DTSTART:20260630T150000Z", "DURATION:PT1H")

    assert starts(week_of(weekly, into, out)) == [
        "w_20260323T150000Z 03-23T11:00-04:00",
        "w_20260420T150000Z 03-25T11:00-04:00",
    ]


def test_an_event_that_is_in_the_request_and_in_the_file_counts_once() -> None:
    inline = event("synced", "2026-03-24T11:00", ical_uid="e@x")
    (file,) = read(component("UID:e@x", "DTSTART:20260324T150000Z", "DURATION:PT1H"))

    assert [one.id for one in problem(inline, file).events] == ["synced"]


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "W. Europe Standard Time", "/vendor.org/20070129_1/Europe/Berlin", "Customized Time Zone"]
)
def test_zones_by_any_of_their_names_keep_their_wall_clock(zone: str) -> None:
    weekly = component("UID:w", f"DTSTART;TZID={zone}:20260303T150000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY")

    assert starts(week_of(ZONE, weekly)) == [
        "w_20260324T140000Z 03-24T10:00-04:00",
        "w_20260331T130000Z 03-31T09:00-04:00",
    ]


def test_a_floating_time_is_the_users() -> None:
    assert starts(week_of(component("UID:e", "DTSTART:20260324T100000", "DTEND:20260324T110000"))) == [
        "e 03-24T10:00-04:00"
    ]


def test_a_duration_is_exact_over_a_dst_change() -> None:
    flight = component("UID:f", f"DTSTART;TZID={NEW_YORK}:20260307T200000", "DURATION:PT14H")

    (found,) = read_ics(
        calendar(flight), DateRange(start_date=date(2026, 3, 7), end_date=date(2026, 3, 8)), problem().zone
    )

    assert problem(found, first=date(2026, 3, 7)).events[0].minutes == 14 * 60


@pytest.mark.parametrize(
    ("stated", "away"),
    [
        ((), False),
        (("TRANSP:OPAQUE",), True),
        (("TRANSP:TRANSPARENT",), False),
        (("X-MICROSOFT-CDO-BUSYSTATUS:OOF",), True),
        (("X-MICROSOFT-CDO-BUSYSTATUS:FREE", "TRANSP:OPAQUE"), False),
    ],
)
def test_an_all_day_event_takes_the_day_only_where_it_says_so(stated: tuple[str, ...], away: bool) -> None:
    week = week_of(component("UID:v", "DTSTART;VALUE=DATE:20260325", "DTEND;VALUE=DATE:20260327", *stated))

    assert [day.date.day for day in week.days if day.out_of_office] == ([25, 26] if away else [])


def test_an_all_day_event_without_end_is_one_day() -> None:
    week = week_of(component("UID:v", "DTSTART;VALUE=DATE:20260325", "TRANSP:OPAQUE"))

    assert [day.date.day for day in week.days if day.out_of_office] == [25]


def test_a_timed_event_may_leave_the_user_free() -> None:
    times = ("DTSTART:20260324T150000Z", "DTEND:20260324T160000Z")

    assert week_of(component("UID:e", "TRANSP:TRANSPARENT", *times)).events == ()
    assert week_of(component("UID:e", "STATUS:CANCELLED", *times)).events == ()
    assert week_of(component("UID:e", "DTSTART:20260324T150000Z")).events == ()


@pytest.mark.parametrize(("hours", "away"), [("T000000", True), ("T010000", False)])
def test_out_of_office_from_midnight_to_midnight_takes_the_days(hours: str, away: bool) -> None:
    week = week_of(
        component(
            "UID:away",
            f"DTSTART;TZID={NEW_YORK}:20260324{hours}",
            f"DTEND;TZID={NEW_YORK}:20260326{hours}",
            "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
        )
    )
    assert [day.date.day for day in week.days if day.out_of_office] == ([24, 25] if away else [])
    assert len(week.events) == (not away)


def test_a_file_that_cancels_takes_events_away() -> None:
    kept = component("UID:a", "DTSTART:20260324T150000Z", "DURATION:PT1H")
    cancelled = calendar(component("UID:a", "SEQUENCE:1", "DTSTART:20260324T150000Z", "DURATION:PT1H"))
    text = calendar(kept) + cancelled.replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:CANCEL")
    (event,) = read_ics(text, RANGE, problem().zone)
    assert event.status == "cancelled"


def test_a_birthday_may_have_begun_long_ago() -> None:
    born = component("UID:b", "DTSTART;VALUE=DATE:16040325", "RRULE:FREQ=YEARLY", "TRANSP:OPAQUE")
    assert [day.date.day for day in week_of(born).days if day.out_of_office] == [25]


def test_a_series_until_the_last_year_there_is_goes_on() -> None:
    daily = component("UID:d", "DTSTART:20260324T150000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;UNTIL=99991231T235959Z")
    assert len(week_of(daily).events) == 2


def test_busy_times_are_events_that_stay() -> None:
    busy = component(
        "UID:b",
        "DTSTART:20260323T000000Z",
        "FREEBUSY:20260324T150000Z/PT1H,20260324T170000Z/20260324T180000Z",
        "FREEBUSY;FBTYPE=FREE:20260325T150000Z/PT1H",
        "FREEBUSY:20270325T150000Z/PT1H",
        name="VFREEBUSY",
    )

    week = week_of(busy)

    assert starts(week) == ["b_20260324T150000Z 03-24T11:00-04:00", "b_20260324T170000Z 03-24T13:00-04:00"]
    assert not named(week, "b_20260324T150000Z").movable


def test_the_newest_version_of_an_event_counts() -> None:
    def version(sequence: int, hour: int) -> str:
        return component(
            "UID:e", f"SEQUENCE:{sequence}", f"DTSTART:20260324T{hour}0000Z", f"DTEND:20260324T{hour}3000Z"
        )

    assert starts(week_of(version(2, 15), version(1, 14))) == ["e 03-24T11:00-04:00"]
    assert starts(week_of(version(1, 14), version(2, 15))) == ["e 03-24T11:00-04:00"]


def test_what_is_far_from_the_range_is_left_out_but_series_are_kept() -> None:
    old = component("UID:old", "DTSTART:20240324T150000Z", "DTEND:20240324T160000Z")
    weekly = component("UID:weekly", "DTSTART:20240325T150000Z", "DTEND:20240325T160000Z", "RRULE:FREQ=WEEKLY")

    assert [one.event_id for one in read(old, weekly)] == ["weekly"]


def test_several_calendars_in_one_file_and_events_without_uid() -> None:
    one = calendar(component("DTSTART:20260324T150000Z", "DTEND:20260324T160000Z"))

    found = read_ics(
        one + calendar(component("UID:b", "DTSTART:20260325T150000Z", "DURATION:PT1H")), RANGE, problem().zone
    )

    assert [event.event_id for event in found] == ["VEVENT-1", "b"]


def test_a_byte_order_mark_is_no_part_of_the_file() -> None:
    file = calendar(component("UID:e", "DTSTART:20260324T150000Z", "DURATION:PT1H"))

    assert [one.event_id for one in read_ics("\ufeff" + file, RANGE, problem().zone)] == ["e"]


def test_says_the_same_as_the_events_of_a_request() -> None:
    inline = event("w", "2026-03-02T14:00", timezone=NEW_YORK, recurrence=["RRULE:FREQ=WEEKLY"], attendees=[])
    file = component(
        "UID:w", f"DTSTART;TZID={NEW_YORK}:20260302T140000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY", "SUMMARY:w"
    )

    assert week_of(file).events == problem(inline, days=12).events


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        (("DTSTART:20260324T150000Z", "DTEND:20260324T140000Z"), "VEVENT 2 (UID b): DTEND must be after start"),
        (("DTSTART:yesterday",), "VEVENT 2 (UID b): DTSTART cannot be read"),
        (("DTEND:20260324T140000Z",), "VEVENT 2 (UID b): No DTSTART"),
        (
            ("DTSTART;TZID=Mars/Olympus:20260324T150000", "DURATION:PT1H"),
            "VEVENT 2 (UID b): DTSTART is in a time zone the file",
        ),
        (
            ("DTSTART;TZID=Odd:20260324T150000", "DURATION:PT1H"),
            "VEVENT 2 (UID b): DTSTART is in a time zone like no other",
        ),
        (("DTSTART:20260324T150000Z", "DURATION:PT1H", "RRULE:FREQ=SECONDLY"), "VEVENT 2 (UID b): RRULE FREQ must be"),
        (("DTSTART:20260324T150000Z", "DURATION:PT1H", "EXRULE:FREQ=DAILY"), "VEVENT 2 (UID b): EXRULE is not"),
        (("DTSTART:20260324T150000Z", "DURATION:PT1H", "SEQUENCE:new"), "VEVENT 2 (UID b): SEQUENCE cannot be read"),
        (("DTSTART:20260324T150000Z", "DTSTART:20260325T150000Z"), "VEVENT 2 (UID b): DTSTART must not stand twice"),
        (("DTSTART:20260324T150000Z", "DURATION:PT1H", "no property"), "VEVENT 2 (UID b): a line cannot be read"),
        (
            ("DTSTART:20260324T150000Z", "DURATION:PT1H", "RDATE;VALUE=PERIOD:20260325T150000Z/PT2H"),
            "VEVENT 2 (UID b): RDATE with periods is not supported",
        ),
        (
            ("DTSTART:20260324T150000Z", "DURATION:PT1H", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260324T150000Z"),
            "VEVENT 2 (UID b): RECURRENCE-ID with RANGE is not supported",
        ),
    ],
)
def test_names_the_broken_component(lines: tuple[str, ...], where: str) -> None:
    fine = component("UID:a", "DTSTART:20260324T150000Z", "DURATION:PT1H")

    odd = ZONE.replace("Customized Time Zone", "Odd").replace("+0200", "+0217")

    assert refusal(calendar(odd, fine, component("UID:b", *lines))).startswith(where)


MINUTES = [f"{number // 1440 + 20260324}T{number // 60 % 24:02d}{number % 60:02d}00Z" for number in range(10_001)]
WRONG_FILES = {
    "empty": ("", "has no calendar from BEGIN:VCALENDAR"),
    "prose": ("Dear calendar,", "line 1 is not a property"),
    "prose after it": (calendar() + "and more", "line 5 is not a property"),
    "calendar without end": (calendar().removesuffix("END:VCALENDAR\r\n"), "has no calendar from BEGIN:VCALENDAR"),
    "event without end": (calendar("BEGIN:VEVENT\n"), "one without end"),
    "depth": (calendar("BEGIN:X-A\n" * 11), "has components too deep"),
    "events": (calendar(component("UID:a") * (MOST_EVENTS + 1)), "has more than 10000 events"),
    "busy times": (
        calendar(component(*(f"FREEBUSY:{start}/PT1M" for start in MINUTES), name="VFREEBUSY")),
        "has more than 10000 events and busy times",
    ),
    "zones": (calendar(ZONE * 101), "has more than 100 time zones"),
    "rule of a zone": (calendar(ZONE.replace("YEARLY", "SECONDLY")), "has a time zone with a rule that is not"),
}


@pytest.mark.parametrize(("text", "where"), WRONG_FILES.values(), ids=WRONG_FILES)
def test_names_what_is_wrong_with_a_file(text: str, where: str) -> None:
    assert where in refusal(text)


LINES = [
    "BEGIN:VCALENDAR",
    "BEGIN:VEVENT",
    "END:VEVENT",
    "END:VCALENDAR",
    "UID:a",
    "DTSTART:20260324T150000Z",
    "DTSTART;VALUE=DATE:20260324",
    "DTEND;TZID=Nowhere:20260324T150000",
    "DURATION:PT1H",
    "DURATION:-P1D",
    "RRULE:FREQ=DAILY",
    "RRULE:",
    "EXDATE:x",
    "ATTENDEE:",
    "RECURRENCE-ID:20260324T150000Z",
    "RECURRENCE-ID;VALUE=DATE:20260324",
    "PRIORITY:high",
    "RDATE;VALUE=PERIOD:20260325T140000Z/PT1H",
    " folded",
]


@given(st.text(max_size=200) | st.lists(st.sampled_from(LINES), max_size=12).map("\n".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    for given_ in (text, calendar(component(text + "\n"))):
        with suppress(InvalidRequest):
            problem(*read_ics(given_, RANGE, problem().zone))
