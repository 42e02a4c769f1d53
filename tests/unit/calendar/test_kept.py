"""When a kept calendar is looked at again, and what it covers."""

from datetime import UTC, datetime, timedelta

import pytest

from assistant.domain.calendar.kept import AHEAD, BACK, CalendarPlace
from tests.fakes.connections import google_connection

NOW = datetime(2025, 1, 20, 10, tzinfo=UTC)
READ = (
    CalendarPlace.of(google_connection())
    .begun_anew(NOW)
    .model_copy(update={"cursor": "7", "whole": True, "synced_at": NOW})
)


def test_a_calendar_nobody_read_is_due() -> None:
    assert CalendarPlace.of(google_connection()).is_due(NOW)
    assert CalendarPlace.of(google_connection()).is_outworn(NOW)


@pytest.mark.parametrize(
    ("changes", "after", "due"),
    [
        ({}, timedelta(minutes=9), False),
        ({}, timedelta(minutes=10), True),
        ({"watched_until": NOW + timedelta(days=3)}, timedelta(hours=5), False),
        ({"watched_until": NOW + timedelta(days=3)}, timedelta(hours=6), True),
        ({"watched_until": NOW}, timedelta(minutes=10), True),
        ({"whole": False}, timedelta(), True),
        ({"watched_until": NOW + timedelta(days=3), "synced_at": NOW + timedelta(hours=23)}, timedelta(days=1), True),
    ],
)
def test_what_the_provider_tells_of_is_looked_at_less_often(
    changes: dict[str, object], after: timedelta, due: bool
) -> None:
    assert READ.model_copy(update=changes).is_due(NOW + after) is due


def test_a_day_later_the_time_that_is_kept_goes_on() -> None:
    assert not READ.is_outworn(NOW + timedelta(hours=23))
    assert READ.model_copy(update={"cursor": None}).is_outworn(NOW)
    assert READ.is_outworn(NOW + timedelta(days=1))
    anew = READ.begun_anew(NOW + timedelta(days=1))
    assert (anew.since, anew.until) == (NOW + timedelta(days=1) - BACK, NOW + timedelta(days=1) + AHEAD)
    assert (anew.generation, anew.whole, anew.cursor) == (2, False, None)
    # What was known stays known while the calendar is read again.
    assert anew.covers(NOW, NOW + timedelta(days=7))


@pytest.mark.parametrize(
    ("first", "last", "covered"),
    [(0, 7, True), (-14, 60, True), (-15, 0, False), (55, 62, False)],
)
def test_everything_is_known_of_two_weeks_back_and_sixty_days_ahead(first: int, last: int, covered: bool) -> None:
    assert READ.covers(NOW + timedelta(days=first), NOW + timedelta(days=last)) is covered
    assert not CalendarPlace.of(google_connection()).covers(NOW, NOW)
