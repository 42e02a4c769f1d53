"""GET /api/v1/calendar/plans/{plan_id}/summary: a plan in a few plain sentences."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.languages import WrittenLanguage
from assistant.runtime.http import Caller, PathId, http_resolver
from assistant.runtime.observability import logger
from assistant.services.summarize_plan import PlanSummary, summarize_plan
from assistant.wiring import deps

# What is left to do when Claude was asked: book the money and keep the text.
CLOSING_SECONDS = 11.0

app = http_resolver(deps)

InLanguage = Annotated[WrittenLanguage, Query(description="The language to write in")]


@app.get(
    "/api/v1/calendar/plans/<plan_id>/summary",
    operation_id="summarizePlan",
    summary="Summarize a plan",
    tags=["calendar"],
)
def summary(plan_id: PathId, caller: Caller, language: InLanguage = WrittenLanguage.ENGLISH) -> PlanSummary:
    """Return a plan as it is known by now in a few plain sentences; every number in them is one of the plan's."""
    seconds = app.seconds_left - CLOSING_SECONDS
    return summarize_plan(plan_id, language, caller, seconds=seconds, ports=deps.summary_ports)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
