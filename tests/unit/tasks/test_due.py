"""Due dates as people write them, in the user's zone and across clock changes."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.tasks.due import read_due

# A Wednesday.
NOW = datetime(2025, 1, 15, 10, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


def local(text: str, zone: ZoneInfo = BERLIN, now: datetime = NOW) -> str | None:
    due = read_due(text, now=now, zone=zone, day_end=time(17, 30))
    return f"{due.at.astimezone(zone):%Y-%m-%d %H:%M}" if due else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-01-22", "2025-01-22 17:30"),
        ("2025-01-22T15:00", "2025-01-22 15:00"),
        ("2025-01-22 15:00", "2025-01-22 15:00"),
        ("2025-01-22T15:00Z", "2025-01-22 16:00"),
        ("2025-01-22T15:00:00-05:00", "2025-01-22 21:00"),
        ("22 January 2024", "2024-01-22 17:30"),
        ("Jan 22", "2025-01-22 17:30"),
        ("22/01/2025", "2025-01-22 17:30"),
        ("today", "2025-01-15 17:30"),
        ("ASAP", "2025-01-15 17:30"),
        ("EOD", "2025-01-15 17:30"),
        ("tomorrow 3pm", "2025-01-16 15:00"),
        ("by tomorrow at 15:00", "2025-01-16 15:00"),
        ("Friday", "2025-01-17 17:30"),
        ("Friday 15:00", "2025-01-17 15:00"),
        ("EOW", "2025-01-17 17:30"),
        ("next week", "2025-01-24 17:30"),
        ("EOM", "2025-01-31 17:30"),
        ("end of quarter", "2025-03-31 17:30"),
        ("EOY", "2025-12-31 17:30"),
        ("in 3 days", "2025-01-18 11:00"),
        ("within 2 hours", "2025-01-15 13:00"),
        ("mañana", "2025-01-16 17:30"),
        ("para el viernes", "2025-01-17 17:30"),
        ("fin de mes", "2025-01-31 17:30"),
        ("demain 18h30", "2025-01-16 18:30"),
        ("vendredi", "2025-01-17 17:30"),
        ("la semaine prochaine", "2025-01-24 17:30"),
        ("Freitag 14 Uhr", "2025-01-17 14:00"),
        ("bis Freitag", "2025-01-17 17:30"),
        ("in 3 Tagen", "2025-01-18 11:00"),
        ("Ende der Woche", "2025-01-17 17:30"),
        ("none", None),
        ("  ", None),
    ],
)
def test_due_dates_in_words_and_iso(text: str, expected: str | None) -> None:
    assert local(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2025-02-30", "is no day or time that exists"),
        ("2025-13-01", "is no day or time that exists"),
        ("2025-01-22T25:00", "is no day or time that exists"),
        ("31 February", "is no day or time that exists"),
        ("13:99 tomorrow", "is no day or time that exists"),
        ("2025-1-5", "must be a day or time like"),
        ("whenever", "must be a day or time like"),
        ("tomorrow 15", "must be a day or time like"),
        ("12", "must be a day or time like"),
        ("0001-01-01", "must be between the years 1971 and 2198"),
        ("9999-12-31T23:59-23:00", "is no day or time that exists"),
    ],
)
def test_what_is_no_due_date_says_why(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        local(text)


def test_only_a_day_without_a_time_is_a_day() -> None:
    for text, day_only in (("2025-01-22", True), ("EOW", True), ("2025-01-22T17:30", False), ("noon", False)):
        due = read_due(text, now=NOW, zone=BERLIN, day_end=time(17, 30))
        assert due is not None
        assert due.day_only is day_only


def test_a_business_day_ends_at_the_users_hour_after_the_clocks_changed() -> None:
    # The clocks go forward on 9 March in New York, and on 30 March in Berlin.
    for zone, expected in ((NEW_YORK, 21), (BERLIN, 16)):
        due = read_due("2025-03-10", now=NOW, zone=zone, day_end=time(17))
        assert due is not None
        assert due.at == datetime(2025, 3, 10, expected, tzinfo=UTC)
    skipped = read_due("2025-03-30T02:30", now=NOW, zone=BERLIN, day_end=time(17))
    assert skipped is not None
    assert skipped.at == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)


def test_tomorrow_is_the_users() -> None:
    late = datetime(2025, 1, 15, 23, 30, tzinfo=UTC)
    assert local("tomorrow", BERLIN, late) == "2025-01-17 17:30"
    assert local("tomorrow", NEW_YORK, late) == "2025-01-16 17:30"


@given(st.text(max_size=100))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        due = read_due(text, now=NOW, zone=BERLIN, day_end=time(17))
    except ValueError:
        return
    assert due is None or due.at.tzinfo is UTC


@given(st.dates(date(1971, 1, 2), date(2198, 12, 30)))
def test_every_day_is_its_own_end(day: date) -> None:
    assert local(str(day)) == f"{day} 17:30"
