"""What an operator does with dead letters of the running assistant."""

import json
import time
from datetime import UTC, datetime, timedelta

from infra.redrive import find, look_at, put_back, reasons
from tests.integration.assistant_process import Assistant


def test_why_a_message_failed_is_read_from_the_log_and_dead_letters_are_put_back(small_assistant: Assistant) -> None:
    aws = small_assistant.aws
    letters = find(aws.sqs, "audit", "executive-assistant-")
    since = datetime.now(UTC) - timedelta(minutes=1)
    message_id = aws.sqs.send_message(QueueUrl=letters.queue_url, MessageBody="{}")["MessageId"]
    deadline = time.monotonic() + 60
    while message_id not in (why := reasons(aws.logs, f"{letters.log_prefix}record_audit", since)):
        assert time.monotonic() < deadline, "the log says nothing of the message"
        time.sleep(0.5)
    assert why[message_id] == "audit event not recorded: ValidationError"
    aws.sqs.send_message(QueueUrl=letters.url, MessageBody=json.dumps({"kept": "nowhere"}))
    assert [one["Body"] for one in look_at(aws.sqs, letters)] == [json.dumps({"kept": "nowhere"})]
    assert put_back(aws.sqs, letters) == 1
    assert find(aws.sqs, "audit", "executive-assistant-").count == 0
