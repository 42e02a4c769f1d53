"""GET /metrics: the recorded metrics as Prometheus text."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.http import Owner, http_resolver
from assistant.runtime.observability import logger
from assistant.services.export_metrics import CONTENT_TYPE, export_metrics
from assistant.services.recent import Recent
from assistant.wiring import deps

# A scrape costs money for each series: scrapers that come more often get the same answer.
recent = Recent(lambda: export_metrics(deps.metric_reader, now=deps.clock.now()), seconds=30)
app = http_resolver(deps, limited=False)


@app.get("/metrics", operation_id="exportMetrics", summary="Metrics as Prometheus text", tags=["operations"])
def metrics(caller: Owner) -> Response[str]:
    """Return counters and histograms since the month began (UTC), and the newest gauges."""
    logger.info("metrics exported", extra={"user_id": caller.user_id})
    return Response(200, CONTENT_TYPE, recent.value(deps.clock.monotonic()))


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
