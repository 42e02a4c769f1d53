"""Proof jobs on their way to the function that runs them, through the queue ``proofs``."""

from typing import TYPE_CHECKING

from assistant.adapters.aws import unavailable
from assistant.domain.calendar.plan_record import ProofJob

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


class SqsProofs:
    """Implements ``ports.ProofQueue``."""

    def __init__(self, queue_url: str, client: "SQSClient") -> None:
        self._queue_url = queue_url
        self._client = client

    def request(self, job: ProofJob) -> None:
        """Send the job; raises Unavailable."""
        with unavailable("sqs"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=job.model_dump_json())
