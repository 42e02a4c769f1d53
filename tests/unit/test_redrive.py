"""An operator sees why dead letters are there, and puts them back, each once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from infra.local.console import LocalFailure
from infra.redrive import find, look_at, put_back, reasons, report
from tests.fakes.aws import memory_aws

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sqs import SQSClient

PREFIX = "executive-assistant-small-"
GROUP = f"/aws/lambda/{PREFIX}sync_mailbox"


@pytest.fixture
def sqs() -> "Iterator[SQSClient]":
    with memory_aws():
        yield _with_queues()


def _with_queues() -> "SQSClient":
    client = boto3.client("sqs")
    for name in ("audit", "audit-dead-letters"):
        client.create_queue(QueueName=PREFIX + name)
    for name in ("mailboxes.fifo", "mailboxes-dead-letters.fifo"):
        client.create_queue(QueueName=PREFIX + name, Attributes={"FifoQueue": "true"})
    return client


@pytest.fixture
def logs(sqs: "SQSClient") -> "CloudWatchLogsClient":  # noqa: ARG001 needs AWS to be there
    client = boto3.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName="one")
    return client


def die(sqs: "SQSClient", url: str, *bodies: str, group: str | None = None) -> list[str]:
    fifo = [{"MessageGroupId": group, "MessageDeduplicationId": body} if group else {} for body in bodies]
    return [
        sqs.send_message(QueueUrl=url, MessageBody=body, **extra)["MessageId"]  # type: ignore[arg-type]  # of FIFO only
        for body, extra in zip(bodies, fifo, strict=True)
    ]


def bodies(sqs: "SQSClient", url: str) -> list[str]:
    found: list[str] = []
    while some := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [one["Body"] for one in some]
        for one in some:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return found


def test_what_died_is_shown_with_its_reasons_and_stays(sqs: "SQSClient", logs: "CloudWatchLogsClient") -> None:
    letters = find(sqs, "mailboxes", PREFIX)
    ids = die(sqs, letters.url, "a", "b", group="c1") + die(sqs, letters.url, "c", group="c2")
    lines = [
        {"message": "mailbox not read", "message_id": ids[0], "error": "Unavailable", "detail": "No answer."},
        {"message": "mailbox not read", "message_id": ids[2], "error": "Unavailable", "detail": "No answer."},
        {"message": "mailbox read", "message_id": ids[1]},
    ]
    seen = look_at(sqs, letters)
    sent = int(seen[0]["Attributes"]["SentTimestamp"])
    written = [*map(json.dumps, lines), "START message_id"]
    events: Any = [{"timestamp": sent, "message": line} for line in written]
    logs.put_log_events(logGroupName=GROUP, logStreamName="one", logEvents=events)
    letters = find(sqs, "mailboxes", PREFIX)
    since = min(int(one["Attributes"]["SentTimestamp"]) for one in seen)
    why = reasons(logs, letters.log_prefix + "sync_mailbox", datetime.fromtimestamp(since / 1000, UTC))
    said = list(report(letters, seen, why))
    assert said[0].startswith("3 dead letters, the oldest sent ")
    assert said[1:] == [
        "     2  mailbox not read: Unavailable: No answer.",
        "     1  no reason in the log: the function ended before it could say one (time, memory)",
    ]
    assert sorted(bodies(sqs, letters.url)) == ["a", "b", "c"]


def test_what_is_put_back_is_there_once_and_in_order(sqs: "SQSClient") -> None:
    letters = find(sqs, "mailboxes", PREFIX)
    die(sqs, letters.url, *(f"{number:02}" for number in range(23)), group="c1")
    assert put_back(sqs, letters) == 23
    assert put_back(sqs, letters) == 0
    assert find(sqs, "mailboxes", PREFIX).count == 0
    assert bodies(sqs, letters.queue_url) == [f"{number:02}" for number in range(23)]


def test_a_queue_without_order(sqs: "SQSClient") -> None:
    letters = find(sqs, "audit", PREFIX)
    die(sqs, letters.url, "a", "b")
    assert (put_back(sqs, letters), sorted(bodies(sqs, letters.queue_url))) == (2, ["a", "b"])


def test_none_are_reported_as_none(sqs: "SQSClient") -> None:
    assert list(report(find(sqs, "audit", PREFIX), (), {})) == ["no dead letters"]


def test_an_unknown_queue_is_answered_with_those_there_are(sqs: "SQSClient") -> None:
    with pytest.raises(LocalFailure, match=r"choose one of .*mailboxes"):
        find(sqs, "mailbox", PREFIX)
