"""When SQS delivers a message again that was not worked off."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from assistant.adapters.aws import unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


class SqsRedelivery:
    """Implements ``ports.runtime.Redelivery`` by visibility timeouts; the client is made where a message fails."""

    def __init__(self, client: "Callable[[], SQSClient]") -> None:
        self._client = client

    def after(self, queue_arn: str, seconds: Mapping[str, int]) -> None:
        """Have messages delivered again after so many seconds, with a call for each; raises Unavailable."""
        client = self._client()
        with unavailable("sqs"):
            url = client.get_queue_url(QueueName=queue_arn.rpartition(":")[2])["QueueUrl"]
            for handle, wait in seconds.items():
                client.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=wait)
