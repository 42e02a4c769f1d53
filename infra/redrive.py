"""Show the dead letters of a queue and why they are there, and put them back: ``make redrive QUEUE=mailboxes [YES=1]``.

The reason is in the log of the function that works on the queue, by the id of the message. What is put back is a new
message with the same body: workers do each job once in effect, however often it comes.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import boto3

from infra.deployment import PROFILES
from infra.local.aws import LocalAws
from infra.local.console import LocalFailure, command
from infra.local.layout import running_layout
from infra.manifest import FUNCTIONS, QUEUES

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_PREFIX: Final = "executive-assistant-"
_FIFO: Final = ".fifo"
_DEAD: Final = "-dead-letters"
_AT_ONCE: Final = 10
# While they are looked at, and until those that were put back are removed.
_HELD_SECONDS: Final = 60
_MOST_SHOWN: Final = 100
_NO_REASON: Final = "no reason in the log: the function ended before it could say one (time, memory)"


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The dead letters of a queue, and where they came from; ``count`` is approximate, as SQS counts."""

    queue_url: str
    url: str
    count: int

    @property
    def log_prefix(self) -> str:
        """What names of log groups of this deployment begin with."""
        name = self.queue_url.rpartition("/")[2]
        return f"/aws/lambda/{'-'.join(name.split('-')[:3])}-"


def find(sqs: "SQSClient", queue: str, prefix: str) -> DeadLetters:
    """Return the dead letters of a queue of the manifest; raises LocalFailure where it is not deployed."""
    ends = f"-{queue}{_FIFO}", f"-{queue}"
    urls = sqs.list_queues(QueueNamePrefix=prefix).get("QueueUrls", [])
    found = [url for url in urls if url.endswith(ends)]
    if not found:
        raise LocalFailure(f"no queue {queue!r} is deployed: choose one of {', '.join(one.name for one in QUEUES)}")
    url = f"{found[0].removesuffix(_FIFO)}{_DEAD}{_FIFO if found[0].endswith(_FIFO) else ''}"
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return DeadLetters(found[0], url, int(answer["Attributes"]["ApproximateNumberOfMessages"]))


def look_at(sqs: "SQSClient", letters: DeadLetters) -> "Sequence[MessageTypeDef]":
    """Return some of the dead letters; they stay where they are."""
    held: list[MessageTypeDef] = []
    for some in _received(sqs, letters):
        held += some
        if len(held) >= _MOST_SHOWN:
            break
    for one in held:
        sqs.change_message_visibility(QueueUrl=letters.url, ReceiptHandle=one["ReceiptHandle"], VisibilityTimeout=0)
    return held


def reasons(logs: "CloudWatchLogsClient", group: str, since: datetime) -> Mapping[str, str]:
    """Return why messages failed last, by their ids, as the function logged it since then."""
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, filterPattern='"message_id"', startTime=int(since.timestamp() * 1000)
    )
    lines = [line for page in pages for event in page["events"] if (line := _line(event["message"]))]
    return {line["message_id"]: _said(line) for line in lines if "error" in line}


def put_back(sqs: "SQSClient", letters: DeadLetters) -> int:
    """Send every dead letter to its queue again, then remove it; return how many."""
    moved = 0
    for some in _received(sqs, letters):
        entries: Any = [_again(number, one) for number, one in enumerate(some)]
        sent = sqs.send_message_batch(QueueUrl=letters.queue_url, Entries=entries)
        taken = [int(one["Id"]) for one in sent.get("Successful", [])]
        gone: Any = [{"Id": str(number), "ReceiptHandle": some[number]["ReceiptHandle"]} for number in taken]
        if gone:
            sqs.delete_message_batch(QueueUrl=letters.url, Entries=gone)
        moved += len(taken)
        if len(taken) < len(some):
            raise LocalFailure(f"the queue took {moved} dead letters and refused the next; the others stay")
    return moved


def report(letters: DeadLetters, seen: "Sequence[MessageTypeDef]", why: Mapping[str, str]) -> Iterator[str]:
    """Yield what an operator reads: how many, since when, and why, the commonest reason first."""
    if not seen:
        yield "no dead letters"
        return
    yield f"{max(letters.count, len(seen))} dead letters, the oldest sent {min(map(_sent_at, seen)):%Y-%m-%d %H:%M} UTC"
    counted = Counter(why.get(str(one["MessageId"]), _NO_REASON) for one in seen)
    yield from (f"{count:6}  {reason}" for reason, count in counted.most_common())
    if letters.count > len(seen):
        yield f"        (of the {len(seen)} that were looked at)"


def _received(sqs: "SQSClient", letters: DeadLetters) -> "Iterator[list[MessageTypeDef]]":
    while some := sqs.receive_message(
        QueueUrl=letters.url,
        MaxNumberOfMessages=_AT_ONCE,
        VisibilityTimeout=_HELD_SECONDS,
        WaitTimeSeconds=1,
        MessageSystemAttributeNames=["SentTimestamp", "MessageGroupId"],
    ).get("Messages"):
        yield some


def _again(number: int, message: "MessageTypeDef") -> Mapping[str, str]:
    entry = {"Id": str(number), "MessageBody": message["Body"]}
    group = message.get("Attributes", {}).get("MessageGroupId")
    # Put back twice within five minutes it is there once.
    return entry | ({"MessageGroupId": group, "MessageDeduplicationId": message["MessageId"]} if group else {})


def _sent_at(message: "MessageTypeDef") -> datetime:
    return datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)


def _line(text: str) -> Mapping[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) and "message_id" in line else {}


def _said(line: Mapping[str, Any]) -> str:
    return ": ".join(str(line[name]) for name in ("message", "error", "detail") if line.get(name))


@command
def main() -> None:
    """Show, and with ``YES=1`` put back; in the running local assistant, with ``AWS=1`` in the account."""
    queue, profile = os.environ.get("QUEUE", ""), os.environ.get("PROFILE") or PROFILES[0]
    if os.environ.get("AWS"):
        sqs, logs, prefix = boto3.client("sqs"), boto3.client("logs"), f"{_PREFIX}{profile}-"
    else:
        aws = LocalAws(running_layout().aws_endpoint)
        sqs, logs, prefix = aws.sqs, aws.logs, _PREFIX
    if not queue:
        for one in QUEUES:
            print(f"{find(sqs, one.name, prefix).count:6}  {one.name}")
        return
    letters = find(sqs, queue, prefix)
    seen = look_at(sqs, letters)
    worker = next(function.name for function in FUNCTIONS if function.consumes == queue)
    since = min(map(_sent_at, seen), default=datetime.now(UTC))
    why = reasons(logs, letters.log_prefix + worker, since) if seen else {}
    for line in report(letters, seen, why):
        print(line)
    if seen and os.environ.get("YES"):
        print(f"{put_back(sqs, letters)} put back")
    elif seen:
        print(f"nothing was moved: make redrive QUEUE={queue} YES=1 puts them back")


if __name__ == "__main__":
    raise SystemExit(main())
