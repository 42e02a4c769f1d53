"""Queue effects: do and undo actions in connected accounts, each once in effect however often the job is delivered."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.effects.undo import EffectJob
from assistant.runtime.observability import logger
from assistant.runtime.sqs import work_through
from assistant.services.execute_effects import run_job
from assistant.wiring import deps

# What an effect takes that is begun at the last moment, with everything slow.
CLOSING_SECONDS = 210.0


def execute(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Work on one job; a message that fails returns to the queue, and after eight times goes to its dead letters."""
    job = EffectJob.model_validate_json(record.body)
    seconds = lambda_context.get_remaining_time_in_millis() / 1000 - CLOSING_SECONDS
    run_job(job, seconds=seconds, ports=deps.execute_ports)
    logger.info("effects worked on", extra={"effects": len(job.effect_ids), "undo": job.undo})


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Work on a batch; the answer names the messages that failed."""
    return work_through(event, context, execute, failed="effects not done", again=deps.redelivery)
