"""One suite for the backlog in memory and on DynamoDB."""

import zlib
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from assistant.adapters.dynamo import Table, attributes
from assistant.adapters.dynamo_backlog import DynamoBacklog
from assistant.adapters.dynamo_decisions import DynamoDecisions
from assistant.domain.backlog import BacklogBatch, DeferredMail
from assistant.domain.decisions import DEFERRED_FOR, Correction, Decision
from assistant.domain.errors import Unavailable
from assistant.domain.mail import Mail
from assistant.domain.spending import Reservation
from assistant.domain.triage.decision import Category, DecidedBy
from assistant.ports.mail import Backlog, DecisionStore
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryBacklog, MemoryDecisions

MAIL = Mail.model_validate(
    {"id": "email1", "from": "Mia <mia@partner.example>", "subject": "你好", "body": "Text", "html": "<p>Text</p>"}
)


class Stores:
    def __init__(self, decisions: DecisionStore, backlog: Backlog, clock: ManualClock) -> None:
        self.decisions, self.backlog, self.clock = decisions, backlog, clock

    def defer(self, ticket: str = "t1", mail: Mail = MAIL) -> DeferredMail:
        now = self.clock.now()
        assert self.backlog.defer("user123", {ticket: mail}, now=now) == {ticket}
        self.decisions.save("user123", [self.decision(ticket, mail)])
        return DeferredMail(ticket, "user123", mail.id, now)

    def decision(self, ticket: str | None = None, mail: Mail = MAIL) -> Decision:
        return Decision(
            email_id=mail.id,
            category=Category.IMPORTANT_READ if ticket else Category.ROUTINE,
            sender_keys=("from:mia@partner.example",),
            decided_at=self.clock.now(),
            priority_score=5 if ticket else 3,
            suggested_action="Read",
            estimated_time_minutes=1,
            confidence=0.75,
            decided_by=DecidedBy.CORE if ticket else DecidedBy.CLAUDE,
            ticket=ticket,
        )

    def found(self) -> Decision:
        found = self.decisions.find("user123", "email1")
        assert found
        return found

    def batch(self, *mails: DeferredMail) -> BacklogBatch:
        now = self.clock.now()
        reservation = Reservation("user123", now.date(), len(mails), 1_000, "user", UUID(int=7))
        return BacklogBatch("b1", now, mails, (reservation,))


@pytest.fixture(params=["fake", "dynamodb"])
def stores(request: pytest.FixtureRequest, clock: ManualClock) -> Stores:
    if request.param == "fake":
        decisions = MemoryDecisions(clock)
        return Stores(decisions, MemoryBacklog(decisions, clock), clock)
    table: Table = request.getfixturevalue("table")
    return Stores(DynamoDecisions(table, clock), DynamoBacklog(table, clock), clock)


def test_mails_wait_in_order_and_come_back_whole(stores: Stores) -> None:
    first = stores.defer("t2")
    stores.clock.advance(1)
    second = stores.defer("t1", MAIL.model_copy(update={"id": "email2"}))
    assert list(stores.backlog.waiting(10)) == [first, second]
    assert list(stores.backlog.waiting(1)) == [first]
    assert stores.backlog.mails([first]) == {"t2": MAIL}
    assert stores.backlog.mails([]) == {}


def test_a_mail_is_forgotten_in_time(stores: Stores) -> None:
    deferred = stores.defer()
    stores.clock.advance((DEFERRED_FOR - timedelta(seconds=1)).total_seconds())
    assert stores.backlog.mails([deferred])
    stores.clock.advance(1)
    assert stores.backlog.mails([deferred]) == {}
    assert list(stores.backlog.waiting(10)) == []


def test_a_batch_takes_its_mails_once(stores: Stores) -> None:
    deferred = stores.defer()
    batch = stores.batch(deferred)
    assert stores.backlog.claim(batch)
    assert list(stores.backlog.waiting(10)) == []
    assert list(stores.backlog.batches()) == [batch]
    assert not stores.backlog.claim(replace(batch, id="b2"))
    stores.backlog.submitted(batch, "msgbatch_1")
    assert list(stores.backlog.batches()) == [replace(batch, provider_id="msgbatch_1")]
    assert stores.backlog.close(batch)
    assert not stores.backlog.close(batch)
    assert list(stores.backlog.batches()) == []


def test_a_released_batch_never_was(stores: Stores) -> None:
    deferred = stores.defer()
    batch = stores.batch(deferred)
    stores.backlog.claim(batch)
    stores.backlog.release(batch)
    assert list(stores.backlog.waiting(10)) == [deferred]
    assert list(stores.backlog.batches()) == []
    stores.backlog.release(batch)
    assert list(stores.backlog.waiting(10)) == [deferred]


def test_a_decision_is_replaced_once(stores: Stores) -> None:
    deferred = stores.defer()
    assert stores.found() == stores.decision("t1")
    assert stores.backlog.apply(deferred, stores.decision())
    assert stores.found() == stores.decision()
    assert stores.backlog.mails([deferred]) == {}
    assert not stores.backlog.apply(deferred, stores.decision().model_copy(update={"category": Category.ARCHIVE}))
    assert stores.found() == stores.decision()


def test_only_the_ticket_of_the_newest_decision_counts(stores: Stores) -> None:
    old = stores.defer("t1")
    new = stores.defer("t2")
    assert not stores.backlog.apply(old, stores.decision())
    stores.backlog.keep(old)
    stores.backlog.again(old)
    assert stores.found().ticket == "t2"
    assert stores.backlog.mails([new]) == {"t2": MAIL}
    assert stores.backlog.apply(new, stores.decision())


def test_a_corrected_decision_is_not_replaced(stores: Stores) -> None:
    deferred = stores.defer()
    correction = Correction(email_id="email1", category=Category.ARCHIVE, corrected_at=stores.clock.now())
    stores.decisions.correct("user123", stores.found(), correction, earlier=None)
    assert not stores.backlog.apply(deferred, stores.decision())
    stores.backlog.keep(deferred)
    assert stores.found() == stores.decision("t1").model_copy(update={"ticket": None})
    assert stores.backlog.mails([deferred]) == {}


def test_a_mail_goes_back_once_for_each_try(stores: Stores) -> None:
    deferred = stores.defer()
    batch = stores.batch(deferred)
    stores.backlog.claim(batch)
    stores.backlog.again(deferred)
    (again,) = stores.backlog.waiting(10)
    assert again == replace(deferred, tries=1)
    stores.backlog.close(batch)
    stores.backlog.claim(stores.batch(again))
    stores.backlog.again(deferred)
    assert list(stores.backlog.waiting(10)) == []


def test_a_mail_too_large_for_an_item_is_not_taken(table: Table, clock: ManualClock) -> None:
    # Text that does not compress.
    noise = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(300_000))
    backlog = DynamoBacklog(table, clock)
    large = MAIL.model_copy(update={"id": "email2", "body": noise})
    assert backlog.defer("user123", {"t1": MAIL, "t2": large}, now=clock.now()) == {"t1"}
    assert [one.ticket for one in backlog.waiting(10)] == ["t1"]


@pytest.mark.parametrize("blob", [b"torn", zlib.compress(b"{}")])
def test_a_mail_of_another_version_holds_up_no_other(table: Table, clock: ManualClock, blob: bytes) -> None:
    backlog = DynamoBacklog(table, clock)
    mails = {"t1": MAIL, "t2": MAIL.model_copy(update={"id": "email2"})}
    backlog.defer("user123", mails, now=clock.now())
    table.client.update_item(
        TableName=table.name,
        Key=attributes({"pk": "USER#user123", "sk": "BACKLOG#email1"}),
        UpdateExpression="SET mail = :blob",
        ExpressionAttributeValues=attributes({":blob": blob}),
    )
    assert set(backlog.mails(backlog.waiting(10))) == {"t2"}


def test_every_call_says_when_the_store_is_down(missing_table: Table, clock: ManualClock) -> None:
    backlog = DynamoBacklog(missing_table, clock)
    deferred = DeferredMail("t1", "user123", "email1", clock.now())
    batch = BacklogBatch("b1", clock.now(), (deferred,), ())
    decision = Decision(email_id="email1", category=Category.ROUTINE, sender_keys=(), decided_at=clock.now())
    calls = (
        lambda: backlog.defer("user123", {"t1": MAIL}, now=clock.now()),
        lambda: backlog.waiting(1),
        lambda: backlog.mails([deferred]),
        lambda: backlog.claim(batch),
        lambda: backlog.submitted(batch, "p"),
        lambda: backlog.release(batch),
        backlog.batches,
        lambda: backlog.apply(deferred, decision),
        lambda: backlog.keep(deferred),
        lambda: backlog.again(deferred),
        lambda: backlog.close(batch),
    )
    for call in calls:
        with pytest.raises(Unavailable):
            call()
