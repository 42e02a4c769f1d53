"""GET /api/v1/connections/{provider}/callback: where a provider sends a user back, answered with a short page."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.errors import AssistantError
from assistant.domain.providers import Provider
from assistant.runtime.http import http_resolver
from assistant.runtime.observability import logger
from assistant.runtime.page import page
from assistant.services.connect_accounts import ProviderAnswer, complete_consent
from assistant.services.manage_connections import ConnectionView
from assistant.wiring import deps

Answer = Annotated[ProviderAnswer, Query()]
PATH = "/api/v1/connections/<provider>/callback"

app = http_resolver(deps, largest_body=0)


@app.get(PATH, include_in_schema=False)
def callback(provider: Provider, answer: Answer) -> Response[str]:
    """Say in a page whom the consent lets in and how they confirm it, or why nothing was connected."""
    try:
        connection, code = complete_consent(provider, answer, ports=deps.complete_ports)
    except AssistantError as error:
        again = "Please go back to the assistant and start again."
        return page(error.status, "Nothing was connected", (error.detail, again))
    return page(200, "One step is left", ConnectionView.of(connection).told(connection.user_id, code))


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
