"""Work on workspaces on its way to the function that does it, through the queue ``notes``."""

from typing import TYPE_CHECKING

from assistant.adapters.sqs_jobs import send_in_batches
from assistant.domain.notes.followed import NotesJob

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


class SqsNotes:
    """Implements ``ports.NotesQueue``."""

    def __init__(self, queue_url: str, client: "SQSClient") -> None:
        self._queue_url = queue_url
        self._client = client

    def send(self, *jobs: NotesJob) -> None:
        """Send them, ten at a time."""
        send_in_batches(self._client, self._queue_url, ({"MessageBody": job.model_dump_json()} for job in jobs))
