"""POST /api/v1/calendar/wishes: wishes about a week in words, as constraints to confirm and plan with.

The function that plans invokes this one directly, with the wishes that no rule understands.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.calendar.wishes.interpreting import InterpretedWishes, WishesToInterpret
from assistant.runtime.http import Caller, http_resolver
from assistant.runtime.observability import logger
from assistant.services.understand_wishes import WishesRequest, understand_wishes
from assistant.wiring import deps

# What is left to do when Claude was asked: book the money. For a plan that waits, as long as that usually takes.
CLOSING_SECONDS = 8.0
USUAL_CLOSING_SECONDS = 0.5

app = http_resolver(deps)


@app.post("/api/v1/calendar/wishes", operation_id="understandWishes", summary="Understand wishes", tags=["calendar"])
def wishes(request: WishesRequest, caller: Caller) -> InterpretedWishes:
    """Return what each wish asks for, said back in its language; Claude reads what no rule understands."""
    caller.must_be(request.user_id)
    seconds = app.seconds_left - CLOSING_SECONDS
    return understand_wishes(request.wishes, user_id=request.user_id, seconds=seconds, claude=lambda: deps.claude_ports)


def interpret(asked: WishesToInterpret) -> InterpretedWishes:
    """Return what Claude understands in the time the plan still waits."""
    seconds = (asked.answer_by - deps.clock.now()).total_seconds() - USUAL_CLOSING_SECONDS
    return understand_wishes(asked.wishes, user_id=asked.user_id, seconds=seconds, claude=lambda: deps.claude_ports)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId || request_id", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request, or a direct invocation: the user it names is trusted, for only one role may invoke."""
    if "requestContext" in event:
        return app.resolve(event, context)
    return interpret(WishesToInterpret.model_validate(event)).model_dump(mode="json")
