"""What users write and press in Slack, from the webhook to the answer."""

import base64
from http import HTTPStatus

from assistant.domain.effects.approval import APPROVE
from assistant.domain.mail import Mail
from tests.contract.recorded import (
    connected,
    deliver,
    http,
    invoke,
    propose,
    recorded,
    run,
)
from tests.fakes.slack_requests import pressed, signed, slack_connection
from tests.fakes.wired import Wired


def test_slack_is_shown_that_the_address_is_ours() -> None:
    answer = http("receive_slack_event.url_verification")
    assert answer["body"] == "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
    assert answer["headers"]["Content-Type"].startswith("text/plain")


def test_what_waits_is_asked_for_and_approved_in_slack(wired: Wired) -> None:
    box = connected(wired)
    box.receive(Mail(id="", sender="news@shop.example", subject="Weekly offers"))
    wired.connections.replace(slack_connection(), expected_version=0)
    effect_id = propose(wired)
    for _ in range(2):
        assert http("receive_slack_event")["statusCode"] == HTTPStatus.OK
        deliver("answer_chat", wired.chat_queue.jobs * 2)
    ((posted, question),) = wired.chats.chat.messages.items()
    container = {"channel_id": posted.channel, "message_ts": posted.id}
    request = signed(pressed(APPROVE, question.buttons[0].value, container=container), wired.clock.now())
    event = recorded("http/receive_slack_event.press")
    sent = {"x-slack-request-timestamp": request.timestamp, "x-slack-signature": request.signature}
    event |= {
        "headers": event["headers"] | sent,
        "isBase64Encoded": True,
        "body": base64.b64encode(request.body).decode(),
    }
    for _ in range(2):
        assert invoke("receive_slack_event", event)["statusCode"] == HTTPStatus.OK
        deliver("answer_chat", wired.chat_queue.jobs * 2)
    assert wired.chats.chat.messages[posted].text.endswith("\n\nIt is approved: it is done in a moment.")
    assert [job.effect_ids for job in wired.effect_queue.jobs] == [(effect_id,)]


def test_a_chat_returns_to_the_queue_while_the_store_is_down_and_what_is_no_job_too(wired: Wired) -> None:
    wired.store.down = True
    (failure,) = run("sqs/answer_chat")["batchItemFailures"]
    assert failure["itemIdentifier"]
    wired.store.down = False
    assert run("sqs/answer_chat") == {"batchItemFailures": []}
    record = recorded("sqs/answer_chat")["Records"][0]
    broken = {"Records": [record | {"body": '{"kind": "message"}'}]}
    assert invoke("answer_chat", broken)["batchItemFailures"] == [{"itemIdentifier": record["messageId"]}]
