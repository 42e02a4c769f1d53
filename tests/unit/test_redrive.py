"""An operator sees why dead letters are there, and puts them back, each once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from infra import redrive
from infra.local.console import LocalFailure
from infra.manifest import QUEUES
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


def test_the_command_shows_first_and_moves_when_it_is_told_to(
    sqs: "SQSClient", logs: "CloudWatchLogsClient", monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(redrive, "running_layout", lambda: SimpleNamespace(aws_endpoint="http://localhost"))
    monkeypatch.setattr(redrive, "LocalAws", lambda _endpoint: SimpleNamespace(sqs=sqs, logs=logs))
    monkeypatch.setenv("QUEUE", "mailboxes")
    letters = find(sqs, "mailboxes", PREFIX)
    assert redrive.main() == 0
    assert capsys.readouterr().out == "no dead letters\n"
    die(sqs, letters.url, "a", group="c1")
    assert redrive.main() == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "     1  no reason in the log: the function ended before it could say one (time, memory)",
        "nothing was moved: make redrive QUEUE=mailboxes YES=1 puts them back",
    ]
    monkeypatch.setenv("YES", "1")
    assert redrive.main() == 0
    assert capsys.readouterr().out.endswith("1 put back\n")
    assert bodies(sqs, letters.queue_url) == ["a"]


def test_without_a_queue_those_of_every_queue_are_counted(
    sqs: "SQSClient", monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for queue in QUEUES:
        for name in (queue.name, f"{queue.name}-dead-letters"):
            fifo: Any = {"QueueName": f"{PREFIX}{name}.fifo", "Attributes": {"FifoQueue": "true"}}
            sqs.create_queue(**(fifo if queue.fifo else {"QueueName": PREFIX + name}))
    die(sqs, find(sqs, "effects", PREFIX).url, "a", "b")
    monkeypatch.setattr(redrive, "boto3", SimpleNamespace(client=lambda _name: sqs))
    monkeypatch.setenv("AWS", "1")
    monkeypatch.delenv("QUEUE", raising=False)
    assert redrive.main() == 0
    counted = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert counted == [["2" if queue.name == "effects" else "0", queue.name] for queue in QUEUES]


def test_none_are_reported_as_none(sqs: "SQSClient") -> None:
    assert list(report(find(sqs, "audit", PREFIX), (), {})) == ["no dead letters"]


def test_an_unknown_queue_is_answered_with_those_there_are(sqs: "SQSClient") -> None:
    with pytest.raises(LocalFailure, match=r"choose one of .*mailboxes"):
        find(sqs, "mailbox", PREFIX)
