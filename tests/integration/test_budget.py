"""Claude's budget and circuit on the embedded AWS: its transactions, conditions and cancellation reasons."""

from collections.abc import Iterator
from datetime import date

import pytest

from assistant.adapters.dynamo import Table, attributes
from assistant.adapters.dynamo_circuit import SharedCircuit
from assistant.adapters.dynamo_spending import DynamoSpending
from assistant.domain.errors import Unavailable
from assistant.domain.llm import LlmTask, TokenUsage
from assistant.domain.spending import DailyCaps, Usage, UsageOfDay
from assistant.runtime.clock import SystemClock
from infra.local.aws import LocalAws
from tests.fakes.tables import TABLE, create_table

DAY = date(2026, 11, 23)


class Down(Unavailable):
    """What counts for the circuit."""


@pytest.fixture(scope="module")
def table(empty_aws: LocalAws) -> Iterator[Table]:
    create_table(empty_aws.dynamodb)
    yield Table(TABLE, empty_aws.dynamodb)
    empty_aws.dynamodb.delete_table(TableName=TABLE)


def test_the_caps_hold_and_what_is_not_spent_comes_back(table: Table) -> None:
    spending = DynamoSpending(table, DailyCaps(user=1000, everyone=1200))
    first = spending.reserve("user123", DAY, calls=4, nanodollars_each=200)
    second = spending.reserve("user123", DAY, calls=4, nanodollars_each=200)
    other = spending.reserve("user124", DAY, calls=4, nanodollars_each=200)
    assert [(one.calls, one.capped) for one in (first, second, other)] == [(4, None), (1, "user"), (1, "everyone")]
    usage = Usage(LlmTask.TRIAGE, "claude-haiku-5-5", 4, TokenUsage(1, 2, 0, 3, 4), 100)
    spending.settle(first, [usage])
    spending.settle(first, [usage])
    assert spending.usage("user123", since=DAY, until=DAY) == [UsageOfDay(DAY, (usage,))]
    assert spending.reserve("user124", DAY, calls=9, nanodollars_each=100).calls == 7


def test_the_circuit_opens_for_all_and_closes_after_one_success(table: Table) -> None:
    def circuit() -> SharedCircuit:
        return SharedCircuit("claude-embedded", table, SystemClock(), failure=Down, opened=lambda: None)

    def fails() -> None:
        raise Down("down")

    for _ in range(5):
        with pytest.raises(Down):
            circuit().call(fails)
    assert not circuit().lets_through()
    table.client.update_item(
        TableName=TABLE,
        Key=attributes({"pk": "CIRCUIT", "sk": "claude-embedded"}),
        UpdateExpression="ADD opened_at :earlier",
        ExpressionAttributeValues=attributes({":earlier": -31}),
    )
    assert circuit().call(lambda: "called") == "called"
    assert circuit().lets_through()
