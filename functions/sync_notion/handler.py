"""Queue notes: read what changed in Notion, and write statuses there, to the same end however often it is told."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.notes.followed import read_job
from assistant.runtime.observability import logger
from assistant.runtime.sqs import work_through
from assistant.services.sync_notes import work_on
from assistant.wiring import deps

# What is left to do when no more pages are begun: the page under way.
CLOSING_SECONDS = 90.0


def work(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Do one piece of work; one that fails returns to the queue, and after eight times goes to its dead letters."""
    job = read_job(record.body)
    seconds = lambda_context.get_remaining_time_in_millis() / 1000 - CLOSING_SECONDS
    work_on(job, seconds=seconds, ports=deps.notes_ports)
    logger.info("workspace read", extra={"kind": job.kind})


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Work on one batch; the answer names the messages that failed, the log why."""
    return work_through(event, context, work, failed="workspace not read", again=deps.redelivery)
