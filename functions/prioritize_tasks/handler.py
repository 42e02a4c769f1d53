"""POST /api/v1/tasks/prioritize: rank tasks in the Eisenhower matrix and plan the coming days."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.http import Caller, http_resolver
from assistant.runtime.observability import logger
from assistant.services.prioritize_tasks import PrioritizeRequest, PrioritizeResponse, prioritize_tasks
from assistant.wiring import deps

# What is left to do when Claude was asked: book the money and hand over the audit event.
CLOSING_SECONDS = 12.0

app = http_resolver(deps)
deps.prime(lambda: (deps.rate_limiter, deps.sessions, deps.prioritize_ports))


@app.post("/api/v1/tasks/prioritize", operation_id="prioritizeTasks", summary="Prioritize tasks", tags=["tasks"])
def prioritize(request: PrioritizeRequest, caller: Caller) -> PrioritizeResponse:
    """Rank tasks by urgency and importance, say why and what would change it, and plan them into free time."""
    seconds = app.seconds_left - CLOSING_SECONDS
    return prioritize_tasks(request, caller, seconds=seconds, ports=deps.prioritize_ports)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
