"""What no plan can meet is said, with what was wanted and what there is."""

import pytest

from assistant.domain.calendar.metrics import metrics
from assistant.domain.calendar.plan import EMPTY_PLAN
from assistant.domain.calendar.request import FocusTask
from assistant.domain.calendar.unmet import UnmetKind, unmet
from tests.unit.calendar.weeks import event, problem, with_focus


@pytest.mark.parametrize(
    ("hours", "now", "said", "minutes"),
    [
        (10, None, "Monday 23 March has 8 h of focus time; you want 10 h.", 120),
        (4, "2026-03-23T14:00-04:00", "Monday 23 March has 3 h of focus time; you want 4 h.", 60),
    ],
)
def test_focus_time_the_day_has_no_room_for(hours: int, now: str | None, said: str, minutes: int) -> None:
    week = problem(days=1, now=now, focus_time_hours=hours)
    plan = with_focus(week)
    (one,) = unmet(week, plan)
    assert (one.kind, one.detail, one.minutes) == (UnmetKind.FOCUS_TIME, said, minutes)
    assert metrics(week, plan).focus_shortfall_minutes == minutes


def test_a_buffer_that_is_too_short() -> None:
    week = problem(event("first", "2026-03-23T10:00"), event("second", "2026-03-23T11:05"), days=1, focus_time_hours=0)
    (one,) = unmet(week, EMPTY_PLAN)
    assert one.detail == ("“first” and “second” have 5 min between them (Mon 23 Mar, 11:05–12:05); you want 10 min.")
    assert (one.kind, one.event_ids, one.minutes) == (UnmetKind.BUFFER, ("first", "second"), 5)


def test_minutes_of_a_task_that_make_no_piece() -> None:
    task = FocusTask(task_id="t", duration_minutes=100, chunk_minutes=60)
    week = problem(days=1, focus_time_hours=0, tasks=[task])
    (rest, piece) = unmet(week, EMPTY_PLAN)
    assert rest.detail == "an untitled task: 40 min are less than a piece of 1 h, and are not planned."
    assert (rest.task_id, rest.minutes, piece.minutes) == ("t", 40, 60)
