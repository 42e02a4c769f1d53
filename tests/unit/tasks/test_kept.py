"""What is kept of a task, and what completing a recurring one opens."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.errors import InvalidRequest
from assistant.domain.tasks.kept import KeptTask, TaskChanges, changed_task, following, new_task
from assistant.domain.tasks.request import TaskStatus
from tests.unit.tasks.tasks import FRAME


def kept(**fields: Any) -> KeptTask:
    return new_task("t1", TaskChanges.model_validate({"title": "Report"} | fields), FRAME)


def changed(task: KeptTask, now: datetime = FRAME.now, **fields: Any) -> KeptTask:
    given = task.model_dump(include=set(TaskChanges.model_fields)) | fields
    return changed_task(task, TaskChanges.model_validate(given), replace(FRAME, now=now))


def next_due(*, now: datetime = FRAME.now, **fields: Any) -> str | None:
    after = following(kept(**fields), "t2", replace(FRAME, now=now))
    return after.due_date if after else None


def test_words_are_kept_as_days_and_times() -> None:
    assert kept(due_date="tomorrow").due_date == "2025-01-16"
    assert kept(due_date="Friday 15:00").due_date == "2025-01-17T15:00:00+01:00"
    assert kept(due_date="none").due_date is None
    unchanged = changed(kept(due_date="tomorrow"), FRAME.now + timedelta(days=9))
    assert unchanged.due_date == "2025-01-16"


def test_closing_is_dated_and_undone() -> None:
    done = changed(kept(), status="done")
    assert (done.completed_at, done.closed_at) == (FRAME.now, FRAME.now)
    later = changed(done, FRAME.now + timedelta(hours=1), title="Old report")
    assert later.completed_at == FRAME.now
    open_again = changed(later, status="in_progress")
    assert (open_again.completed_at, open_again.closed_at) == (None, None)
    cancelled = changed(kept(), status="cancelled")
    assert (cancelled.completed_at, cancelled.closed_at) == (None, FRAME.now)


def test_a_recurrence_needs_a_day_to_count_from() -> None:
    with pytest.raises(InvalidRequest) as refused:
        kept(recurrence="FREQ=WEEKLY")
    assert [error.field for error in refused.value.errors] == ["recurrence"]


@pytest.mark.parametrize(
    ("due", "rule", "expected"),
    [
        ("2025-01-15", "FREQ=DAILY", "2025-01-16"),
        ("2025-01-17", "RRULE:FREQ=WEEKLY;BYDAY=FR", "2025-01-24"),
        ("2025-01-17T15:00", "FREQ=WEEKLY", "2025-01-24T15:00:00+01:00"),
        ("2025-01-31", "FREQ=MONTHLY;BYMONTHDAY=-1", "2025-02-28"),
        ("2024-02-29", "FREQ=YEARLY", "2028-02-29"),
        ("2025-01-17", "FREQ=WEEKLY;COUNT=1", None),
        ("2025-01-17", "FREQ=WEEKLY;UNTIL=20250123", None),
        ("2025-01-17", "FREQ=WEEKLY;UNTIL=20250124T170000Z", "2025-01-24"),
        # Long overdue: what is past is not opened any more.
        ("2024-11-01", "FREQ=WEEKLY;BYDAY=FR", "2025-01-17"),
        ("2024-11-01", "FREQ=WEEKLY;INTERVAL=2", "2025-01-24"),
        # The clocks go forward on 30 March: the wall-clock time stays.
        ("2025-03-24T09:00", "FREQ=WEEKLY", "2025-03-31T09:00:00+02:00"),
    ],
)
def test_the_next_occurrence(due: str, rule: str, expected: str | None) -> None:
    assert next_due(due_date=due, recurrence=rule) == expected


def test_a_task_that_does_not_recur_opens_nothing() -> None:
    assert next_due(due_date="2025-01-17") is None


def test_a_series_counts_from_its_first_day_through_its_occurrences() -> None:
    task: KeptTask | None = kept(due_date="2025-01-15", recurrence="FREQ=DAILY;INTERVAL=2;COUNT=3", depends_on=["x"])
    days = []
    now = FRAME.now
    while task is not None:
        days.append(task.due_date)
        now += timedelta(days=2)
        task = following(changed(task, status="done"), "t", replace(FRAME, now=now))
        assert task is None or (task.series_start, task.status, task.depends_on) == (date(2025, 1, 15), "open", ())
    assert days == ["2025-01-15", "2025-01-17", "2025-01-19"]


def test_another_rule_is_another_series() -> None:
    task = kept(due_date="2025-01-15", recurrence="FREQ=DAILY")
    assert changed(task, due_date="2025-01-20").series_start == date(2025, 1, 15)
    assert changed(task, due_date="2025-01-20", recurrence="FREQ=WEEKLY").series_start == date(2025, 1, 20)
    assert changed(task, recurrence=None).series_start is None


@given(st.dates(date(2024, 1, 1), date(2026, 1, 1)), st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
def test_what_follows_is_later_and_not_past(day: date, frequency: str) -> None:
    after = next_due(due_date=str(day), recurrence=f"FREQ={frequency}")
    assert after is not None
    assert date.fromisoformat(after) > day
    assert date.fromisoformat(after) >= FRAME.now.date()
    assert date.fromisoformat(after) - max(day, FRAME.now.date()) <= timedelta(days=366 * 4 + 1)
    assert after == str(date.fromisoformat(after))
    assert FRAME.now.tzinfo is UTC


def test_statuses_that_close() -> None:
    assert [status for status in TaskStatus if status.closed] == [TaskStatus.DONE, TaskStatus.CANCELLED]
