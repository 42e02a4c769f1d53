from collections.abc import Callable
from uuid import uuid4

import boto3
import pytest

from assistant.adapters.dynamo import Table, epoch
from assistant.adapters.dynamo_circuit import SharedCircuit
from assistant.domain.errors import Unavailable
from assistant.runtime.clock import SystemClock

pytestmark = pytest.mark.usefixtures("aws")


class Down(Unavailable):
    """What counts."""


class Instances:
    """Functions that share one circuit, each with its own memory of it."""

    def __init__(self, table: Table) -> None:
        self.name = f"claude-{uuid4()}"
        self.opened = 0
        self._table = table

    def another(self) -> SharedCircuit:
        return SharedCircuit(self.name, self._table, SystemClock(), failure=Down, opened=self._count)

    def pass_seconds(self, seconds: int) -> None:
        """Let the circuit have opened that much earlier."""
        boto3.client("dynamodb").update_item(
            TableName=self._table.name,
            Key={"pk": {"S": "CIRCUIT"}, "sk": {"S": self.name}},
            UpdateExpression="ADD opened_at :earlier",
            ExpressionAttributeValues={":earlier": {"N": str(-seconds)}},
        )

    def _count(self) -> None:
        self.opened += 1


@pytest.fixture
def instances(table: Table) -> Instances:
    return Instances(table)


def fails() -> None:
    raise Down("down")


def attempt(circuit: SharedCircuit, function: Callable[[], object]) -> object:
    try:
        return circuit.call(function)
    except Unavailable as error:
        return type(error)


def trip(circuit: SharedCircuit) -> None:
    assert [attempt(circuit, fails) for _ in range(5)] == [Down] * 5


def test_five_failures_in_a_row_open_it_for_everybody(instances: Instances) -> None:
    circuit = instances.another()
    assert circuit.lets_through()
    trip(circuit)
    other = instances.another()
    assert not circuit.lets_through()
    assert not other.lets_through()
    assert attempt(other, lambda: "called") is Unavailable
    assert instances.opened == 1


def test_a_success_in_between_starts_the_count_again(instances: Instances) -> None:
    circuit = instances.another()
    for _ in range(4):
        attempt(circuit, fails)
    assert attempt(circuit, lambda: "called") == "called"
    assert [attempt(circuit, fails) for _ in range(4)] == [Down] * 4
    assert circuit.lets_through()


def test_other_errors_do_not_count(instances: Instances) -> None:
    circuit = instances.another()

    def refused() -> None:
        raise Unavailable("rate limit")

    assert [attempt(circuit, refused) for _ in range(10)] == [Unavailable] * 10
    assert circuit.lets_through()


def test_after_half_a_minute_one_success_closes_it(instances: Instances) -> None:
    trip(instances.another())
    instances.pass_seconds(31)
    probe = instances.another()
    assert probe.lets_through()
    assert attempt(probe, lambda: "called") == "called"
    assert attempt(instances.another(), lambda: "called") == "called"


def test_after_half_a_minute_one_failure_opens_it_again(instances: Instances) -> None:
    trip(instances.another())
    instances.pass_seconds(31)
    assert attempt(instances.another(), fails) is Down
    assert not instances.another().lets_through()
    assert instances.opened == 2


def test_its_item_ends_by_itself(instances: Instances, table: Table) -> None:
    trip(instances.another())
    item = table.get("CIRCUIT", instances.name, consistent=True)
    assert item is not None
    assert item["expires_at"] > epoch(SystemClock().now())


def test_with_the_table_down_it_stays_closed(missing_table: Table) -> None:
    instances = Instances(missing_table)
    circuit = instances.another()
    trip(circuit)
    assert circuit.lets_through()
    assert attempt(circuit, lambda: "called") == "called"
