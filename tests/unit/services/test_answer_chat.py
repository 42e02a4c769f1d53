"""Presses of buttons in a chat: the user's alone, each done once, and the message says what became of it."""

from datetime import timedelta

import pytest

from assistant.domain.chat import ChatMessage
from assistant.domain.connections import ConnectionStatus
from assistant.domain.effects.actions import SendMail
from assistant.domain.effects.approval import APPROVE, REJECT, action_hash, approval_asked
from assistant.domain.effects.effect import EffectState
from assistant.domain.effects.provenance import Traced
from assistant.domain.errors import Unavailable
from assistant.domain.notifications import subject_of, told
from assistant.domain.preferences import Channel
from assistant.domain.users import Identity
from assistant.services.answer_approvals import ApprovalRequest, approve_effect
from assistant.services.answer_chat import NOT_YOURS, OUTDATED, answer_chat
from assistant.services.propose_effects import propose_effects
from tests.fakes.effects import USER
from tests.fakes.slack_requests import slack_connection
from tests.unit.services.chatting import QUESTION, World


@pytest.fixture
def world() -> World:
    return World()


def test_yes_lets_exactly_that_happen_and_the_question_says_so(world: World) -> None:
    effect = world.ask()
    assert [one.action for one in world.question.buttons] == [APPROVE, REJECT]
    world.press(effect)
    assert world.desk.record(effect).state is EffectState.QUEUED
    assert (world.question.buttons, world.became) == ((), "It is approved: it is done in a moment.")
    world.desk.work()
    assert world.desk.record(effect).state is EffectState.DONE
    world.press(effect)
    assert world.became == "It is done."
    assert world.desk.record(effect).version == 4


def test_no_keeps_it_from_happening(world: World) -> None:
    effect = world.ask()
    world.press(effect, REJECT)
    assert world.became == "It is rejected: it is not done."
    world.press(effect, APPROVE)
    assert world.became == "It is rejected: it is not done."
    assert (world.desk.record(effect).state, world.desk.queue.jobs) == (EffectState.REJECTED, [])


@pytest.mark.parametrize("action", [APPROVE, REJECT])
def test_what_a_delegate_approved_before_is_said_to_be_their_word(world: World, action: str) -> None:
    effect = world.ask()
    approval = ApprovalRequest(action_hash=action_hash(effect))
    approve_effect(USER, effect.id, approval, Identity(USER, "request1", "bob"), ports=world.desk.answer_ports)
    world.press(effect, action)
    assert world.became == "bob approved it for you. It is approved: it is done in a moment."
    given = world.desk.record(effect).approval
    assert given
    assert given.delegate_id == "bob"


@pytest.mark.parametrize("action", [APPROVE, REJECT])
def test_who_answered_a_question_has_read_it(world: World, action: str) -> None:
    effect = world.ask()
    (news,) = world.desk.notifications.told.values()
    world.notifications.replace(USER, told(news, Channel.EMAIL, None))
    world.clock.advance(60)
    for _ in range(2):
        world.press(effect, action)
    kept = world.notifications.find(USER, subject_of(news.about))
    assert kept is not None
    assert (kept.shown.read_at, kept.to_be_sent, kept.version) == (world.clock.now(), False, 2)


def test_a_press_that_comes_twice_is_done_once(world: World) -> None:
    effect = world.ask()
    job = world.press(effect)
    before = world.desk.record(effect)
    world.chats.chat.messages[QUESTION] = ChatMessage("later words")
    answer_chat(job, ports=world.ports)
    assert world.desk.record(effect) == before
    assert (len(world.desk.queue.jobs), world.question.text) == (1, "later words")


def test_a_press_is_finished_after_an_outage_of_the_chat(world: World) -> None:
    effect = world.ask()
    world.chats.chat.outage.down = True
    with pytest.raises(Unavailable):
        world.press(effect)
    world.chats.chat.outage.down = False
    world.presses = 0
    world.press(effect)
    assert world.became == "It is approved: it is done in a moment."
    assert [entry.event for entry in world.desk.effects.ledgers[USER]] == ["proposed", "approved"]


def test_a_question_that_is_too_old_is_said_to_be(world: World) -> None:
    effect = world.ask()
    world.clock.advance(timedelta(hours=120).total_seconds())
    world.press(effect)
    assert world.became == "Nobody answered in time: it is not done."
    assert world.desk.queue.jobs == []


@pytest.mark.parametrize("member", ["U2", "U9"])
def test_nobody_else_answers(world: World, member: str) -> None:
    effect = world.ask()
    before = world.question
    world.press(effect, member=member)
    assert (world.whispered, world.question) == ([(member, NOT_YOURS)], before)
    assert world.desk.record(effect).state is EffectState.WAITING


@pytest.mark.parametrize("action", [APPROVE, REJECT])
def test_the_button_of_another_action_does_nothing(world: World, action: str) -> None:
    effect = world.ask()
    world.press(effect, action, value=f"{effect.id}:{'0' * 64}")
    assert world.whispered == [("U1", OUTDATED)]
    assert world.desk.record(effect).state is EffectState.WAITING


def test_buttons_that_are_none_of_ours_are_left(world: World) -> None:
    effect = world.ask()
    world.press(effect, "open")
    world.press(effect, value="anything")
    assert (world.whispered, world.desk.record(effect).state) == ([], EffectState.WAITING)


def test_a_question_that_was_deleted_is_answered_all_the_same(world: World) -> None:
    effect = world.ask()
    world.chats.chat.messages.clear()
    world.press(effect)
    assert world.desk.record(effect).state is EffectState.QUEUED


def test_a_workspace_that_was_disconnected_is_left(world: World) -> None:
    effect = world.ask()
    for user, member in ((USER, "U1"), ("user2", "U2")):
        broken = slack_connection(user, member).model_copy(update={"status": ConnectionStatus.BROKEN})
        world.desk.connections.replace(broken, expected_version=1)
    world.press(effect)
    assert (world.whispered, world.desk.record(effect).state) == ([], EffectState.WAITING)


def test_only_what_is_shown_whole_can_be_approved_there(world: World) -> None:
    texts = {"short": "See you at ten.", "long": "word " * 2000}
    for name, text in texts.items():
        action = SendMail(to=Traced(value=("bob@company.com",)), subject=Traced(value=name), text=Traced(value=text))
        effect = world.desk.effect(world.desk.mail(), action)
        (record,) = propose_effects(USER, [effect], request_id="r", ports=world.desk.propose_ports)
        asked = approval_asked(record)
        whole = text in asked.text
        assert whole == (name == "short")
        assert [one.action for one in asked.buttons] == ([APPROVE, REJECT] if whole else [REJECT])
        assert len(asked.text) <= 3000
