"""Estimates as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.tasks.effort import LONGEST_MINUTES, EffortSource, read_effort, typical_effort
from assistant.domain.triage.cues import Cue


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2 hours", 120),
        ("1h30", 90),
        ("1h 30m", 90),
        ("1:30", 90),
        ("30m", 30),
        ("30 min", 30),
        ("1.5 h", 90),
        ("PT2H", 120),
        ("PT1H30M", 90),
        ("P1D", 480),
        ("P1W", 2400),
        ("half a day", 240),
        ("half an hour", 30),
        ("2½ hours", 150),
        ("two and a half hours", 150),
        ("a couple of hours", 120),
        ("an hour and 15 minutes", 75),
        ("2-3 hours", 180),
        ("about 45 min", 45),
        ("a day", 480),
        ("1 week", 2400),
        ("media hora", 30),
        ("una hora y media", 90),
        ("2 horas y media", 150),
        ("medio día", 240),
        ("une demi-heure", 30),
        ("1 heure et demie", 90),
        ("une demi-journée", 240),
        ("un quart d'heure", 15),
        ("eine halbe Stunde", 30),
        ("anderthalb Stunden", 90),
        ("1,5 Stunden", 90),
        ("ein halber Tag", 240),
        ("2 Std.", 120),
        ("zwei Tage", 960),
    ],
)
def test_lengths_of_time(text: str, minutes: int) -> None:
    effort = read_effort(text, workday=480)
    assert (effort.minutes, effort.source) == (minutes, EffortSource.GIVEN)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("-1 h", "must be more than no time"),
        ("-PT1H", "must be more than no time"),
        ("0 min", "must be more than no time"),
        ("PT0S", "must be more than no time"),
        ("90", "needs a unit"),
        ("soon", "must be a length of time like"),
        ("2 hours later maybe", "must be a length of time like"),
        ("", "must be a length of time like"),
        ("PT", "must be a length of time like"),
        ("401 h", "must be at most 400 hours"),
    ],
)
def test_what_is_no_length_of_time_says_why(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_effort(text, workday=480)


def test_a_day_is_the_users_working_day() -> None:
    assert read_effort("half a day", workday=360).minutes == 180


def test_a_range_is_less_sure_than_a_number() -> None:
    assert read_effort("2-3 hours", workday=480).confidence < read_effort("3 hours", workday=480).confidence


def test_without_an_estimate_the_kind_tells_with_low_confidence() -> None:
    review, other = typical_effort("review the contract", [Cue.REVIEW]), typical_effort("groceries", [])
    report = typical_effort("write the report", [Cue.REVIEW])
    assert [one.source for one in (review, other, report)] == [EffortSource.TYPICAL] * 3
    assert other.minutes < review.minutes < report.minutes
    assert other.confidence < review.confidence < read_effort("1 h", workday=480).confidence


@given(st.integers(1, LONGEST_MINUTES))
def test_minutes_are_read_as_written(minutes: int) -> None:
    hours, rest = divmod(minutes, 60)
    for text in (f"{minutes} min", f"PT{minutes}M", f"{hours}h{rest:02}", f"{hours} hours {rest} minutes"):
        assert read_effort(text, workday=480).minutes == minutes


@given(st.text(max_size=100))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        effort = read_effort(text, workday=480)
    except ValueError:
        return
    assert 1 <= effort.minutes <= LONGEST_MINUTES
