"""POST /api/v1/calendar/availability: times at which a meeting suits everybody."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.http import Caller, http_resolver
from assistant.runtime.observability import logger
from assistant.services.find_availability import AvailabilityRequest, AvailabilityResponse, find_availability
from assistant.wiring import deps

app = http_resolver(deps)
deps.prime(lambda: (deps.rate_limiter, deps.sessions, deps.availability_ports))


@app.post(
    "/api/v1/calendar/availability", operation_id="findAvailability", summary="Find common free time", tags=["calendar"]
)
def availability(request: AvailabilityRequest, caller: Caller) -> AvailabilityResponse:
    """Return times that suit everybody, the least disturbing first, with a sentence to paste into a mail."""
    return find_availability(request, caller, ports=deps.availability_ports)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
