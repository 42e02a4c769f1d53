"""Words and buttons in Slack through the front door, API Gateway, Lambda and SQS, and back to Slack."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from assistant.adapters.dynamo import Table
from assistant.adapters.dynamo_connections import DynamoConnections
from assistant.adapters.dynamo_effects import DynamoEffects
from assistant.adapters.dynamo_tokens import DynamoTokenVault
from assistant.adapters.kms_envelope import KmsEnvelope
from assistant.domain.effects.effect import Effect
from assistant.domain.tokens import TokenSet
from assistant.runtime.clock import SystemClock
from assistant.services.propose_effects import ProposePorts, propose_effects
from assistant.services.receive_slack_event import SignedRequest
from tests.fakes.effects import ARCHIVE, USER, Desk, MemoryEffectQueue
from tests.fakes.notifications import MemoryNotifier
from tests.fakes.runtime import ManualClock
from tests.fakes.slack_api import TOKEN, SlackApi
from tests.fakes.slack_requests import pressed, signed, slack_connection, written
from tests.fakes.stores import MemoryPreferences
from tests.integration.accounts import function_environment
from tests.integration.assistant_process import Answer, Assistant, eventually

type Json = dict[str, Any]

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@pytest.fixture
def workspace(small_assistant: Assistant, slack_server: SlackApi) -> Iterator[SlackApi]:
    """The demo user's workspace, connected as the callback of a consent leaves it."""
    environment = function_environment(small_assistant, "answer_chat")
    table, clock = Table(environment["TABLE_NAME"], small_assistant.aws.dynamodb), SystemClock()
    vault = DynamoTokenVault(table, KmsEnvelope(environment["TOKENS_KEY_ARN"], small_assistant.aws.kms), clock)
    connection = slack_connection(USER)
    slack_server.users["U2"] = "bob@company.com"
    vault.put(connection, TokenSet(TOKEN, None, clock.now() + timedelta(hours=1)))
    DynamoConnections(table).replace(connection, expected_version=0)
    yield slack_server
    DynamoConnections(table).delete(connection)


def waiting(assistant: Assistant) -> Effect:
    clock = SystemClock()
    table = function_environment(assistant, "manage_effects")["TABLE_NAME"]
    effects = DynamoEffects(Table(table, assistant.aws.dynamodb), clock)
    effect = Desk(ManualClock(clock.now())).effect(uuid4().hex, ARCHIVE, confidence=0.9)
    ports = ProposePorts(effects, MemoryEffectQueue(), MemoryPreferences(), MemoryNotifier(), clock)
    propose_effects(USER, [effect], request_id="request1", ports=ports)
    return effect


def send(assistant: Assistant, route: str, request: SignedRequest, media_type: str) -> Answer:
    headers = {
        "Content-Type": media_type,
        "X-Slack-Request-Timestamp": request.timestamp,
        "X-Slack-Signature": request.signature,
    }
    return assistant.request("POST", f"/api/v1/webhooks/slack/{route}", headers=headers, body=request.body)


def say(assistant: Assistant, text: str) -> None:
    now = SystemClock().now()
    request = signed(written(text, event_id=uuid4().hex, ts=f"{now.timestamp():.6f}"), now)
    assert send(assistant, "events", request, JSON).status == 200


def approve_button(slack: SlackApi, words: str) -> tuple[Json, Json] | None:
    """Return a message to the user with these words, and the button in it that approves."""
    for message in slack.ours():
        buttons = [one for one in message["blocks"][-1].get("elements", ()) if one.get("action_id") == "approve_effect"]
        if words in str(message["blocks"]) and buttons:
            return message, buttons[0]
    return None


def press(assistant: Assistant, message: Json, button: Json) -> None:
    container = {"channel_id": "DU1", "message_ts": message["ts"]}
    body = pressed(button["action_id"], button["value"], container=container, trigger_id=uuid4().hex)
    assert send(assistant, "interactions", signed(body, SystemClock().now()), FORM).status == 200


def test_a_question_is_asked_for_and_answered_in_slack(small_assistant: Assistant, workspace: SlackApi) -> None:
    effect, now = waiting(small_assistant), SystemClock().now()
    question = written("waiting", event_id=uuid4().hex, ts=f"{now.timestamp():.6f}")
    assert send(small_assistant, "events", signed(question, now, "of somebody else"), JSON).status == 401
    for _ in range(2):
        assert send(small_assistant, "events", signed(question, now), JSON).status == 200
    found = eventually(lambda: approve_button(workspace, effect.id))
    assert found
    press(small_assistant, *found)
    eventually(lambda: approve_button(workspace, effect.id) is None)
    assert "It is approved: it is done in a moment." in str(found[0]["blocks"])
    path = f"/api/v1/users/{USER}/effects/{effect.id}"
    assert small_assistant.request("GET", path, token=small_assistant.token()).json()["approved_at"]


def test_words_are_passed_on_and_taken_back(small_assistant: Assistant, workspace: SlackApi) -> None:
    words = f"I am late {uuid4().hex}"

    def bob_reads() -> list[Json]:
        return [one for one in workspace.channels.get("DU2", ()) if words in one["text"]]

    say(small_assistant, f"tell <mailto:bob@company.com|bob@company.com> {words}")
    found = eventually(lambda: approve_button(workspace, words))
    assert found
    assert bob_reads() == []
    press(small_assistant, *found)
    (message,) = eventually(bob_reads)
    assert "by their assistant." in str(message["blocks"])
    path = f"/api/v1/users/{USER}/effects?state=done"

    def is_noted() -> bool:
        done = small_assistant.request("GET", path, token=small_assistant.token()).json()["effects"]
        return any(words in one["rendered"] for one in done)

    eventually(is_noted)
    say(small_assistant, "undo")
    eventually(lambda: not bob_reads())
