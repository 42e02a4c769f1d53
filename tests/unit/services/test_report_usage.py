from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.errors import Forbidden, InvalidRequest
from assistant.domain.llm import LlmTask, TokenUsage
from assistant.domain.spending import DailyCaps, Reservation, Usage, UsageOfDay
from assistant.domain.users import Identity
from assistant.services.report_usage import LONGEST_PERIOD_DAYS, UsageReport, dollars, report_usage

CALLER = Identity("user123", "request1")
TODAY = date(2026, 11, 23)
CAPS = DailyCaps(user=500_000_000, everyone=500_000_000_000)


def usage(nanodollars: int = 41_500, *, task: LlmTask = LlmTask.TRIAGE, model: str = "claude-haiku-5-5") -> Usage:
    return Usage(task, model, 1, TokenUsage(input=400, output=30, cache_read=900), nanodollars)


@dataclass
class RecordedSpending:
    """Implements ``ports.Spending`` for reading: the days it was given."""

    days: Sequence[UsageOfDay] = ()
    asked: list[tuple[date, date]] = field(default_factory=list)

    def reserve(self, user_id: str, day: date, *, calls: int, nanodollars_each: int) -> Reservation:
        raise NotImplementedError

    def settle(self, reservation: Reservation, usages: Sequence[Usage]) -> None:
        raise NotImplementedError

    def usage(self, user_id: str, *, since: date, until: date) -> Sequence[UsageOfDay]:
        assert user_id == CALLER.user_id
        self.asked.append((since, until))
        return [day for day in self.days if since <= day.day <= until]


def report(
    spending: RecordedSpending | None = None, *, since: date | None = None, until: date | None = None
) -> UsageReport:
    return report_usage(
        CALLER.user_id,
        CALLER,
        since=since,
        until=until,
        today=TODAY,
        caps=CAPS,
        spending=spending or RecordedSpending(),
    )


def test_days_tasks_and_models_add_up() -> None:
    days = (
        UsageOfDay(TODAY - timedelta(days=2), (usage(), usage(2_000_000, task=LlmTask.DRAFT, model="sonnet"))),
        UsageOfDay(TODAY, (usage(),)),
    )
    found = report(RecordedSpending(days))
    assert [day.dollars for day in found.days] == ["0.002041500", "0.000041500"]
    assert [(one.task, one.model, one.calls) for one in found.days[0].usage] == [
        (LlmTask.TRIAGE, "claude-haiku-5-5", 1),
        (LlmTask.DRAFT, "sonnet", 1),
    ]
    assert (found.total.calls, found.total.dollars) == (3, "0.002083000")
    assert (found.total.tokens.input, found.total.tokens.output, found.total.tokens.cache_read) == (1200, 90, 2700)


def test_today_says_what_is_left_of_the_users_cap() -> None:
    found = report(RecordedSpending((UsageOfDay(TODAY, (usage(120_000_000),)),))).today
    assert (found.day, found.cap_dollars, found.spent_dollars) == (TODAY, "0.500000000", "0.120000000")
    assert found.left_dollars == "0.380000000"


def test_nothing_is_left_of_a_cap_that_was_lowered_meanwhile() -> None:
    assert report(RecordedSpending((UsageOfDay(TODAY, (usage(700_000_000),)),))).today.left_dollars == "0.000000000"


def test_an_earlier_period_still_says_what_is_left_today() -> None:
    spending = RecordedSpending((UsageOfDay(TODAY, (usage(120_000_000),)),))
    found = report(spending, since=date(2026, 10, 1), until=date(2026, 10, 31))
    assert found.days == ()
    assert found.today.spent_dollars == "0.120000000"


def test_the_usual_period_is_thirty_days_up_to_today() -> None:
    spending = RecordedSpending()
    found = report(spending)
    assert (found.since, found.until) == (date(2026, 10, 25), TODAY)
    assert spending.asked == [(date(2026, 10, 25), TODAY)]


def test_a_period_that_begins_with_the_calendar_is_cut_there() -> None:
    assert report(until=date(1, 1, 10)).since == date.min


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (TODAY - timedelta(days=LONGEST_PERIOD_DAYS), None),
        (date(2026, 1, 1), date(2026, 12, 1)),
        (TODAY + timedelta(days=1), None),
        (date(2026, 2, 2), date(2026, 2, 1)),
    ],
)
def test_a_period_that_cannot_be_is_refused_and_named(since: date, until: date | None) -> None:
    with pytest.raises(InvalidRequest) as refused:
        report(since=since, until=until)
    assert [error.field for error in refused.value.errors] == ["since"]


def test_ninety_days_are_one_page() -> None:
    assert report(since=TODAY - timedelta(days=LONGEST_PERIOD_DAYS - 1)).until == TODAY


def test_another_users_usage_is_nobodys_business() -> None:
    with pytest.raises(Forbidden):
        report_usage("another", CALLER, since=None, until=None, today=TODAY, caps=CAPS, spending=RecordedSpending())


@given(st.integers(min_value=0, max_value=10**18))
def test_dollars_keep_every_digit(nanodollars: int) -> None:
    whole, _, part = dollars(nanodollars).partition(".")
    assert int(whole) * 10**9 + int(part) == nanodollars
    assert len(part) == 9
