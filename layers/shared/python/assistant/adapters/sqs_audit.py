"""Audit events on their way to the trail, through the queue ``audit``."""

import logging
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from assistant.adapters.aws import client_config, error_code, session
from assistant.domain import metric_names
from assistant.domain.audit import AuditEvent
from assistant.ports.runtime import Meter

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

logger = logging.getLogger(__name__)


def sqs_client(*, attempts: int = 2) -> "SQSClient":
    """Return a client that gives up in about two seconds an attempt."""
    return session().client("sqs", config=client_config(read_timeout=1.0, attempts=attempts))


class SqsAuditTrail:
    """Implements ``ports.AuditTrail``; with the queue down the event goes to the log, whose retention keeps it."""

    def __init__(self, queue_url: str, client: "SQSClient", meter: Meter) -> None:
        self._queue_url = queue_url
        self._client = client
        self._meter = meter

    def record(self, event: AuditEvent) -> None:
        """Send the event; never raises."""
        body = event.model_dump_json()
        try:
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=body)
        except (ClientError, BotoCoreError) as error:
            logger.error("audit event not queued: %s", error_code(error), extra={"audit_event": body})  # noqa: TRY400 the trace names no cause the code does not
            self._meter.count(metric_names.DEGRADED, missing="audit_queue")
