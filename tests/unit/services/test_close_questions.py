"""A question that waits no more is not asked any more, and what was asked says what became of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from assistant.domain.connections import ConnectionStatus
from assistant.domain.day_briefing import briefing_text
from assistant.domain.effects.approval import action_hash
from assistant.domain.effects.effect import LONGEST_APPROVAL, Effect, EffectState
from assistant.domain.effects.wording import summary
from assistant.domain.notifications import BY_BUTTON, DueKind, NotificationKind
from assistant.domain.preferences import Channel, Preferences
from assistant.domain.providers import Provider
from assistant.domain.users import Identity
from assistant.services.answer_approvals import ApprovalRequest, approve_effect, reject_effect
from assistant.services.brief_day import read_day
from assistant.services.notify import PreferredNotifier
from assistant.services.propose_effects import propose_effects
from assistant.services.undo_effects import UndoRequest, undo_effects
from tests.fakes.effects import ARCHIVE, CALLER, USER, Desk
from tests.fakes.runtime import ManualClock
from tests.unit.services.test_deliver_notifications import HOUR, World, mails_sent


class Asked:
    """A user in UTC, asked to archive a mail on Wednesday at 10:00, with Slack connected and wanted for everything."""

    def __init__(self, clock: ManualClock) -> None:
        self.world, self.desk = World(clock), Desk(clock)
        self.world.prefer(
            {"urgent": "slack", "important": "slack", "routine": "slack"}, daily_briefing={"enabled": False}
        )
        effects, notifier = self.world.effects, PreferredNotifier(self.world.notify_ports)
        self.desk.effects = effects
        self.desk.propose_ports = replace(self.desk.propose_ports, effects=effects, notifier=notifier)
        self.desk.answer_ports = replace(self.desk.answer_ports, effects=effects, due_queue=self.world.queue)
        self.desk.execute_ports = replace(self.desk.execute_ports, effects=effects, notifier=notifier)

    def ask(self) -> Effect:
        effect = self.desk.effect(self.desk.mail(), ARCHIVE, confidence=0.5)
        propose_effects(USER, [effect], request_id="request1", ports=self.desk.propose_ports)
        return effect

    def approve(self, effect: Effect, caller: Identity = CALLER) -> None:
        approval = ApprovalRequest(action_hash=action_hash(effect))
        approve_effect(USER, effect.id, approval, caller, ports=self.desk.answer_ports)

    def answer(self, effect: Effect, how: str) -> None:
        ports = self.desk.answer_ports
        match how:
            case "approved":
                self.approve(effect)
            case "rejected":
                reject_effect(USER, effect.id, CALLER, ports=ports)
            case "called off":
                undo_effects(USER, UndoRequest(effect_id=effect.id), CALLER, ports=ports)

    def buttons(self) -> list[list[str]]:
        return [[one.label for one in message.buttons] for message in self.world.chats.chat.messages.values()]


@pytest.fixture
def asked(clock: ManualClock) -> Asked:
    return Asked(clock)


ANSWERS = {
    "approved": "It is approved: it is done in a moment.",
    "rejected": "It is rejected: it is not done.",
    "called off": "It is rejected: it is not done.",
}


@pytest.mark.parametrize("how", ANSWERS)
def test_the_message_says_at_once_how_it_was_answered(asked: Asked, how: str) -> None:
    effect = asked.ask()
    asked.world.work()
    assert asked.buttons() == [["Approve", "Reject"]]
    asked.world.clock.advance(60)
    asked.answer(effect, how)
    asked.world.work()
    ((_, text),) = asked.world.posted()
    assert (text.rpartition("\n\n")[2], asked.buttons()) == (ANSWERS[how], [[]])
    shown = asked.world.shown()
    assert (shown.kind, shown.channel, shown.read_at) == (
        NotificationKind.APPROVAL_ENDED,
        Channel.SLACK,
        asked.world.clock.now(),
    )


def test_what_a_delegate_approved_names_them_and_stays_unread(asked: Asked) -> None:
    effect = asked.ask()
    asked.world.work()
    asked.approve(effect, Identity(USER, "request2", "ann"))
    asked.world.work()
    ((_, text),) = asked.world.posted()
    assert text.endswith("\n\nann approved it for you. It is approved: it is done in a moment.")
    assert (asked.buttons(), asked.world.shown().read_at) == ([[]], None)
    asked.desk.work()
    asked.world.clock.advance(timedelta(minutes=11).total_seconds())
    asked.world.tick()
    assert asked.world.shown().text.endswith("\n\nann approved it for you. It is done.")
    assert asked.world.shown().read_at is None


@pytest.mark.parametrize("how", ANSWERS)
def test_what_was_answered_before_it_was_sent_is_notmails_sent(asked: Asked, how: str) -> None:
    asked.world.clock.advance(9 * HOUR)
    effect = asked.ask()
    assert asked.world.shown().held_until
    asked.answer(effect, how)
    asked.world.work()
    assert (asked.world.shown().held_until, asked.world.shown().text.endswith(ANSWERS[how])) == (None, True)
    asked.world.clock.advance(14 * HOUR)
    asked.world.tick()
    assert asked.world.posted() == []


def test_what_was_answered_a_moment_before_it_would_be_sent_is_notmails_sent(asked: Asked) -> None:
    effect = asked.ask()
    asked.answer(effect, "rejected")
    asked.world.work()
    assert asked.world.posted() == []
    assert asked.world.shown().kind is NotificationKind.APPROVAL_ENDED


def test_a_question_nobody_answered_says_so_and_stays_unread(asked: Asked) -> None:
    asked.ask()
    asked.world.work()
    asked.world.clock.advance(LONGEST_APPROVAL.total_seconds())
    asked.world.tick()
    ((_, text),) = asked.world.posted()
    assert text.endswith("\n\nNobody answered in time: it is not done.")
    assert (asked.buttons(), asked.world.shown().read_at) == ([[]], None)


def test_what_became_of_it_follows(asked: Asked) -> None:
    effect = asked.ask()
    asked.world.work()
    asked.answer(effect, "approved")
    asked.desk.work()
    asked.world.clock.advance(timedelta(minutes=11).total_seconds())
    asked.world.tick()
    ((_, text),) = asked.world.posted()
    assert text.endswith("\n\nIt is done.")
    assert asked.world.left() == [DueKind.EFFECTS]


def test_an_answer_while_the_queue_is_down_is_said_by_the_next_run(asked: Asked) -> None:
    effect = asked.ask()
    asked.world.work()
    asked.world.queue_down.down = True
    asked.answer(effect, "rejected")
    asked.world.queue_down.down = False
    asked.world.clock.advance(60)
    asked.world.tick()
    assert asked.buttons() == [[]]


def test_a_chat_that_is_down_is_told_later(asked: Asked) -> None:
    effect = asked.ask()
    asked.world.work()
    asked.world.chats.chat.outage.down = True
    asked.answer(effect, "rejected")
    asked.world.work()
    asked.world.chats.chat.outage.down = False
    asked.world.clock.advance(61)
    asked.world.tick()
    assert asked.buttons() == [[]]


def test_a_mail_is_not_followed_by_another(asked: Asked) -> None:
    asked.world.prefer({"important": "email"})
    asked.world.connect(Provider.GOOGLE, "user@company.com")
    asked.world.connections.delete(asked.world.slack)
    effect = asked.ask()
    asked.world.work()
    sent = len(mails_sent(asked.world, Provider.GOOGLE))
    asked.answer(effect, "rejected")
    asked.world.work()
    asked.world.clock.advance(300)
    asked.world.tick()
    assert (sent, len(mails_sent(asked.world, Provider.GOOGLE))) == (1, 1)
    assert asked.world.shown().channel is Channel.EMAIL


def test_a_question_goes_to_slack_rather_than_by_mail_and_what_fails_of_it_too(asked: Asked) -> None:
    asked.world.prefer({})
    asked.world.connect(Provider.GOOGLE, "user@company.com")
    effect = asked.ask()
    asked.world.work()
    assert asked.buttons() == [["Approve", "Reject"]]
    shown = asked.world.shown()
    assert (shown.wanted, shown.channel, shown.note) == (Channel.EMAIL, Channel.SLACK, BY_BUTTON)
    asked.answer(effect, "approved")
    asked.desk.mailbox.erase(effect.target.object_id)
    asked.desk.work()
    asked.world.work()
    ((title, _),) = asked.world.posted()
    assert (title, mails_sent(asked.world, Provider.GOOGLE)) == ("That could not be done", [])


@pytest.mark.parametrize("slack", [None, ConnectionStatus.BROKEN])
def test_without_slack_a_mail_says_where_and_until_when_it_is_answered(
    asked: Asked, slack: ConnectionStatus | None
) -> None:
    asked.world.prefer({}, working_hours={"timezone": "Europe/Berlin"})
    asked.world.connect(Provider.GOOGLE, "user@company.com")
    if slack:
        broken = asked.world.slack.model_copy(update={"status": slack})
        asked.world.connections.replace(broken, expected_version=1)
    else:
        asked.world.connections.delete(asked.world.slack)
    effect = asked.ask()
    asked.world.work()
    (mail,) = mails_sent(asked.world, Provider.GOOGLE)
    where = f"/api/v1/users/{USER}/effects/{effect.id}"
    assert f"Please answer on your dashboard by Monday, 20 January, 11:00 (Europe/Berlin): {where}\n" in mail.body


def test_who_wants_questions_on_the_dashboard_has_them_there(asked: Asked) -> None:
    asked.world.prefer({"important": "dashboard"})
    asked.ask()
    asked.world.work()
    assert (asked.world.posted(), asked.world.shown().channel) == ([], Channel.DASHBOARD)


def test_what_failed_after_an_approval_stays_told(asked: Asked) -> None:
    effect = asked.ask()
    asked.world.work()
    asked.answer(effect, "approved")
    asked.desk.mailbox.erase(effect.target.object_id)
    asked.desk.work()
    asked.world.work()
    assert asked.desk.record(effect).state is EffectState.FAILED
    assert asked.world.shown().kind is NotificationKind.EFFECT_FAILED


def test_the_briefing_names_what_waits_and_nothing_else(asked: Asked) -> None:
    first, *others = [asked.ask() for _ in range(10)]
    asked.answer(first, "approved")
    asked.world.clock.advance(HOUR)
    day = read_day(USER, Preferences(), asked.world.clock.now(), ports=asked.world.ports.day)
    assert day.waiting == tuple(summary(effect) for effect in reversed(others))
    text = briefing_text(day)
    assert "9 actions waiting for your word:\n• Archive “Weekly offers”" in text
    assert text.endswith("\n… and 1 more.")
    asked.world.clock.advance(LONGEST_APPROVAL.total_seconds())
    later = read_day(USER, Preferences(), asked.world.clock.now(), ports=asked.world.ports.day)
    assert later.waiting == ()
