"""Every 10 minutes: compare connected mailboxes with what was read of them, and queue those with undecided mail."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.observability import logger
from assistant.services.watch_mailboxes import reconcile_mailboxes
from assistant.wiring import deps

CLOSING_SECONDS = 10.0


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 given by Lambda
    """Look at every mailbox; the answer counts them. After an error the next run goes on."""
    seconds = context.get_remaining_time_in_millis() / 1000 - CLOSING_SECONDS
    done = asdict(reconcile_mailboxes(seconds=seconds, ports=deps.watch_ports))
    logger.info("mailboxes reconciled", extra=done)
    return done
