"""Every 15 minutes: hand deferred mails to a Message Batch."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.observability import logger
from assistant.services.submit_backlog import submit_backlog
from assistant.wiring import deps


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 given by Lambda
    """Submit what waits; the answer counts mails. An error is for the scheduler: the next run does the rest."""
    done = asdict(submit_backlog(deps.backlog_ports))
    logger.info("backlog submitted", extra=done)
    return done
