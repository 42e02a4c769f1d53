"""A message that fails is named, and the log says why in words that quote nobody."""

from collections.abc import Mapping
from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.errors import Unavailable
from assistant.runtime.sqs import work_through
from tests.fakes.runtime import MemoryRedelivery
from tests.fakes.wired import Context

QUEUE = "arn:aws:sqs:us-east-1:123456789012:mailboxes.fifo"


def sent(message_id: str, body: str, deliveries: int = 1) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "receiptHandle": f"handle of {message_id}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(deliveries)},
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE,
    }


def work(record: Any) -> None:
    if record.body == "down":
        raise Unavailable("Gmail does not answer right now.")
    if record.body == "broken":
        raise ValueError("the mail of Ann says 42")


def worked(again: MemoryRedelivery, *messages: dict[str, Any]) -> Mapping[str, Any]:
    event = {"Records": [*messages]}
    return work_through(event, cast("LambdaContext", Context()), work, failed="mailbox not read", again=again)


def test_each_failure_is_named_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    answer = worked(MemoryRedelivery(), sent("m1", "fine"), sent("m2", "down"), sent("m3", "broken"))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m2"}, {"itemIdentifier": "m3"}]}
    lines = [vars(one) for one in caplog.records]
    said = [(one["message"], one["message_id"], one["error"], one.get("detail")) for one in lines]
    assert said == [
        ("mailbox not read", "m2", "Unavailable", "Gmail does not answer right now."),
        ("mailbox not read", "m3", "ValueError", None),
    ]


@pytest.mark.parametrize(("deliveries", "wait"), [(1, 15), (2, 60), (3, 300)])
def test_what_fails_comes_again_soon_and_then_less_and_less(deliveries: int, wait: int) -> None:
    again = MemoryRedelivery()
    worked(again, sent("m1", "fine", deliveries), sent("m2", "down", deliveries))
    assert again.waits == [(QUEUE, {"handle of m2": wait})]


def test_what_failed_often_waits_as_long_as_the_queue_says() -> None:
    again = MemoryRedelivery()
    worked(again, sent("m1", "down", 4), sent("m2", "broken", 7))
    assert again.waits == []


def test_with_the_queue_down_it_comes_again_late(caplog: pytest.LogCaptureFixture) -> None:
    answer = worked(MemoryRedelivery(down=True), sent("m1", "down"))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert "messages come again late" in caplog.messages
