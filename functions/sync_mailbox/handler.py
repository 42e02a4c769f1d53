"""Queue mailboxes: decide about what arrived in connected mailboxes, each mail once however often it is told of."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.mailbox_sync import MailboxSync
from assistant.runtime.observability import logger
from assistant.runtime.sqs import work_through
from assistant.services.sync_mailbox import sync_mailbox
from assistant.wiring import deps

# What is left to do for the mails under way when no more is begun: keep decisions, propose effects, tell users, write
# receipts.
CLOSING_SECONDS = 60.0


def sync(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Bring one mailbox up to now; a job that fails returns to the queue, and after seven times to its dead letters."""
    job = MailboxSync.model_validate_json(record.body)
    seconds = lambda_context.get_remaining_time_in_millis() / 1000 - CLOSING_SECONDS
    done = sync_mailbox(job, lambda_context.aws_request_id, seconds=seconds, ports=deps.sync_ports)
    logger.info("mailbox read", extra={"connection_id": job.connection_id, "reason": job.reason.value, **asdict(done)})


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Work on one batch; the answer names the messages that failed, the log why."""
    return work_through(event, context, sync, failed="mailbox not read", again=deps.redelivery)
