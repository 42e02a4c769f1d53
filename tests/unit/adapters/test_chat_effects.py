"""Messages to colleagues are written once and taken back, in every chat alike; then what Slack's faults come to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.adapters.slack_chat import POSTING_FOR, SlackChats
from assistant.domain.chat import ChatUser
from assistant.domain.connections import Connection
from assistant.domain.effects.actions import DeleteMessage, PostMessage
from assistant.domain.effects.effect import LEASE, Effect, EffectRecord, EffectState
from assistant.domain.effects.provenance import Traced
from assistant.domain.errors import Unavailable
from assistant.ports.chat import Chats
from assistant.services.answer_approvals import ApprovalRequest, approve_effect
from assistant.services.change_chat import ChatExecutor
from assistant.services.propose_effects import propose_effects
from assistant.services.show_effects import EffectView
from assistant.services.undo_effects import UndoRequest, undo_effects
from tests.fakes.access_tokens import FixedTokens
from tests.fakes.chat import MemoryChats, MemoryPostRecords
from tests.fakes.effects import CALLER, USER, Desk
from tests.fakes.examples import examples
from tests.fakes.loopback_http import Answer
from tests.fakes.slack_api import TOKEN, SlackApi, failed, serve_slack, throttled
from tests.fakes.slack_requests import slack_connection

pytestmark = pytest.mark.network
BOB = ChatUser("U2", "Bob Ray", "bob@company.com")
ACTION = PostMessage(to=Traced(value=BOB), text=Traced(value="I am late."), sender=Traced(value="Ann"))


@dataclass
class Office:
    """A desk whose user is in a workspace with Bob; ``side`` is the workspace as Bob sees it."""

    desk: Desk
    side: MemoryChats | SlackApi
    connection: Connection

    def effect(self, occasion: str = "1") -> Effect:
        effect = self.desk.effect(f"Ev{occasion}", ACTION, run_id=f"run{occasion}")
        target = effect.target.model_copy(update={"connection_id": self.connection.id, "title": BOB.name})
        return effect.model_copy(update={"target": target})

    def approve(self, effect: Effect) -> None:
        (record,) = propose_effects(USER, [effect], request_id="r", ports=self.desk.propose_ports)
        word = ApprovalRequest(action_hash=EffectView.of(record, self.desk.clock.now()).action_hash)
        approve_effect(USER, effect.id, word, CALLER, ports=self.desk.answer_ports)

    def undo(self, effect: Effect) -> EffectRecord:
        undo_effects(USER, UndoRequest(effect_id=effect.id), CALLER, ports=self.desk.answer_ports)
        self.desk.work()
        return self.desk.record(effect)

    def read(self) -> list[str]:
        if isinstance(self.side, MemoryChats):
            return [one.text for posted, one in self.side.chat.messages.items() if posted.channel == "DU2"]
        return [one["text"] for one in self.side.channels.get("DU2", [])]

    def delete_everything(self) -> None:
        if isinstance(self.side, MemoryChats):
            self.side.chat.messages.clear()
        else:
            self.side.channels["DU2"].clear()


def office(chats: Chats, side: MemoryChats | SlackApi, desk: Desk) -> Office:
    connection = slack_connection()
    desk.connections.replace(connection, expected_version=0)
    executors = {**desk.execute_ports.executors, ACTION.kind: ChatExecutor(desk.connections, chats)}
    desk.execute_ports = replace(desk.execute_ports, executors=executors)
    return Office(desk, side, connection)


def in_memory() -> Office:
    desk = Desk()
    desk.chats.chat.users["U2"] = BOB
    return office(desk.chats, desk.chats, desk)


@pytest.fixture
def slack() -> Iterator[Office]:
    desk = Desk()
    with serve_slack() as api:
        api.users["U2"] = "bob@company.com"
        chats = SlackChats(FixedTokens(TOKEN), MemoryPostRecords(desk.clock), desk.clock, api.url)
        yield office(chats, api, desk)


@pytest.fixture(params=["fake", "slack"])
def at(request: pytest.FixtureRequest) -> Office:
    return in_memory() if request.param == "fake" else request.getfixturevalue("slack")


def test_a_message_is_written_after_the_users_word_and_taken_back(at: Office) -> None:
    effect = at.effect()
    at.desk.work()
    assert at.read() == []
    at.approve(effect)
    at.desk.work()
    assert at.read() == ["I am late."]
    assert at.desk.record(effect).inverse == DeleteMessage()
    assert at.undo(effect).state is EffectState.UNDONE
    assert at.read() == []


def test_of_two_messages_one_is_taken_back(at: Office) -> None:
    first, second = at.effect("1"), at.effect("2")
    for effect in (first, second):
        at.approve(effect)
        at.desk.work()
    assert at.undo(first).state is EffectState.UNDONE
    assert (at.desk.record(second).state, len(at.read())) == (EffectState.DONE, 1)


def test_a_message_somebody_deleted_meanwhile_is_gone_already(at: Office) -> None:
    effect = at.effect()
    at.approve(effect)
    at.desk.work()
    at.delete_everything()
    assert at.undo(effect).state is EffectState.UNDONE
    assert at.read() == []


def test_nobody_of_this_id_is_a_failure_that_is_said(at: Office) -> None:
    effect = at.effect()
    gone = PostMessage(to=Traced(value=ChatUser("U9", "Eve")), text=ACTION.text, sender=ACTION.sender)
    effect = effect.model_copy(update={"action": gone})
    at.approve(effect)
    at.desk.work()
    record = at.desk.record(effect)
    assert (record.state, bool(record.problem), at.read()) == (EffectState.FAILED, True, [])


@examples(50)
@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["do", "undo"])), max_size=8))
def test_whatever_is_done_and_undone_what_stands_is_what_is_done(steps: list[tuple[int, str]]) -> None:
    at = in_memory()
    effects = {number: at.effect(str(number)) for number in (1, 2, 3)}
    done, undone = set[int](), set[int]()
    for number, step in steps:
        if step == "do" and number not in done | undone:
            at.approve(effects[number])
            at.desk.work()
            done.add(number)
        elif step == "undo" and number in done:
            assert at.undo(effects[number]).state is EffectState.UNDONE
            done.remove(number)
            undone.add(number)
        at.desk.clock.advance(1)
    assert len(at.read()) == len(done)
    for number in done:
        at.undo(effects[number])
    assert at.read() == []


@pytest.mark.parametrize(
    "fault",
    [
        failed("internal_error"),
        Answer(500, b"<html>"),
        Answer(503, b""),
        Answer(504, b"{}"),
        Answer(200, b'{"ok": true, "channel": {"id": "D', {}),
        Answer(200, b"", sent=0),
        throttled(60),
    ],
    ids=["error", "500", "503", "504", "truncated", "dropped", "429"],
)
def test_a_fault_of_slack_doubles_and_loses_nothing(slack: Office, fault: Answer) -> None:
    assert isinstance(slack.side, SlackApi)
    effect = slack.effect()
    slack.approve(effect)
    (job,) = slack.desk.queue.jobs
    slack.side.failures = [fault, fault]
    with pytest.raises(Unavailable):
        slack.desk.work()
    slack.side.failures = []
    slack.desk.clock.advance(max(LEASE, POSTING_FOR).total_seconds())
    slack.desk.queue.jobs = [job, job]
    slack.desk.work()
    assert (slack.read(), slack.desk.record(effect).state) == (["I am late."], EffectState.DONE)


def test_an_answer_lost_after_the_message_stood_doubles_nothing(slack: Office) -> None:
    assert isinstance(slack.side, SlackApi)
    effect = slack.effect()
    slack.approve(effect)
    (job,) = slack.desk.queue.jobs
    slack.side.lost.add("chat.postMessage")
    with pytest.raises(Unavailable):
        slack.desk.work()
    slack.desk.clock.advance(max(LEASE, POSTING_FOR).total_seconds())
    slack.desk.queue.jobs = [job]
    slack.desk.work()
    assert (slack.read(), slack.desk.record(effect).state) == (["I am late."], EffectState.DONE)


@pytest.mark.parametrize("code", ["token_revoked", "missing_scope"])
def test_a_consent_that_is_gone_or_too_small_is_said(slack: Office, code: str) -> None:
    assert isinstance(slack.side, SlackApi)
    effect = slack.effect()
    slack.approve(effect)
    slack.side.failures = [failed(code), failed(code)]
    slack.desk.work()
    record = slack.desk.record(effect)
    assert (record.state, slack.read()) == (EffectState.FAILED, [])
    assert record.problem is not None
    assert "again" in record.problem
