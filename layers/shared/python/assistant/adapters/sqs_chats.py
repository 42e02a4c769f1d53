"""What people did in chats on its way to the function that answers, through the FIFO queue ``chats``."""

from typing import TYPE_CHECKING

from assistant.adapters.sqs_jobs import in_order, send_in_batches
from assistant.domain.chat_jobs import ChatJob

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


class SqsChats:
    """Implements ``ports.ChatQueue``; a person in a workspace is a message group."""

    def __init__(self, queue_url: str, client: "SQSClient") -> None:
        self._queue_url = queue_url
        self._client = client

    def send(self, *jobs: ChatJob) -> None:
        """Send them, ten at a time."""
        messages = (in_order(job, group=(job.workspace_id, job.member), key=(job.id,)) for job in jobs)
        send_in_batches(self._client, self._queue_url, messages)
