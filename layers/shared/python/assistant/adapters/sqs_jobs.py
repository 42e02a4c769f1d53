"""Jobs on their way to the functions that do them, each kind through a queue of its own."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from assistant.adapters.aws import unavailable
from assistant.domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

_LARGEST_BATCH: Final = 10


class SqsJobs[Job: BaseModel]:
    """Implements the queue ports whose jobs are models: ``ports.ProofQueue`` and ``ports.DueQueue``."""

    def __init__(self, queue_url: str, client: "SQSClient") -> None:
        self._queue_url = queue_url
        self._client = client

    def send(self, job: Job) -> None:
        """Send the job; raises Unavailable."""
        with unavailable("sqs"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=job.model_dump_json())


def in_order(job: BaseModel, *, group: Sequence[str], key: Sequence[str]) -> dict[str, str]:
    """Return the message of a FIFO queue: jobs of a group run one after the other, the same key is one job."""
    return {
        "MessageBody": job.model_dump_json(),
        "MessageGroupId": _token(*group),
        "MessageDeduplicationId": _token(*group, *key),
    }


def send_in_batches(client: "SQSClient", queue_url: str, messages: Iterable[Mapping[str, str]]) -> None:
    """Send messages, their parts named as SQS does, ten at a time; raises Unavailable where one was not taken."""
    for some in batched(messages, _LARGEST_BATCH, strict=False):
        entries: Any = [{"Id": str(number), **message} for number, message in enumerate(some)]
        with unavailable("sqs"):
            answer = client.send_message_batch(QueueUrl=queue_url, Entries=entries)
        if answer.get("Failed"):
            raise Unavailable("A part of the assistant does not answer right now. Please try again shortly.")


def _token(*parts: str) -> str:
    """Return what SQS takes as an id of a group or of a message: 128 characters, of few kinds."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
