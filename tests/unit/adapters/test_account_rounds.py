"""Whose turn it is among accounts: one suite for the fake and DynamoDB."""

import pytest

from assistant.adapters.dynamo_account_rounds import DynamoAccountRounds
from assistant.domain.account_round import AccountRound
from assistant.ports.account_rounds import AccountRounds
from tests.fakes.connections import CONNECTED_AT, MemoryRounds


@pytest.fixture(params=["fake", "dynamodb"])
def rounds(request: pytest.FixtureRequest) -> AccountRounds:
    return MemoryRounds() if request.param == "fake" else DynamoAccountRounds(request.getfixturevalue("table"))


def test_a_round_is_kept_by_its_name(rounds: AccountRounds) -> None:
    assert rounds.read("mail") == AccountRound()
    short = AccountRound(after="google-1 ann", short_since=CONNECTED_AT)
    rounds.keep("mail", short)
    assert rounds.read("mail") == short
    assert rounds.read("calendar") == AccountRound()
    rounds.keep("mail", AccountRound())
    assert rounds.read("mail") == AccountRound()
