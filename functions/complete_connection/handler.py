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
from assistant.services.welcome_account import welcome_account
from assistant.wiring import deps

Answer = Annotated[ProviderAnswer, Query()]
PATH = "/api/v1/connections/<provider>/callback"

app = http_resolver(deps, largest_body=0)


@app.get(PATH, include_in_schema=False)
def callback(provider: Provider, answer: Answer) -> Response[str]:
    """Say in a page what was connected, or why nothing was."""
    request_id = app.current_event.request_context.request_id
    try:
        connection = complete_consent(provider, answer, request_id, ports=deps.complete_ports)
    except AssistantError as error:
        again = "Please go back to the assistant and start again."
        return page(error.status, "Nothing was connected", (error.detail, again))
    welcome_account(connection, request_id, seconds=app.seconds_left, ports=deps.welcome_ports)
    return page(200, "The account is connected", ConnectionView.of(connection).told(connection.user_id))


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
