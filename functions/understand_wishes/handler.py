"""POST /api/v1/calendar/wishes: wishes about a week in words, as constraints to confirm and plan with."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.calendar.wishes.reading import WishesRead
from assistant.runtime.http import Caller, http_resolver
from assistant.runtime.observability import logger
from assistant.services.understand_wishes import WishesRequest, understand_wishes
from assistant.wiring import deps

# What is left to do when Claude was asked: book the money.
CLOSING_SECONDS = 8.0

app = http_resolver(deps)


@app.post("/api/v1/calendar/wishes", operation_id="understandWishes", summary="Understand wishes", tags=["calendar"])
def wishes(request: WishesRequest, caller: Caller) -> WishesRead:
    """Return what each wish asks for, said back in its language; Claude reads what no rule understands."""
    caller.must_be(request.user_id)
    seconds = app.lambda_context.get_remaining_time_in_millis() / 1000 - CLOSING_SECONDS
    return understand_wishes(request.wishes, user_id=request.user_id, seconds=seconds, claude=lambda: deps.claude_ports)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
