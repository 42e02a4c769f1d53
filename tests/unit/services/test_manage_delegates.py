from datetime import datetime, timedelta

import pytest

from assistant.domain.audit import AuditAction
from assistant.domain.delegations import MOST_DELEGATES, Delegation
from assistant.domain.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unavailable
from assistant.domain.users import Identity
from assistant.services.manage_delegates import (
    DelegatePorts,
    DelegationRequest,
    DelegatorQuery,
    end_delegation,
    list_delegates,
    list_delegators,
    name_delegate,
)
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryAuditTrail, MemoryDelegations, Outage

ANN = Identity("ann", "request1")


class Desk:
    """The use cases with fakes behind them."""

    def __init__(self) -> None:
        self.clock, self.audit, self.outage = ManualClock(), MemoryAuditTrail(), Outage()
        self.store = MemoryDelegations(self.outage)
        self.ports = DelegatePorts(self.store, self.audit, self.clock)

    def name(self, delegate_id: str, expires_at: datetime | None = None, caller: Identity = ANN) -> Delegation:
        return name_delegate("ann", delegate_id, DelegationRequest(expires_at=expires_at), caller, ports=self.ports)

    def end(self, delegate_id: str, caller: Identity = ANN) -> None:
        end_delegation("ann", delegate_id, caller, ports=self.ports)

    def names(self) -> list[str]:
        return [one.delegate_id for one in list_delegates("ann", ANN, ports=self.ports).delegates]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_who_is_named_is_listed_until_it_is_ended(desk: Desk) -> None:
    desk.name("zoe")
    assert desk.name("bob") == Delegation(user_id="ann", delegate_id="bob", given_at=desk.clock.now())
    assert desk.names() == ["bob", "zoe"]
    desk.end("bob")
    assert desk.names() == ["zoe"]
    assert [(event.action, event.user_id, event.subject_id) for event in desk.audit.events] == [
        (AuditAction.DELEGATE_NAMED, "ann", "zoe"),
        (AuditAction.DELEGATE_NAMED, "ann", "bob"),
        (AuditAction.DELEGATION_ENDED, "ann", "bob"),
    ]


def test_a_delegate_sees_whom_they_act_for(desk: Desk) -> None:
    for number, user_id in enumerate(("ann", "cleo", "dan", "zoe")):
        one = Delegation(user_id=user_id, delegate_id="bob", given_at=desk.clock.now())
        ends = {"expires_at": desk.clock.now() + timedelta(seconds=60)} if number == 1 else {}
        desk.store.put(one.model_copy(update=ends))
    desk.clock.advance(60)
    first = list_delegators("bob", DelegatorQuery(limit=3), Identity("bob", "request1"), ports=desk.ports)
    assert ([one.user_id for one in first.delegators], first.next_cursor) == (["ann", "dan"], "dan")
    rest = list_delegators("bob", DelegatorQuery(cursor="dan"), Identity("bob", "request1"), ports=desk.ports)
    assert ([one.user_id for one in rest.delegators], rest.next_cursor) == (["zoe"], None)
    with pytest.raises(Forbidden):
        list_delegators("bob", DelegatorQuery(), ANN, ports=desk.ports)


def test_named_again_nothing_happens_but_where_the_end_is_another(desk: Desk) -> None:
    first = desk.name("bob")
    desk.clock.advance(60)
    assert desk.name("bob") == first
    ends = desk.clock.now() + timedelta(days=1)
    assert desk.name("bob", ends) == first.model_copy(update={"expires_at": ends})
    assert len(desk.audit.events) == 2


def test_one_that_is_over_is_not_listed_not_ended_and_begins_anew(desk: Desk) -> None:
    desk.name("bob", desk.clock.now() + timedelta(seconds=60))
    desk.clock.advance(60)
    assert desk.names() == []
    with pytest.raises(NotFound):
        desk.end("bob")
    assert desk.name("bob").given_at == desk.clock.now()


@pytest.mark.parametrize(
    ("delegate_id", "seconds", "field"),
    [("ann", None, "delegate_id"), ("bob", 0, "expires_at"), ("bob", -1, "expires_at")],
)
def test_what_makes_no_sense_is_refused(desk: Desk, delegate_id: str, seconds: int | None, field: str) -> None:
    expires_at = None if seconds is None else desk.clock.now() + timedelta(seconds=seconds)
    with pytest.raises(InvalidRequest) as refused:
        desk.name(delegate_id, expires_at)
    assert [error.field for error in refused.value.errors] == [field]
    assert desk.names() == []


def test_there_are_only_so_many_at_once(desk: Desk) -> None:
    for number in range(MOST_DELEGATES):
        desk.name(f"user{number:02}")
    with pytest.raises(Conflict):
        desk.name("bob")
    desk.name("user00", desk.clock.now() + timedelta(days=1))
    desk.end("user01")
    assert desk.name("bob")


def test_nobody_else_names_lists_or_ends(desk: Desk) -> None:
    desk.name("bob")
    bob = Identity("bob", "request2")
    for call in (
        lambda: desk.name("carl", caller=bob),
        lambda: desk.end("bob", caller=bob),
        lambda: list_delegates("ann", bob, ports=desk.ports),
    ):
        with pytest.raises(Forbidden):
            call()
    assert desk.names() == ["bob"]


def test_nothing_is_said_to_be_done_while_the_store_is_down(desk: Desk) -> None:
    desk.outage.down = True
    for call in (lambda: desk.name("bob"), lambda: desk.end("bob"), desk.names):
        with pytest.raises(Unavailable):
            call()
    assert desk.audit.events == []
