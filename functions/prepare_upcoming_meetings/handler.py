"""Every 5 minutes: prepare the meetings that begin within the hour and have no briefing yet."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.observability import logger
from assistant.services.prepare_upcoming import prepare_upcoming
from assistant.wiring import deps

# What is left to do for the meetings under way when no more is begun: keep, tell, leave the index.
CLOSING_SECONDS = 20.0


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 given by Lambda
    """Prepare what is due; the answer counts meetings. After an error the next run goes on."""
    seconds = context.get_remaining_time_in_millis() / 1000 - CLOSING_SECONDS
    done = asdict(prepare_upcoming(context.aws_request_id, seconds=seconds, ports=deps.upcoming_ports))
    logger.info("meetings prepared", extra=done)
    return done
