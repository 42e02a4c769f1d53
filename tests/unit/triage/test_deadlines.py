"""Deadlines in five languages, in the user's zone, across clock changes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.triage.deadlines import find_deadlines

# A Wednesday.
WRITTEN = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


def local(text: str, zone: ZoneInfo = BERLIN, written: datetime = WRITTEN) -> list[str]:
    found = find_deadlines(text, written_at=written, zone=zone)
    return [f"{deadline.when.astimezone(zone):%Y-%m-%d %H:%M}" for deadline in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Please answer by Friday.", "2026-03-06 17:00"),
        ("I need it by tomorrow", "2026-03-05 17:00"),
        ("by tomorrow at 3pm", "2026-03-05 15:00"),
        ("Please answer by tomorrow at 15:00.", "2026-03-05 15:00"),
        ("bis Freitag 06.03.", "2026-03-06 17:00"),
        ("by 3 pm tomorrow", "2026-03-05 15:00"),
        ("before 11:30 on Friday", "2026-03-06 11:30"),
        ("bis 14 Uhr morgen", "2026-03-05 14:00"),
        ("due on March 20, 2026", "2026-03-20 17:00"),
        ("no later than 20 March", "2026-03-20 17:00"),
        ("before 2026-03-31", "2026-03-31 17:00"),
        ("by EOD", "2026-03-04 17:00"),
        ("by end of day Friday", "2026-03-06 17:00"),
        ("by the end of the week", "2026-03-06 17:00"),
        ("by end of month", "2026-03-31 17:00"),
        ("deadline is noon", "2026-03-04 12:00"),
        ("by noon", "2026-03-04 12:00"),
        ("within 24 hours", "2026-03-05 10:30"),
        ("in the next 15 minutes", "2026-03-04 10:45"),
        ("We need your statement today.", "2026-03-04 17:00"),
        ("by 3/20", "2026-03-20 17:00"),
        ("until 20/3/26", "2026-03-20 17:00"),
        ("antes del viernes", "2026-03-06 17:00"),
        ("para mañana", "2026-03-05 17:00"),
        ("a más tardar el 20 de marzo de 2026", "2026-03-20 17:00"),
        ("dentro de 2 días", "2026-03-06 10:30"),
        ("avant le 20 mars", "2026-03-20 17:00"),
        ("d'ici vendredi", "2026-03-06 17:00"),
        ("avant demain 18h30", "2026-03-05 18:30"),
        ("sous 48 heures", "2026-03-06 10:30"),
        ("bis zum 20.03.", "2026-03-20 17:00"),
        ("bis spätestens Freitag", "2026-03-06 17:00"),
        ("bis morgen um 12:00 Uhr", "2026-03-05 12:00"),
        ("innerhalb von 3 Tagen", "2026-03-07 10:30"),
        ("请在3月20日前回复", "2026-03-20 17:00"),
        ("请于明天下午3点之前发给我", "2026-03-05 15:00"),
        ("下周五前完成", "2026-03-13 17:00"),
        ("24小时内答复", "2026-03-05 10:30"),
    ],
)
def test_a_deadline_is_read(text: str, expected: str) -> None:
    assert local(text) == [expected]


@pytest.mark.parametrize(
    "text", ["", "by 31 February", "by the way", "in 2019 we met", "before 2019-01-01", "by Bob", "yesterday's mail"]
)
def test_no_deadline_is_invented(text: str) -> None:
    assert local(text) == []


def test_tomorrow_counts_in_the_zone_of_the_user() -> None:
    late = datetime(2026, 3, 5, 3, 0, tzinfo=UTC)
    assert local("by tomorrow", NEW_YORK, late) == ["2026-03-05 17:00"]
    assert local("by tomorrow", BERLIN, late) == ["2026-03-06 17:00"]


def test_a_clock_change_moves_days_by_the_calendar_and_hours_by_elapsed_time() -> None:
    # New York changes to summer time on 8 March 2026.
    saturday = datetime(2026, 3, 7, 15, 0, tzinfo=UTC)
    assert local("by tomorrow", NEW_YORK, saturday) == ["2026-03-08 17:00"]
    assert local("within 24 hours", NEW_YORK, saturday) == ["2026-03-08 11:00"]


def test_the_earliest_comes_first() -> None:
    assert local("Send it by Friday, the invoice by tomorrow.") == ["2026-03-05 17:00", "2026-03-06 17:00"]


@given(st.text(alphabet="by until 0123456789./-:fridaymch年月日前 内", max_size=60))
def test_any_text_is_read(text: str) -> None:
    for deadline in find_deadlines(text, written_at=WRITTEN, zone=BERLIN):
        assert deadline.when.tzinfo is UTC
        assert 0 <= deadline.start < deadline.end <= len(text)
