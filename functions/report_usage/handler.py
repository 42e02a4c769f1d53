"""GET /api/v1/users/{user_id}/usage: what Claude did for a user and what it cost."""

from datetime import date
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.http import Caller, UserPath, http_resolver
from assistant.runtime.observability import logger
from assistant.services.report_usage import UsageReport, report_usage
from assistant.wiring import deps

app = http_resolver(deps)

Since = Annotated[date | None, Query(description="First day (UTC), by default 29 days before the last")]
Until = Annotated[date | None, Query(description="Last day (UTC), by default today; at most 90 days in all")]


@app.get("/api/v1/users/<user_id>/usage", operation_id="reportUsage", summary="Usage of Claude", tags=["usage"])
def usage(user_id: UserPath, caller: Caller, since: Since = None, until: Until = None) -> UsageReport:
    """Return calls, tokens and dollars by day, task and model, and what is left of today's cap."""
    return report_usage(
        user_id,
        caller,
        since=since,
        until=until,
        today=deps.clock.now().date(),
        caps=deps.settings.claude_daily_caps,
        spending=deps.spending,
    )


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
