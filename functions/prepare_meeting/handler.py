"""POST /api/v1/meeting/prepare: a briefing in which every statement cites its source."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.http import Caller, http_resolver
from assistant.runtime.observability import logger
from assistant.services.prepare_meeting import PrepareRequest, PrepareResponse, prepare_meeting
from assistant.wiring import deps

# What is left to do when Claude was asked: book the money, write the briefing, hand over the audit event.
CLOSING_SECONDS = 12.0

app = http_resolver(deps)


@app.post("/api/v1/meeting/prepare", operation_id="prepareMeeting", summary="Prepare a meeting", tags=["meetings"])
def prepare(request: PrepareRequest, caller: Caller) -> PrepareResponse:
    """Return briefing, people, agenda, checklist and open commitments, from the request and its documents."""
    seconds = app.seconds_left - CLOSING_SECONDS
    return prepare_meeting(request, caller, seconds=seconds, ports=deps.prepare_ports)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
