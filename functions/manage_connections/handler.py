"""/api/v1/users/{user_id}/connections: open accounts at providers, confirm it, list and disconnect them."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.providers import Provider
from assistant.runtime.http import LAST_CALL_SECONDS, Caller, Owner, PathId, UserPath, http_resolver
from assistant.runtime.observability import logger
from assistant.services import confirm_connection as confirm
from assistant.services import connect_accounts as connect
from assistant.services import manage_connections as manage
from assistant.services.welcome_account import welcome_account
from assistant.wiring import deps

PATH = "/api/v1/users/<user_id>/connections"

app = http_resolver(deps, largest_body=10_000)


# Before the route of providers, which would take its name for one.
@app.post(f"{PATH}/confirm", operation_id="confirmConnection", summary="Confirm a consent", tags=["connections"])
def finish(user_id: UserPath, sent: confirm.Confirmation, caller: Owner) -> manage.ConnectionView:
    """Connect the account, with the code that the page after the consent showed."""
    connection = confirm.confirm_consent(user_id, sent, caller, ports=deps.confirm_ports)
    with deps.calls_within(app.seconds_left - LAST_CALL_SECONDS):
        welcome_account(connection, caller.request_id, ports=deps.welcome_ports)
    return manage.ConnectionView.of(connection)


@app.post(f"{PATH}/<provider>", operation_id="connectAccount", summary="Connect an account", tags=["connections"])
def start(user_id: UserPath, provider: Provider, wanted: connect.AccessRequest, caller: Owner) -> connect.ConsentAsked:
    """Return the address at which the user opens an account to the assistant, within ten minutes."""
    address = deps.settings.public_url or f"https://{app.current_event.request_context.domain_name}"
    return connect.ask_consent(user_id, provider, wanted, caller, address=address, ports=deps.ask_ports)


@app.get(PATH, operation_id="listConnections", summary="List connected accounts", tags=["connections"])
def find(user_id: UserPath, caller: Caller) -> manage.ConnectionList:
    """Return the connected accounts, what they are open for and what is missing."""
    return manage.list_connections(user_id, caller, ports=deps.connection_ports)


@app.delete(
    f"{PATH}/<provider>/<connection_id>",
    operation_id="disconnectAccount",
    summary="Disconnect an account",
    tags=["connections"],
)
def delete(user_id: UserPath, provider: Provider, connection_id: PathId, caller: Owner) -> manage.Disconnected:
    """Revoke the consent where the provider can, and forget the account's tokens in any case."""
    return manage.disconnect(
        user_id,
        provider,
        connection_id,
        caller,
        seconds_left=lambda: app.seconds_left,
        ports=deps.connection_ports,
    )


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
