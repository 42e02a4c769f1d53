"""Every 12 hours: ask providers to go on notifying of mail and calendars, which they do for seven days."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.observability import logger
from assistant.services.renew_watches import renew_watches
from assistant.wiring import deps

CLOSING_SECONDS = 10.0


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 given by Lambda
    """Renew every watch; the answer counts mailboxes and calendars. After an error the next run tries again."""
    seconds = context.get_remaining_time_in_millis() / 1000 - CLOSING_SECONDS
    done = asdict(renew_watches(seconds=seconds, ports=deps.renew_ports))
    logger.info("watches renewed", extra=done)
    return done
