"""Effects on their way to the worker, through the queue ``effects``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.adapters.sqs_jobs import send_in_batches
from assistant.domain.effects.undo import EffectJob

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


class SqsEffects:
    """Implements ``ports.effects.EffectQueue``."""

    def __init__(self, queue_url: str, client: "SQSClient") -> None:
        self._queue_url = queue_url
        self._client = client

    def request(self, jobs: Sequence[EffectJob]) -> None:
        """Send the jobs, ten at a time; raises Unavailable."""
        send_in_batches(self._client, self._queue_url, ({"MessageBody": job.model_dump_json()} for job in jobs))
