from datetime import UTC, date, datetime, time, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.calendar.recurrence import periods, read_rule, read_series
from tests.fakes.examples import examples

CODES = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def days(rule: str, first: date, since: date, until: date) -> list[date]:
    return [day for found in periods(read_rule(rule), first, since, until) for day in found]


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules that come round every few years at least: the judge of these tests would look for others for ever."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"WKST={draw(st.sampled_from(['MO', 'SU', 'WE']))}"]
    if frequency == "DAILY":
        parts.append(f"INTERVAL={draw(st.integers(1, 6))}")
    else:
        parts.append(f"INTERVAL={draw(st.integers(1, 3))}")
    by_day = draw(st.lists(st.sampled_from(CODES), max_size=3, unique=True))
    if by_day and frequency in ("MONTHLY", "YEARLY"):
        nth = draw(st.sampled_from(["", "1", "2", "-1", "-2"]))
        by_day = [f"{nth}{code}" for code in by_day]
    if by_day:
        parts.append("BYDAY=" + ",".join(by_day))
    elif frequency in ("MONTHLY", "YEARLY"):
        month_days = draw(st.lists(st.sampled_from([1, 15, 28, -1, -28]), max_size=3, unique=True))
        if month_days:
            parts.append("BYMONTHDAY=" + ",".join(map(str, month_days)))
    if draw(st.booleans()) and frequency in ("DAILY", "YEARLY"):
        months = draw(st.lists(st.integers(1, 12), min_size=1, unique=True))
        parts.append("BYMONTH=" + ",".join(map(str, months)))
    # In a week that has begun, dateutil counts the positions from the first day of the series.
    if draw(st.booleans()) and by_day and frequency != "WEEKLY":
        parts.append("BYSETPOS=" + draw(st.sampled_from(["1", "-1", "1,-1"])))
    if draw(st.booleans()):
        parts.append(f"COUNT={draw(st.integers(1, 40))}")
    return ";".join(parts)


@examples(300)
@given(rules(), st.dates(date(2020, 1, 1), date(2024, 12, 31)), st.integers(-90, 900), st.integers(0, 200))
def test_agrees_with_dateutil(rule: str, first: date, after: int, length: int) -> None:
    since = first + timedelta(days=after)
    until = since + timedelta(days=length)
    series = rrulestr(rule, dtstart=datetime.combine(first, time()))

    found = series.between(datetime.combine(since, time()), datetime.combine(until, time()), inc=True)

    assert days(rule, first, since, until) == [one.date() for one in found]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=MONTHLY;BYDAY=-1FR", [date(2026, 1, 30), date(2026, 2, 27), date(2026, 3, 27)]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", [date(2026, 1, 31), date(2026, 3, 31)]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", [date(2026, 1, 30), date(2026, 2, 27), date(2026, 3, 31)]),
        ("FREQ=MONTHLY;BYDAY=1MO,-1MO;BYMONTH=2", [date(2026, 2, 2), date(2026, 2, 23)]),
        (
            "FREQ=WEEKLY;INTERVAL=4;BYDAY=FR,MO",
            [date(2026, 1, 30), date(2026, 2, 23), date(2026, 2, 27), date(2026, 3, 23), date(2026, 3, 27)],
        ),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", [date(2026, 3, 8)]),
        ("FREQ=MONTHLY;BYDAY=MO,1WE;BYMONTH=2", [date(2026, 2, day) for day in (2, 4, 9, 16, 23)]),
        ("FREQ=DAILY;INTERVAL=7;COUNT=2", [date(2026, 1, 30), date(2026, 2, 6)]),
    ],
)
def test_knows_the_usual_rules(rule: str, expected: list[date]) -> None:
    assert days(rule, date(2026, 1, 30), date(2026, 1, 30), date(2026, 3, 31)) == expected


def test_a_month_without_the_day_is_left_out() -> None:
    assert days("FREQ=MONTHLY", date(2026, 1, 30), date(2026, 2, 1), date(2026, 3, 31)) == [date(2026, 3, 30)]


def test_jumps_to_the_days_asked_for() -> None:
    walked = list(periods(read_rule("FREQ=DAILY"), date(1971, 1, 1), date(2026, 3, 2), date(2026, 3, 8)))

    assert len(walked) == 7


def test_says_of_every_period_that_it_is_empty() -> None:
    walked = list(
        periods(
            read_rule("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"), date(2026, 1, 1), date(2026, 1, 1), date(2026, 12, 31)
        )
    )

    assert walked == [()] * 12


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("FREQ=SECONDLY", "FREQ must be"),
        ("BYDAY=MO", "FREQ must be"),
        ("", "must be a rule like"),
        ("FREQ=DAILY;COUNT=0", "COUNT must be 1 to"),
        ("FREQ=DAILY;COUNT=many", "COUNT must be whole numbers"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260401", "must not stand together"),
        ("FREQ=DAILY;UNTIL=tomorrow", "dates must look like"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY and WKST must be"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY and WKST must be"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY must be 1 to 31"),
        ("FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO is not supported"),
        ("FREQ=DAILY;BYHOUR=9", "BYHOUR is not supported"),
        ("FREQ=DAILY;UNTIL=00010101", "UNTIL must not be before the year 1600"),
    ],
)
def test_refuses_rules_it_cannot_plan_with(rule: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_rule(rule)


def test_reads_dates_left_out_and_added_in_their_zones() -> None:
    series = read_series(
        (
            "RRULE:FREQ=WEEKLY",
            "EXDATE;TZID=Europe/Berlin:20260325T140000,20260401T140000",
            "EXDATE;VALUE=DATE:20260408",
            "rdate:20260326T100000Z",
        )
    )

    assert {one.isoformat() for one in series.left_out} == {
        "2026-03-25T14:00:00+01:00",
        "2026-04-01T14:00:00+02:00",
        "2026-04-08",
    }
    assert series.added == (datetime(2026, 3, 26, 10, tzinfo=UTC),)


def test_dates_nobody_plans_with_are_left_out() -> None:
    series = read_series(
        ("RDATE:00010101T000000Z,99991231", "EXDATE:99991231T235900", "RRULE:FREQ=DAILY;UNTIL=99991231")
    )
    assert (series.added, series.left_out, series.rule) == ((), frozenset(), read_rule("FREQ=DAILY"))


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (("RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"), "second RRULE"),
        (("FREQ=DAILY",), "must be RRULE, EXDATE or RDATE lines"),
        (("EXDATE;TZID=Mars/Olympus:20260325T140000",), "IANA time zone"),
        (("RDATE;VALUE=PERIOD:20260325T140000Z/PT1H",), "dates must look like"),
    ],
)
def test_refuses_lines_it_cannot_read(lines: tuple[str, ...], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_series(lines)
