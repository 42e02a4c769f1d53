"""A message that fails is named, and the log says why in words that quote nobody."""

from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.errors import Unavailable
from assistant.runtime.sqs import work_through
from tests.fakes.wired import Context


def sent(message_id: str, body: str) -> dict[str, Any]:
    return {"messageId": message_id, "receiptHandle": "h", "body": body, "attributes": {}, "eventSource": "aws:sqs"}


def work(record: Any) -> None:
    if record.body == "down":
        raise Unavailable("Gmail does not answer right now.")
    if record.body == "broken":
        raise ValueError("the mail of Ann says 42")


def test_each_failure_is_named_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    event = {"Records": [sent("m1", "fine"), sent("m2", "down"), sent("m3", "broken")]}
    answer = work_through(event, cast("LambdaContext", Context()), work, failed="mailbox not read")
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m2"}, {"itemIdentifier": "m3"}]}
    lines = [vars(one) for one in caplog.records]
    said = [(one["message"], one["message_id"], one["error"], one.get("detail")) for one in lines]
    assert said == [
        ("mailbox not read", "m2", "Unavailable", "Gmail does not answer right now."),
        ("mailbox not read", "m3", "ValueError", None),
    ]
