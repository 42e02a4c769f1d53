"""Every 10 minutes: queue mailboxes with undecided mail, calendars to look at again; tell of broken accounts."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.observability import logger
from assistant.services.reconcile_accounts import reconcile_accounts
from assistant.wiring import deps

CLOSING_SECONDS = 10.0


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 given by Lambda
    """Look at every account; the answer counts mailboxes and calendars. After an error the next run goes on."""
    seconds = context.get_remaining_time_in_millis() / 1000 - CLOSING_SECONDS
    done = asdict(
        reconcile_accounts(
            seconds=seconds,
            mailboxes=deps.reconcile_ports,
            calendars=deps.calendar_reconcile_ports,
            broken=deps.tell_of_broken_ports,
        )
    )
    logger.info("accounts reconciled", extra=done)
    return done
