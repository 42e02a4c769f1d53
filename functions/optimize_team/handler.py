"""POST /api/v1/calendar/team/optimize: plan several people's calendars together."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.http import Caller, http_resolver
from assistant.runtime.observability import logger
from assistant.services.optimize_team import TeamRequest, TeamResponse, optimize_team
from assistant.wiring import deps

# What is left to do when the search ends: say what becomes of each calendar.
CLOSING_SECONDS = 4.0

app = http_resolver(deps)
deps.prime(lambda: (deps.rate_limiter, deps.sessions, deps.team_ports, deps.primed_plan_solver()))


@app.post("/api/v1/calendar/team/optimize", operation_id="optimizeTeam", summary="Plan a team", tags=["calendar"])
def optimize(request: TeamRequest, caller: Caller) -> TeamResponse:
    """Return a plan for each member in which shared meetings move once for all, and how much of it is proven."""
    seconds = app.seconds_left - CLOSING_SECONDS
    return optimize_team(request, caller, seconds=seconds, ports=deps.team_ports)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
