from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.adapters.dynamo import Table, epoch
from assistant.adapters.dynamo_spending import DynamoSpending
from assistant.domain.errors import Unavailable
from assistant.domain.llm import LlmTask, TokenUsage
from assistant.domain.spending import DailyCaps, Usage, UsageOfDay
from assistant.ports.claude import Spending
from tests.fakes.examples import examples
from tests.fakes.llm import MemorySpending

DAY = date(2026, 11, 23)
CAPS = DailyCaps(user=1000, everyone=2500)
USED = Usage(LlmTask.TRIAGE, "claude-haiku-5-5", 2, TokenUsage(10, 20, 3, 40, 50), 150)


@pytest.fixture
def spending(table: Table) -> DynamoSpending:
    return DynamoSpending(table, CAPS)


def granted(spending: Spending, user_id: str = "user123", *, calls: int = 4, each: int = 200) -> int:
    return spending.reserve(user_id, DAY, calls=calls, nanodollars_each=each).calls


@pytest.fixture(params=["fake", "dynamodb"])
def of_one_user(request: pytest.FixtureRequest) -> Spending:
    """The fake knows one user only: what both do is held to the same tests."""
    if request.param == "fake":
        return MemorySpending(CAPS.user)
    spending: DynamoSpending = request.getfixturevalue("spending")
    return spending


def test_as_many_calls_as_fit_under_the_users_cap(of_one_user: Spending) -> None:
    spending = of_one_user
    first = spending.reserve("user123", DAY, calls=4, nanodollars_each=200)
    assert (first.calls, first.nanodollars, first.capped) == (4, 800, None)
    second = spending.reserve("user123", DAY, calls=4, nanodollars_each=200)
    assert (second.calls, second.nanodollars, second.capped) == (1, 200, "user")
    third = spending.reserve("user123", DAY, calls=4, nanodollars_each=200)
    assert (third.calls, third.nanodollars, third.capped) == (0, 0, "user")


def test_as_many_as_fit_under_the_cap_of_everyone(spending: DynamoSpending) -> None:
    assert [granted(spending, user) for user in ("user1", "user2", "user3")] == [4, 4, 4]
    last = spending.reserve("user4", DAY, calls=4, nanodollars_each=200)
    assert (last.calls, last.capped) == (0, "everyone")
    assert granted(spending, "user4", each=50) == 2


def test_a_call_dearer_than_the_cap_is_never_made(spending: DynamoSpending) -> None:
    reservation = spending.reserve("user123", DAY, calls=1, nanodollars_each=1001)
    assert (reservation.calls, reservation.capped) == (0, "user")


def test_the_next_day_starts_at_nothing(spending: DynamoSpending) -> None:
    granted(spending, calls=5)
    tomorrow = spending.reserve("user123", DAY + timedelta(days=1), calls=5, nanodollars_each=200)
    assert (tomorrow.calls, tomorrow.capped) == (5, None)


def test_settling_gives_back_what_was_not_spent(of_one_user: Spending) -> None:
    spending = of_one_user
    reservation = spending.reserve("user123", DAY, calls=5, nanodollars_each=200)
    spending.settle(reservation, [USED])
    assert granted(spending, calls=10, each=50) == 10
    assert granted(spending, calls=10, each=50) == 7


def test_settling_twice_is_settling_once(of_one_user: Spending) -> None:
    spending = of_one_user
    reservation = spending.reserve("user123", DAY, calls=5, nanodollars_each=200)
    spending.settle(reservation, [USED])
    spending.settle(reservation, [USED])
    assert spending.usage("user123", since=DAY, until=DAY) == [UsageOfDay(DAY, (USED,))]
    assert granted(spending, calls=20, each=50) == 17


def test_spending_more_than_put_aside_counts_in_full(of_one_user: Spending) -> None:
    spending = of_one_user
    reservation = spending.reserve("user123", DAY, calls=1, nanodollars_each=100)
    spending.settle(reservation, [USED])
    assert granted(spending, calls=20, each=50) == 17


def test_usage_is_added_by_task_and_model_and_read_by_day(spending: DynamoSpending) -> None:
    other = Usage(LlmTask.DRAFT, "claude-sonnet-5-5", 1, TokenUsage(input=5), 10)
    for day, usages in ((DAY, [USED, other]), (DAY, [USED]), (DAY + timedelta(days=1), [other])):
        reservation = spending.reserve("user123", day, calls=1, nanodollars_each=1)
        spending.settle(reservation, usages)
    twice = Usage(USED.task, USED.model, 4, USED.tokens + USED.tokens, 300)
    found = spending.usage("user123", since=DAY, until=DAY + timedelta(days=1))
    assert [(one.day, set(one.usages)) for one in found] == [(DAY, {other, twice}), (DAY + timedelta(days=1), {other})]
    assert [one.day for one in spending.usage("user123", since=DAY, until=DAY)] == [DAY]
    assert spending.usage("user123", since=DAY - timedelta(days=9), until=DAY - timedelta(days=1)) == []
    assert spending.usage("user12", since=DAY, until=DAY) == []


def test_items_end_by_themselves(spending: DynamoSpending, table: Table) -> None:
    reservation = spending.reserve("user123", DAY, calls=1, nanodollars_each=1)
    spending.settle(reservation, [USED])
    kept = {
        sk: table.get(pk, sk)
        for pk, sk in (
            ("USER#user123", f"SPENDING#{DAY}"),
            ("SPENDING", f"{DAY}"),
            ("USER#user123", f"USAGE#{DAY}#triage#claude-haiku-5-5"),
        )
    }
    year_and_more = epoch(datetime(2026, 11, 23, tzinfo=UTC) + timedelta(days=400))
    assert [item and item["expires_at"] for item in kept.values()] == [year_and_more] * 3


class Interleaved:
    """A DynamoDB client before each of whose transactions another function's reservation gets in, or a conflict."""

    def __init__(self, table: Table) -> None:
        self._client = table.client
        self.before: list[Callable[[], None]] = []

    def transact_write_items(self, **request: object) -> object:
        if self.before:
            self.before.pop()()
        return self._client.transact_write_items(**request)  # type: ignore[arg-type]  # as it came

    def __getattr__(self, name: str) -> object:
        return getattr(self._client, name)


@pytest.fixture
def interleaved(table: Table, monkeypatch: pytest.MonkeyPatch) -> Interleaved:
    monkeypatch.setattr("time.sleep", lambda _: None)
    return Interleaved(table)


def conflict() -> None:
    reasons: list[Any] = [{"Code": "None"}, {"Code": "TransactionConflict"}]
    raise ClientError(
        {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}, "TransactWriteItems"
    )


def test_a_conflict_is_tried_again(interleaved: Interleaved, table: Table) -> None:
    spending = DynamoSpending(Table(table.name, cast("Any", interleaved)), CAPS)
    interleaved.before = [conflict] * 4
    reservation = spending.reserve("user123", DAY, calls=1, nanodollars_each=200)
    interleaved.before = [conflict] * 4
    spending.settle(reservation, [USED])
    assert spending.usage("user123", since=DAY, until=DAY) == [UsageOfDay(DAY, (USED,))]
    interleaved.before = [conflict] * 5
    with pytest.raises(Unavailable):
        spending.reserve("user123", DAY, calls=1, nanodollars_each=200)
    interleaved.before = [conflict] * 5
    with pytest.raises(Unavailable):
        spending.settle(reservation, [USED])


@dataclass(frozen=True)
class Step:
    """A batch of one user, which may be overtaken by batches of others before its transactions."""

    user_id: str
    calls: int
    each: int
    spent: float
    overtaken: tuple[str, ...]


users = st.sampled_from(["user1", "user2", "user3"])
step = st.builds(
    Step,
    users,
    st.integers(min_value=1, max_value=6),
    st.integers(min_value=1, max_value=400),
    st.floats(min_value=0, max_value=1),
    st.lists(users, max_size=2).map(tuple),
)
days = (DAY + timedelta(days=number) for number in count())


@settings(examples(10), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(step, max_size=5))
def test_however_batches_overtake_each_other_the_caps_hold(
    interleaved: Interleaved, table: Table, steps: list[Step]
) -> None:
    plain, overtaken = DynamoSpending(table, CAPS), DynamoSpending(Table(table.name, cast("Any", interleaved)), CAPS)
    day, committed = next(days), Counter[str]()

    def overtake(user_id: str) -> None:
        committed[user_id] += plain.reserve(user_id, day, calls=1, nanodollars_each=90).nanodollars

    for one in steps:
        interleaved.before = [partial(overtake, user_id) for user_id in one.overtaken]
        reservation = overtaken.reserve(one.user_id, day, calls=one.calls, nanodollars_each=one.each)
        interleaved.before = []
        committed[one.user_id] += reservation.nanodollars
        assert reservation.nanodollars == reservation.calls * one.each
        assert (reservation.capped is None) == (reservation.calls == one.calls)
        assert max(committed.values()) <= CAPS.user
        assert committed.total() <= CAPS.everyone
        spent = int(reservation.nanodollars * one.spent)
        overtaken.settle(reservation, [Usage(LlmTask.TRIAGE, "model", one.calls, TokenUsage(), spent)])
        committed[one.user_id] += spent - reservation.nanodollars


def test_a_store_that_is_down_is_unavailable(missing_table: Table) -> None:
    spending = DynamoSpending(missing_table, CAPS)
    with pytest.raises(Unavailable):
        granted(spending)
