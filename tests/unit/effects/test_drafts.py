"""Drafts are kept unasked, once, and taken away again unless the user wrote on."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.effects.actions import DraftMail
from assistant.domain.effects.approval import action_hash, rendered
from assistant.domain.effects.effect import LEASE, Effect, EffectRecord, EffectState
from assistant.domain.effects.provenance import Traced
from assistant.domain.mail import Mail
from assistant.domain.sources import Source, SourceKind
from assistant.services.answer_approvals import ApprovalRequest, approve_effect
from assistant.services.execute_effects import CHANGED_MEANWHILE, run_job
from assistant.services.propose_effects import propose_effects
from assistant.services.undo_effects import UndoRequest, undo_effects
from tests.fakes.effects import CALLER, USER, Desk, draft
from tests.fakes.examples import examples
from tests.unit.effects.test_doing import Crash, Crashing

ANN = "ann@company.com"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def propose(desk: Desk, *effects: Effect) -> None:
    propose_effects(USER, effects, request_id="request1", ports=desk.propose_ports)


def drafted(desk: Desk, effect: Effect | None = None) -> Effect:
    made = effect or desk.effect(desk.mail(), draft(ANN))
    propose(desk, made)
    desk.work()
    return made


def undone(desk: Desk, effect: Effect) -> EffectRecord:
    undo_effects(USER, UndoRequest(effect_id=effect.id), CALLER, ports=desk.answer_ports)
    desk.work()
    return desk.record(effect)


def kept(desk: Desk) -> list[Mail]:
    return list(desk.mailbox.drafts())


def test_a_draft_is_kept_unasked_in_the_conversation_it_answers(desk: Desk) -> None:
    headers = {"message-id": "<3@company.com>", "references": "<1@company.com>\n <2@company.com>"}
    answered = desk.mailbox.receive(Mail(id="", sender=ANN, subject="Offer", headers=headers))
    effect = drafted(desk, desk.effect(answered, draft(ANN)))
    (mail,) = kept(desk)
    assert (mail.to, mail.subject, mail.body) == ((ANN,), "Re: Weekly offers", "Thank you.\nNo.")
    assert mail.thread_id == desk.mailbox.get(answered).mail.thread_id
    assert mail.headers["in-reply-to"] == "<3@company.com>"
    assert mail.headers["references"] == "<1@company.com> <2@company.com> <3@company.com>"
    assert desk.record(effect).state is EffectState.DONE
    assert not desk.mailbox.sent()


def test_it_answers_no_mail_that_is_gone_or_that_nobody_named(desk: Desk) -> None:
    gone = desk.mail()
    desk.mailbox.erase(gone)
    drafted(desk, desk.effect(gone, draft(ANN)))
    drafted(desk, desk.effect("", draft(ANN)))
    assert [mail.headers.get("in-reply-to") for mail in kept(desk)] == [None, None]


def test_undone_it_is_gone(desk: Desk) -> None:
    assert undone(desk, drafted(desk)).state is EffectState.UNDONE
    assert not kept(desk)


def test_what_the_user_wrote_on_at_stays_and_is_reported(desk: Desk) -> None:
    effect = drafted(desk)
    desk.mailbox.rewrite(kept(desk)[0].id, "Thank you. Gladly!")
    record = undone(desk, effect)
    assert (record.state, record.problem) == (EffectState.DONE, CHANGED_MEANWHILE)
    assert [mail.body for mail in kept(desk)] == ["Thank you. Gladly!"]


def test_what_the_user_threw_away_needs_no_undoing(desk: Desk) -> None:
    effect = drafted(desk)
    desk.mailbox.erase(kept(desk)[0].id)
    assert undone(desk, effect).state is EffectState.UNDONE


def test_two_drafts_of_one_conversation_are_undone_each_for_itself(desk: Desk) -> None:
    mail = desk.mail()
    first, second = (drafted(desk, desk.effect(mail, draft(ANN, text=text))) for text in ("Yes.", "No."))
    desk.mailbox.erase(kept(desk)[1].id)
    undo_effects(USER, UndoRequest(run_id="run1"), CALLER, ports=desk.answer_ports)
    desk.work()
    assert {desk.record(one).state for one in (first, second)} == {EffectState.UNDONE}
    assert not kept(desk)


@pytest.mark.parametrize("applied", [False, True])
def test_after_a_crash_there_is_one_draft(desk: Desk, *, applied: bool) -> None:
    effect = desk.effect(desk.mail(), draft(ANN))
    propose(desk, effect)
    (job,) = desk.queue.jobs
    crashing = Crashing(desk, applied=applied)
    with pytest.raises(Crash):
        run_job(job, seconds=60, ports=replace(desk.execute_ports, executors={effect.action.kind: crashing}))
    desk.clock.advance(LEASE.total_seconds())
    run_job(job, seconds=60, ports=desk.execute_ports)
    assert desk.record(effect).state is EffectState.DONE
    assert len(kept(desk)) == 1
    assert undone(desk, effect).state is EffectState.UNDONE


def test_recipients_others_could_have_named_wait_for_the_user(desk: Desk) -> None:
    sources = (Source.whole(SourceKind.MAIL, "m1"),)
    words = draft(ANN)
    action = DraftMail(to=Traced(value=(ANN,), sources=sources), subject=words.subject, text=words.text)
    effect = drafted(desk, desk.effect(desk.mail(), action))
    assert desk.record(effect).state is EffectState.WAITING
    assert not kept(desk)
    approval = ApprovalRequest(action_hash=action_hash(effect))
    approve_effect(USER, effect.id, approval, CALLER, ports=desk.answer_ports)
    desk.work()
    assert len(kept(desk)) == 1


def test_the_user_sees_the_whole_draft(desk: Desk) -> None:
    assert rendered(desk.effect("m1", draft(ANN))) == (
        f"Keep a draft of “Re: Weekly offers” to {ANN}.\n\nRe: Weekly offers\n\nThank you.\nNo."
    )


WORDS = st.text(min_size=1, max_size=20).filter(str.strip)


@examples(100)
@given(texts=st.lists(st.tuples(WORDS, WORDS | st.none()), min_size=1, max_size=4))
def test_undoing_takes_away_what_the_assistant_wrote_and_nothing_the_user_did(
    texts: list[tuple[str, str | None]],
) -> None:
    desk = Desk()
    own = desk.mailbox.receive(Mail(id="", sender=ANN, subject="Offer"))
    theirs = []
    for number, (text, rewritten) in enumerate(texts):
        before = {mail.id for mail in kept(desk)}
        drafted(desk, desk.effect(own, draft(ANN, text=text), occasion=str(number)))
        (new,) = {mail.id for mail in kept(desk)} - before
        if rewritten is not None and rewritten.split() != text.split():
            desk.mailbox.rewrite(new, rewritten)
            theirs.append(rewritten)
    undo_effects(USER, UndoRequest(run_id="run1"), CALLER, ports=desk.answer_ports)
    desk.work()
    assert [mail.body for mail in kept(desk)] == theirs
