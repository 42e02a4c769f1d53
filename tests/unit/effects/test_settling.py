"""What was decided happens although a hand-over was lost, and questions nobody answers are closed."""

from datetime import datetime, timedelta

import pytest

from assistant.domain.effects.approval import action_hash
from assistant.domain.effects.effect import LONGEST_APPROVAL, Effect, EffectState, proposed
from assistant.domain.effects.ledger import EffectChange, LedgerEvent
from assistant.domain.effects.settling import HANDED_OVER_WITHIN, is_lost, to_be_settled
from assistant.domain.errors import Conflict, Unavailable
from assistant.domain.mailbox import Folder
from assistant.domain.preferences import Permission
from assistant.services.answer_approvals import ApprovalRequest, approve_effect
from assistant.services.notify import NotifyPorts
from assistant.services.propose_effects import propose_effects
from assistant.services.settle_effects import SettlePorts, settle_effects
from assistant.services.undo_effects import UndoRequest, undo_effects
from tests.fakes.effects import ARCHIVE, CALLER, USER, Desk, label
from tests.fakes.meetings import MemoryMeetings
from tests.fakes.notifications import MemoryNotifications


@pytest.fixture
def desk() -> Desk:
    return Desk()


def propose(desk: Desk, *effects: Effect) -> None:
    propose_effects(USER, effects, request_id="request1", ports=desk.propose_ports)


def approve(desk: Desk, effect: Effect) -> None:
    approve_effect(USER, effect.id, ApprovalRequest(action_hash=action_hash(effect)), CALLER, ports=desk.answer_ports)


def settle(desk: Desk) -> None:
    """What is due by now is done, as on schedule."""
    meetings, clock = MemoryMeetings(desk.clock), desk.clock
    told = MemoryNotifications(clock)
    notify = NotifyPorts(told, desk.effects.due, desk.due_queue, meetings, desk.preferences, clock)
    ports = SettlePorts(desk.effects, desk.queue, notify, clock)
    for due in desk.effects.due.until(desk.clock.now(), limit=100):
        settle_effects(due.user_id, due.effect_ids, ports=ports)
        desk.effects.due.done(due)


def later(desk: Desk, time: timedelta = HANDED_OVER_WITHIN) -> None:
    desk.clock.advance(time.total_seconds())


def lose(desk: Desk) -> None:
    desk.queue.jobs.clear()


def test_what_was_proposed_and_never_reached_the_worker_is_done(desk: Desk) -> None:
    effects = [desk.effect(desk.mail(), action) for action in (ARCHIVE, label("Clients"))]
    propose(desk, *effects)
    lose(desk)
    settle(desk)
    assert not desk.queue.jobs
    later(desk)
    settle(desk)
    desk.work()
    assert {desk.record(effect).state for effect in effects} == {EffectState.DONE}


def test_an_approval_whose_hand_over_failed_counts(desk: Desk) -> None:
    effect = desk.effect(desk.mail(), ARCHIVE, confidence=0.9)
    propose(desk, effect)
    desk.sqs.down = True
    with pytest.raises(Unavailable):
        approve(desk, effect)
    desk.sqs.down = False
    later(desk)
    settle(desk)
    desk.work()
    assert desk.record(effect).state is EffectState.DONE


def test_an_undoing_that_was_lost_is_done_and_stays_the_users(desk: Desk) -> None:
    first, second = (desk.effect(desk.mail(), ARCHIVE) for _ in range(2))
    propose(desk, first, second)
    desk.work()
    undo_effects(USER, UndoRequest(run_id="run1"), CALLER, ports=desk.answer_ports)
    lose(desk)
    desk.mailbox.move(first.target.object_id, Folder.TRASH)
    later(desk)
    settle(desk)
    desk.work()
    assert desk.mailbox.state(first.target.object_id).folder is Folder.TRASH
    assert [desk.record(one).state for one in (first, second)] == [EffectState.DONE, EffectState.UNDONE]


def test_effects_of_one_run_are_looked_at_together(desk: Desk) -> None:
    desk.clock.advance(30)
    effects = [desk.effect(desk.mail(), ARCHIVE) for _ in range(3)]
    changes = []
    for effect in effects:
        desk.clock.advance(0.001)
        record = proposed(effect.model_copy(update={"proposed_at": desk.clock.now()}), Permission.AUTO, "why")
        changes.append(EffectChange(record, LedgerEvent.PROPOSED))
    (due,) = to_be_settled(changes)
    assert due.effect_ids == tuple(effect.id for effect in effects)
    assert due.at.second == due.at.microsecond == 0
    assert all(is_lost(change.record, due.at) for change in changes)


def test_handed_over_twice_it_is_done_once(desk: Desk) -> None:
    effect = desk.effect(desk.mail(), ARCHIVE)
    propose(desk, effect)
    later(desk)
    settle(desk)
    assert len(desk.queue.jobs) == 2
    desk.work()
    assert [entry.event for entry in desk.effects.ledgers[USER]].count(LedgerEvent.DONE) == 1


def test_what_is_done_is_left_alone(desk: Desk) -> None:
    effect = desk.effect(desk.mail(), ARCHIVE)
    propose(desk, effect)
    desk.work()
    before = desk.record(effect)
    later(desk)
    settle(desk)
    assert (desk.queue.jobs, desk.record(effect)) == ([], before)


def test_while_the_queue_is_down_it_stays_due(desk: Desk) -> None:
    propose(desk, desk.effect(desk.mail(), ARCHIVE))
    later(desk)
    desk.sqs.down = True
    with pytest.raises(Unavailable):
        settle(desk)
    assert desk.effects.due.places


def test_a_question_nobody_answers_is_closed_in_the_ledger(desk: Desk) -> None:
    effect = desk.effect(desk.mail(), ARCHIVE, confidence=0.9)
    propose(desk, effect)
    later(desk, LONGEST_APPROVAL - timedelta(seconds=1))
    settle(desk)
    assert desk.record(effect).state is EffectState.WAITING
    later(desk, timedelta(seconds=1))
    settle(desk)
    assert desk.record(effect).state is EffectState.EXPIRED
    assert desk.effects.ledgers[USER][-1].event is LedgerEvent.EXPIRED
    with pytest.raises(Conflict, match="open until"):
        approve(desk, effect)
    settle(desk)
    assert len(desk.effects.ledgers[USER]) == 2


def test_an_answered_question_is_not_closed(desk: Desk) -> None:
    effect = desk.effect(desk.mail(), ARCHIVE, confidence=0.9)
    propose(desk, effect)
    approve(desk, effect)
    desk.work()
    later(desk, LONGEST_APPROVAL)
    settle(desk)
    assert desk.record(effect).state is EffectState.DONE


@pytest.mark.parametrize(
    ("asked", "until"),
    [
        ("2025-01-14T23:59:59+00:00", "2025-01-17T23:59:59+00:00"),
        ("2025-01-15T00:30:00+01:00", "2025-01-18T00:30:00+01:00"),
        ("2025-01-15T00:00:00+00:00", "2025-01-20T00:00:00+00:00"),
        ("2025-01-17T19:00:00+00:00", "2025-01-22T19:00:00+00:00"),
        ("2025-01-19T23:59:59+00:00", "2025-01-24T23:59:59+00:00"),
        ("2025-01-20T00:00:00+00:00", "2025-01-23T00:00:00+00:00"),
    ],
)
def test_a_question_is_open_two_days_more_over_a_weekend(desk: Desk, asked: str, until: str) -> None:
    effect = desk.effect("m1", ARCHIVE).model_copy(update={"proposed_at": datetime.fromisoformat(asked)})
    assert proposed(effect, Permission.ASK, "why").asked_until == datetime.fromisoformat(until)
