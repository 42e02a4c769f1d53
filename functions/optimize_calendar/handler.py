"""POST /api/v1/calendar/optimize and the plans it makes: show, draw, explain and accept."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.calendar.picture_style import CONTENT_SECURITY_POLICY
from assistant.runtime.http import JSON, LAST_CALL_SECONDS, Caller, PathId, PathNumber, http_resolver
from assistant.runtime.observability import logger
from assistant.services.accept_suggestions import AcceptRequest, AcceptResponse, accept_suggestions
from assistant.services.explain_suggestion import Explanation, explain_suggestion
from assistant.services.optimize_calendar import OptimizeResponse, optimize_calendar
from assistant.services.show_plan import PICTURE_SUFFIX, PlanView, draw_plan, show_plan
from assistant.services.week_request import OptimizeRequest, request_from_file
from assistant.wiring import deps

# What is left to do when the search ends: find the suggestions, keep the plan, queue the proof and the audit event.
CLOSING_SECONDS = 13.0
SVG = "image/svg+xml"
# The picture brings its own style, and nothing else.
PICTURE_POLICY = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}

app = http_resolver(deps, readers={"text/calendar": request_from_file})
deps.prime(lambda: (deps.rate_limiter, deps.sessions, deps.primed_optimize_ports()))


@app.post("/api/v1/calendar/optimize", operation_id="optimizeCalendar", summary="Plan a week", tags=["calendar"])
def optimize(request: OptimizeRequest, caller: Caller) -> OptimizeResponse:
    """Return the plan with the fewest conflicts, the most wishes met and the least disturbance, and its proof."""
    with deps.calls_within(app.seconds_left - LAST_CALL_SECONDS):
        return optimize_calendar(request, caller, seconds=app.seconds_left - CLOSING_SECONDS, ports=deps.optimize_ports)


@app.get("/api/v1/calendar/plans/<plan_id>", operation_id="showPlan", summary="Show a plan", tags=["calendar"])
def plan(plan_id: PathId, caller: Caller) -> Response[PlanView | str]:
    """Return a plan as it is known by now; with .svg after its id the days before and after it as a picture."""
    if plan_id.endswith(PICTURE_SUFFIX):
        drawn = draw_plan(plan_id.removesuffix(PICTURE_SUFFIX), caller, plans=deps.plans)
        return Response(200, SVG, drawn, {**PICTURE_POLICY})
    return Response(200, JSON, show_plan(plan_id, caller, plans=deps.plans))


@app.get(
    "/api/v1/calendar/plans/<plan_id>/suggestions/<number>/why",
    operation_id="explainSuggestion",
    summary="Say why a suggestion is made",
    tags=["calendar"],
)
def why(plan_id: PathId, number: PathNumber, caller: Caller) -> Explanation:
    """Return the plan without a suggestion, counted from 1, and the best that could be done instead."""
    return explain_suggestion(plan_id, number, caller, plans=deps.plans)


@app.post(
    "/api/v1/calendar/plans/<plan_id>/accept",
    operation_id="acceptSuggestions",
    summary="Accept some suggestions",
    tags=["calendar"],
)
def accept(plan_id: PathId, request: AcceptRequest, caller: Caller) -> AcceptResponse:
    """Say what the chosen suggestions bring, and ask the user to approve what they change in connected calendars."""
    with deps.calls_within(app.seconds_left - LAST_CALL_SECONDS):
        return accept_suggestions(plan_id, request, caller, ports=deps.accept_ports)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
