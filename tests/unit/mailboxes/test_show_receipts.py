"""The user can look up what became of each mail of their mailboxes."""

from datetime import timedelta

import pytest

from assistant.domain.errors import Forbidden, InvalidRequest
from assistant.domain.mailbox_sync import MailOutcome, Receipt
from assistant.domain.triage.decision import Category, DecidedBy
from assistant.domain.users import Identity
from assistant.services.show_receipts import ReceiptList, ReceiptQuery, list_receipts
from tests.fakes.mailbox_sync import MemoryReceipts
from tests.fakes.runtime import ManualClock
from tests.unit.mailboxes.followed import Followed

USER = "user123"
CALLER = Identity(USER, "request1")


def listed(receipts: MemoryReceipts, **wanted: object) -> ReceiptList:
    return list_receipts(USER, ReceiptQuery.model_validate(wanted), CALLER, receipts=receipts)


@pytest.fixture
def kept(clock: ManualClock) -> MemoryReceipts:
    """Five mails a minute apart, every other one decided, of two accounts."""
    receipts = MemoryReceipts()
    for number in range(5):
        noticed = clock.now() + timedelta(minutes=number)
        decided = number % 2 == 0
        receipts.save(
            [
                Receipt(
                    user_id=USER,
                    connection_id="work" if number < 3 else "home",
                    message_id=f"m/{number}",
                    outcome=MailOutcome.DECIDED if decided else MailOutcome.MOVED,
                    received_at=noticed - timedelta(seconds=2),
                    noticed_at=noticed,
                    closed_at=noticed + timedelta(seconds=1),
                    category=Category.ROUTINE if decided else None,
                    decided_by=DecidedBy.CORE if decided else None,
                    confidence=0.9 if decided else None,
                )
            ]
        )
    return receipts


def names(answer: ReceiptList) -> list[str]:
    return [one.message_id for one in answer.receipts]


def test_a_receipt_says_what_was_decided_why_and_how_soon(kept: MemoryReceipts) -> None:
    first, second, *_ = listed(kept).receipts
    assert (first.outcome, first.category, first.decided_by, first.confidence, first.seconds) == (
        MailOutcome.DECIDED,
        Category.ROUTINE,
        DecidedBy.CORE,
        0.9,
        3.0,
    )
    assert first.decision == "/api/v1/email/m%2F4/decision"
    assert (second.outcome, second.decision) == (MailOutcome.MOVED, None)


def test_pages_are_complete_and_the_newest_first(kept: MemoryReceipts) -> None:
    answer = listed(kept, limit=2)
    seen = names(answer)
    while answer.next_cursor:
        answer = listed(kept, limit=2, cursor=answer.next_cursor)
        seen += names(answer)
    assert seen == ["m/4", "m/3", "m/2", "m/1", "m/0"]


def test_filters(kept: MemoryReceipts, clock: ManualClock) -> None:
    assert names(listed(kept, connection_id="work")) == ["m/2", "m/1", "m/0"]
    assert names(listed(kept, outcome="moved")) == ["m/3", "m/1"]
    assert names(listed(kept, since=clock.now() + timedelta(minutes=3))) == ["m/4", "m/3"]
    assert names(listed(kept, connection_id="home", outcome="decided")) == ["m/4"]


def test_what_a_mailbox_left_behind_is_listed() -> None:
    followed = Followed()
    message = followed.arrive()
    followed.clock.advance(3)
    followed.sync()
    (one,) = listed(followed.receipts).receipts
    assert (one.message_id, one.seconds) == (message, 3.0)


def test_a_foreign_cursor_is_refused(kept: MemoryReceipts) -> None:
    with pytest.raises(InvalidRequest) as refused:
        listed(kept, cursor="yesterday")
    assert [error.field for error in refused.value.errors] == ["cursor"]


def test_only_the_users_own(kept: MemoryReceipts) -> None:
    with pytest.raises(Forbidden):
        list_receipts(USER, ReceiptQuery(), Identity("user2", "r"), receipts=kept)
