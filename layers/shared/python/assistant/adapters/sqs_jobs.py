"""Jobs on their way to the function that does them, through a queue of its own."""

from typing import TYPE_CHECKING

from pydantic import BaseModel

from assistant.adapters.aws import unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


class SqsJobs[Job: BaseModel]:
    """Implements the queue ports whose jobs are models: ``ports.ProofQueue`` and ``ports.DueQueue``."""

    def __init__(self, queue_url: str, client: "SQSClient") -> None:
        self._queue_url = queue_url
        self._client = client

    def send(self, job: Job) -> None:
        """Send the job; raises Unavailable."""
        with unavailable("sqs"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=job.model_dump_json())
