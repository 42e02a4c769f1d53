"""GET /health: probe every dependency."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.health import Health
from assistant.runtime.http import JSON, http_resolver
from assistant.runtime.observability import logger
from assistant.services.check_health import HealthResponse, check_health
from assistant.services.recent import Recent
from assistant.wiring import deps

# The route is public: answers are kept for some seconds, so that nobody can hammer the dependencies through it.
recent = Recent(lambda: check_health(deps.probes, version=deps.settings.app_version, now=deps.clock.now()), seconds=5)
app = http_resolver(deps)


@app.get("/health", operation_id="checkHealth", summary="Health of every dependency", tags=["operations"])
def health() -> Response[HealthResponse]:
    """Tell healthy, degraded (an optional dependency is down) or unhealthy (503) from real probes."""
    found = recent.value(deps.clock.monotonic())
    status = HTTPStatus.SERVICE_UNAVAILABLE if found.status is Health.UNHEALTHY else HTTPStatus.OK
    return Response(status, JSON, found)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
