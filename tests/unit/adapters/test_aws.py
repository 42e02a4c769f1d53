"""Calls to AWS within a time: later ones are refused as calls to a service that is down."""

import pytest

from assistant.adapters.aws import calls_within
from assistant.adapters.dynamo import Table
from assistant.domain.errors import Unavailable
from tests.fakes.runtime import ManualClock

ITEM = {"pk": "USER#user123", "sk": "A"}


def written(table: Table) -> bool:
    """Whether a write and a read reach the table."""
    table.batch_put([ITEM])
    return table.get(ITEM["pk"], ITEM["sk"]) is not None


def test_calls_begin_until_the_time_is_over(table: Table, clock: ManualClock) -> None:
    with calls_within(10, clock):
        assert written(table)
        clock.advance(9.9)
        assert written(table)
        clock.advance(0.1)
        with pytest.raises(Unavailable):
            written(table)
    assert written(table)


def test_a_time_that_is_over_already_lets_nothing_begin(table: Table, clock: ManualClock) -> None:
    with pytest.raises(Unavailable), calls_within(-1, clock):
        written(table)
    assert table.get(ITEM["pk"], ITEM["sk"]) is None
