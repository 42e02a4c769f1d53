"""Every 5 minutes: bring the answers of ended Message Batches into the decisions."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.observability import logger
from assistant.services.collect_backlog import collect_backlog
from assistant.wiring import deps


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 given by Lambda
    """Collect what is there; the answer counts batches and mails. After an error the next run goes on."""
    done = asdict(collect_backlog(deps.backlog_ports))
    logger.info("backlog collected", extra=done)
    return done
