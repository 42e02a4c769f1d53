"""GET /docs and /openapi.json: the API described; any other address is answered with 404 or 405."""

from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.api_document import ApiDocument
from assistant.runtime.http import JSON, http_resolver
from assistant.runtime.observability import logger
from assistant.wiring import deps

document = ApiDocument(Path(__file__).with_name("openapi.json"))
app = http_resolver(deps)


@app.get("/docs", include_in_schema=False, compress=True)
def docs() -> Response[str]:
    """Return Swagger UI."""
    return Response(200, "text/html; charset=utf-8", document.page, {"Content-Security-Policy": document.page_policy})


@app.get("/openapi.json", include_in_schema=False, compress=True)
def openapi() -> Response[str]:
    """Return the OpenAPI document of all functions."""
    return Response(200, JSON, document.text)


@app.not_found
def unknown_address(_: NotFoundError) -> Response[str]:
    """Tell a wrong method (405) from an unknown address (404)."""
    return app.unknown_address(document.methods_at(app.current_event.path))


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
