"""The store of delegations: one suite for the fake and for DynamoDB."""

from datetime import timedelta

import pytest

from assistant.adapters.dynamo import EXPIRES_AT, Table, epoch
from assistant.adapters.dynamo_delegations import DynamoDelegations
from assistant.domain.delegations import Delegation
from assistant.domain.errors import Unavailable
from assistant.ports.delegations import DelegationStore
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryDelegations


@pytest.fixture(params=["fake", "dynamodb"])
def delegations(request: pytest.FixtureRequest) -> DelegationStore:
    return MemoryDelegations() if request.param == "fake" else DynamoDelegations(request.getfixturevalue("table"))


@pytest.fixture
def given(clock: ManualClock) -> Delegation:
    return Delegation(user_id="ann", delegate_id="bob", given_at=clock.now())


def test_finds_what_was_put_for_exactly_these_two(delegations: DelegationStore, given: Delegation) -> None:
    delegations.put(given)
    assert delegations.find("ann", "bob") == given
    assert [delegations.find(*pair) for pair in (("bob", "ann"), ("ann", "bo"), ("ann", "bobby"))] == [None] * 3


def test_a_later_one_takes_the_place_of_the_earlier(delegations: DelegationStore, given: Delegation) -> None:
    later = given.model_copy(update={"expires_at": given.given_at + timedelta(days=1)})
    for one in (given, later):
        delegations.put(one)
    assert delegations.of_user("ann") == [later]


def test_lists_those_of_a_user_by_delegate(delegations: DelegationStore, given: Delegation) -> None:
    zoe, of_another = (given.model_copy(update=update) for update in ({"delegate_id": "zoe"}, {"user_id": "anna"}))
    for one in (zoe, of_another, given):
        delegations.put(one)
    assert delegations.of_user("ann") == [given, zoe]


def test_lists_those_to_a_delegate_page_by_page(delegations: DelegationStore, given: Delegation) -> None:
    names = ["amy", "ann", "anna", "zoe"]
    for user_id in reversed(names):
        delegations.put(given.model_copy(update={"user_id": user_id}))
    delegations.put(given.model_copy(update={"delegate_id": "bobby"}))
    pages = [delegations.to_delegate("bob", after=after, limit=2) for after in (None, "ann", "zoe")]
    assert [[one.user_id for one in page] for page in pages] == [names[:2], names[2:], []]
    delegations.delete("ann", "bob")
    assert [one.user_id for one in delegations.to_delegate("bob", after=None, limit=9)] == ["amy", "anna", "zoe"]


def test_one_that_was_deleted_is_gone_at_once(delegations: DelegationStore, given: Delegation) -> None:
    delegations.put(given)
    for _ in range(2):
        delegations.delete("ann", "bob")
    assert delegations.find("ann", "bob") is None


def test_one_that_ends_is_forgotten_by_the_table_after_its_end(table: Table, given: Delegation) -> None:
    ends = given.given_at + timedelta(days=1)
    DynamoDelegations(table).put(given.model_copy(update={"expires_at": ends}))
    for key in ("USER#ann", "DELEGATE#bob"), ("USER#bob", "ACTS_FOR#ann"):
        item = table.get(*key)
        assert item
        assert item[EXPIRES_AT] == epoch(ends)


def test_every_call_says_when_the_store_is_down(missing_table: Table, given: Delegation) -> None:
    store = DynamoDelegations(missing_table)
    for call in (
        lambda: store.find("ann", "bob"),
        lambda: store.of_user("ann"),
        lambda: store.to_delegate("bob", after=None, limit=1),
        lambda: store.put(given),
        lambda: store.delete("ann", "bob"),
    ):
        with pytest.raises(Unavailable):
            call()
