"""Effects are done and undone through every provider's mailbox alike."""

from dataclasses import dataclass
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.domain.connections import Connection
from assistant.domain.effects.actions import AnyAction, SendMail
from assistant.domain.effects.approval import action_hash
from assistant.domain.effects.effect import Effect, EffectState
from assistant.domain.effects.provenance import Traced
from assistant.domain.mail import Mail
from assistant.domain.mailbox import Folder, MessageState
from assistant.ports.mailbox import MailBox
from assistant.services.answer_approvals import ApprovalRequest, approve_effect
from assistant.services.propose_effects import propose_effects
from assistant.services.undo_effects import UndoRequest, undo_effects
from tests.fakes.effects import ARCHIVE, CALLER, USER, Desk, draft, label
from tests.fakes.examples import examples
from tests.fakes.mailbox import MailboxSide, MemoryMailBoxes
from tests.fakes.runtime import ManualClock
from tests.unit.adapters.test_mailboxes import Box, box, gmail_mailbox, imap_mailbox, memory_mailbox

__all__ = ["box", "gmail_mailbox", "imap_mailbox", "memory_mailbox"]


@dataclass(frozen=True)
class OneMailBox:
    """Implements ``ports.MailBoxes`` with the one mailbox there is."""

    box: MailBox

    def open(self, connection: Connection) -> MailBox:
        assert connection.id
        return self.box


@pytest.fixture
def desk(box: Box, clock: ManualClock) -> Desk:
    return Desk(clock, cast("MemoryMailBoxes", OneMailBox(box)))


def mail(side: MailboxSide) -> str:
    return side.receive(Mail(id="", sender="news@shop.example", subject="Weekly offers", body="Buy."))


def do(desk: Desk, *effects: Effect) -> None:
    propose_effects(USER, effects, request_id="request1", ports=desk.propose_ports)
    desk.work()
    desk.clock.advance(1)


def undo(desk: Desk, run_id: str = "run1") -> None:
    undo_effects(USER, UndoRequest(run_id=run_id), CALLER, ports=desk.answer_ports)
    desk.work()


def test_a_mail_is_labelled_archived_and_put_back(desk: Desk, box: Box) -> None:
    message = mail(box)
    do(desk, desk.effect(message, label("EA/Archive", "Clients")), desk.effect(message, ARCHIVE))
    state = box.state(message)
    assert (state.folder, *sorted(state.labels)) == (Folder.ARCHIVE, "Clients", "EA/Archive")
    undo(desk)
    assert box.state(message) == MessageState(Folder.INBOX, frozenset(), unread=state.unread)
    assert {record.state for record in desk.effects.records.values()} == {EffectState.UNDONE}


def test_a_draft_is_kept_in_its_conversation_and_taken_away(desk: Desk, box: Box) -> None:
    message = box.receive(
        Mail(id="", sender="ann@company.com", subject="Offer", headers={"message-id": "<offer@company.com>"})
    )
    effect = desk.effect(message, draft("ann@company.com", "bob@company.com", text="Thank you.\n\nYes, Zürich."))
    do(desk, effect)
    (kept,) = box.drafts()
    assert (kept.headers["in-reply-to"], kept.headers["references"]) == ("<offer@company.com>", "<offer@company.com>")
    undo(desk)
    assert not box.drafts()
    assert desk.record(effect).state is EffectState.UNDONE


def test_what_the_user_moved_meanwhile_stays(desk: Desk, box: Box) -> None:
    message = mail(box)
    effect = desk.effect(message, ARCHIVE)
    do(desk, effect)
    box.change(message, MessageState(Folder.TRASH, box.state(message).labels, unread=True))
    undo(desk)
    assert box.state(message).folder is Folder.TRASH
    assert desk.record(effect).problem == "It was changed meanwhile, so it stays as it is now."


def test_a_mail_that_is_gone_is_said_so(desk: Desk, box: Box) -> None:
    message = mail(box)
    effect = desk.effect(message, label("EA/Routine"))
    propose_effects(USER, [effect], request_id="request1", ports=desk.propose_ports)
    box.erase(message)
    desk.work()
    assert desk.record(effect).state is EffectState.FAILED


STATES = st.builds(
    MessageState,
    st.sampled_from((Folder.INBOX, Folder.ARCHIVE)),
    st.frozensets(st.sampled_from(("EA/Archive", "Clients"))),
    unread=st.just(True),
)
ACTIONS = st.one_of(
    st.just(ARCHIVE),
    st.builds(label, st.sampled_from(("EA/Archive", "EA/Routine"))),
    st.builds(lambda name: label(remove=(name,)), st.sampled_from(("EA/Archive", "Clients"))),
)


@settings(examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=STATES, actions=st.lists(ACTIONS, max_size=4), run_id=st.uuids().map(str))
def test_done_and_undone_a_mail_is_as_it_was(
    desk: Desk, box: Box, before: MessageState, actions: list[AnyAction], run_id: str
) -> None:
    message = mail(box)
    box.change(message, before)
    state = box.state(message)
    for number, action in enumerate(actions):
        do(desk, desk.effect(message, action, run_id=run_id, occasion=str(number)))
    undo(desk, run_id)
    assert box.state(message) == state


def test_an_approved_mail_is_sent_once_however_often_its_job_comes(desk: Desk, box: Box) -> None:
    sending = SendMail(
        to=Traced(value=("ann@supplier.com",)), subject=Traced(value="Re: Invoice"), text=Traced(value="It is paid.")
    )
    effect = desk.effect(mail(box), sending)
    propose_effects(USER, [effect], request_id="request1", ports=desk.propose_ports)
    assert not box.sent()
    approve_effect(USER, effect.id, ApprovalRequest(action_hash=action_hash(effect)), CALLER, ports=desk.answer_ports)
    jobs = list(desk.queue.jobs)
    desk.work()
    desk.queue.jobs += jobs
    desk.work()
    (sent,) = box.sent()
    assert (sent.to, sent.subject) == (("ann@supplier.com",), "Re: Invoice")
    assert desk.record(effect).state is EffectState.DONE
