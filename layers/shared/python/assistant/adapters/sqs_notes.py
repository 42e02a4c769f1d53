"""Work on workspaces on its way to the function that does it, through the queue ``notes``."""

from itertools import batched
from typing import TYPE_CHECKING, Final

from assistant.adapters.aws import unavailable
from assistant.domain.errors import Unavailable
from assistant.domain.notes.followed import NotesJob

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

_LARGEST_BATCH: Final = 10


class SqsNotes:
    """Implements ``ports.NotesQueue``."""

    def __init__(self, queue_url: str, client: "SQSClient") -> None:
        self._queue_url = queue_url
        self._client = client

    def send(self, *jobs: NotesJob) -> None:
        """Send them, ten at a time."""
        for some in batched(jobs, _LARGEST_BATCH, strict=False):
            entries = [{"Id": str(number), "MessageBody": job.model_dump_json()} for number, job in enumerate(some)]
            with unavailable("sqs"):
                answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)  # type: ignore[arg-type]  # plain dicts
            if answer.get("Failed"):
                raise Unavailable("Some work could not be queued. Please try again shortly.")
