"""Every 15 minutes: have connected workspaces in Notion read for what no notification told of."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.observability import logger
from assistant.services.reconcile_notes import reconcile_notes
from assistant.wiring import deps


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 given by Lambda
    """Queue them; the answer counts them. After an error the next run goes on."""
    queued = {"queued": reconcile_notes(ports=deps.reconcile_notes_ports)}
    logger.info("workspaces reconciled", extra=queued)
    return queued
