"""Every 5 minutes: hand what is due, of all users, to the queue that sends it."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.observability import logger
from assistant.services.release_notifications import release_due
from assistant.wiring import deps

# What one hand-over may take while the table and the queue are slow.
CLOSING_SECONDS = 10.0


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 given by Lambda
    """Hand over what is due; after an error the next run goes on."""
    seconds = context.get_remaining_time_in_millis() / 1000 - CLOSING_SECONDS
    done = asdict(release_due(seconds=seconds, ports=deps.release_ports))
    logger.info("notifications released", extra=done)
    return done
