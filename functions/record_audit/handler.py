"""Queue audit: write audit events to the append-only trail, each once however often it is delivered."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.audit import AuditEvent
from assistant.runtime.observability import logger
from assistant.runtime.sqs import work_through
from assistant.wiring import deps


def append(record: SQSRecord) -> None:
    """Append one event; a message that fails returns to the queue, and after eight times goes to its dead letters."""
    event = AuditEvent.model_validate_json(record.body)
    if not deps.audit_log.append(event):
        logger.info("audit event delivered again", extra={"audit_id": str(event.id)})


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Record a batch; the answer names the messages that failed."""
    return work_through(event, context, append, failed="audit event not recorded", again=deps.redelivery)
