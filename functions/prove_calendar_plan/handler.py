"""Queue proofs: prove kept calendar plans best, or better them, each once however often the job is delivered."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.calendar.plan_record import ProofJob
from assistant.runtime.observability import logger
from assistant.runtime.sqs import work_through
from assistant.services.prove_plan import prove_plan
from assistant.wiring import deps

# What is left to do when the search ends: keep the plan and hand over the audit event.
CLOSING_SECONDS = 30.0


def prove(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Work on one job; a message that fails returns to the queue, and after six times goes to its dead letters."""
    job = ProofJob.model_validate_json(record.body)
    seconds = lambda_context.get_remaining_time_in_millis() / 1000 - CLOSING_SECONDS
    improved = prove_plan(job, seconds=seconds, ports=deps.proof_ports)
    logger.info("proof ended", extra={"plan_id": job.plan_id, "improved": improved})


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Work on one batch; the answer names the messages that failed."""
    return work_through(event, context, prove, failed="plan not proven", again=deps.redelivery)
