"""A press in Slack is answered there once, whatever Slack does wrong: the user's word counts from the first try."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from assistant.adapters.slack_chat import POSTING_FOR, SlackChats
from assistant.domain.chat_jobs import ButtonPressed, ChatJob, MessageReceived
from assistant.domain.effects.approval import APPROVE, approval_asked, approval_buttons
from assistant.domain.effects.effect import Effect, EffectState
from assistant.domain.errors import Unavailable
from assistant.domain.notification_messages import chat_message
from assistant.services.answer_chat import answer_chat
from tests.fakes.access_tokens import FixedTokens
from tests.fakes.chat import MemoryPostRecords
from tests.fakes.effects import USER
from tests.fakes.loopback_http import Answer
from tests.fakes.slack_api import TOKEN, SlackApi, failed, serve_slack, throttled
from tests.fakes.slack_requests import slack_connection
from tests.unit.services.chatting import World

pytestmark = pytest.mark.network
FAULTS = {
    "error": failed("internal_error"),
    "500": Answer(500, b"<html>"),
    "503": Answer(503, b""),
    "504": Answer(504, b"{}"),
    "truncated": Answer(200, b'{"ok": true, "channel": {"id": "D', {}),
    "dropped": Answer(200, b"", sent=0),
    "429": throttled(60),
}
LEFT = {
    "revoked": failed("token_revoked"),
    "scope": failed("missing_scope"),
    "deleted": failed("message_not_found"),
}


class InSlack:
    """The world of answers, with Slack's adapter over HTTP in the place of the chat in memory."""

    def __init__(self, api: SlackApi) -> None:
        self.api, self.world = api, World()
        clock = self.world.clock
        self.chats = SlackChats(FixedTokens(TOKEN), MemoryPostRecords(clock), clock, api.url)
        self.ports = replace(self.world.ports, chats=self.chats)

    def press(self) -> tuple[Effect, ButtonPressed]:
        """Ask about an effect; return it with the press that approves it."""
        effect = self.world.ask()
        question = chat_message(approval_asked(self.world.desk.record(effect)))
        posted = self.chats.open(slack_connection()).post("U1", question, key="question")
        job = ButtonPressed(
            id="press1",
            workspace_id="T1",
            member="U1",
            at=self.world.clock.now(),
            channel=posted.channel,
            message_id=posted.id,
            action=APPROVE,
            value=approval_buttons(effect)[0].value,
        )
        return effect, job

    def answer(self, job: ChatJob) -> None:
        answer_chat(job, ports=self.ports)


@pytest.fixture
def slack() -> Iterator[InSlack]:
    with serve_slack() as api:
        yield InSlack(api)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_press_counts_once_and_its_message_follows(slack: InSlack, fault: str) -> None:
    effect, job = slack.press()
    slack.api.failures = [FAULTS[fault], FAULTS[fault]]
    with pytest.raises(Unavailable):
        slack.answer(job)
    slack.api.failures = []
    for _ in range(2):
        slack.answer(job)
    assert slack.world.desk.record(effect).state is EffectState.QUEUED
    assert [entry.event for entry in slack.world.desk.effects.ledgers[USER]] == ["proposed", "approved"]
    (message,) = slack.api.ours()
    assert "It is approved: it is done in a moment." in str(message["blocks"])
    assert "actions" not in {block["type"] for block in message["blocks"]}


@pytest.mark.parametrize("fault", LEFT)
def test_a_press_counts_where_its_message_cannot_follow(slack: InSlack, fault: str) -> None:
    effect, job = slack.press()
    slack.api.failures = [LEFT[fault], LEFT[fault]]
    slack.answer(job)
    assert slack.world.desk.record(effect).state is EffectState.QUEUED
    slack.api.failures = []
    before = len(slack.api.methods)
    slack.answer(job)
    assert len(slack.api.methods) == before


@pytest.mark.parametrize("fault", FAULTS)
def test_words_are_answered_once(slack: InSlack, fault: str) -> None:
    job = MessageReceived(id="Ev1", workspace_id="T1", member="U1", at=slack.world.clock.now(), text="help")
    slack.api.failures = [FAULTS[fault], FAULTS[fault]]
    with pytest.raises(Unavailable):
        slack.answer(job)
    slack.api.failures = []
    slack.world.clock.advance(POSTING_FOR.total_seconds())
    for _ in range(2):
        slack.answer(job)
    assert len(slack.api.ours()) == 1


def test_an_answer_lost_after_it_stood_is_not_written_again(slack: InSlack) -> None:
    job = MessageReceived(id="Ev1", workspace_id="T1", member="U1", at=slack.world.clock.now(), text="help")
    slack.api.lost.add("chat.postMessage")
    with pytest.raises(Unavailable):
        slack.answer(job)
    slack.world.clock.advance(POSTING_FOR.total_seconds())
    slack.answer(job)
    assert len(slack.api.ours()) == 1


def test_who_presses_what_is_not_theirs_is_told_alone(slack: InSlack) -> None:
    effect, job = slack.press()
    slack.api.users["U9"] = "eve@company.com"
    slack.answer(job.model_copy(update={"member": "U9"}))
    assert slack.world.desk.record(effect).state is EffectState.WAITING
    assert [member for member, _ in slack.api.whispered] == ["U9"]
