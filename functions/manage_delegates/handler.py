"""GET, PUT and DELETE /api/v1/users/{user_id}/delegates: who may act for the user."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.delegations import Delegation
from assistant.runtime.http import Owner, UserPath, http_resolver
from assistant.runtime.observability import logger
from assistant.services import manage_delegates as manage
from assistant.wiring import deps

PATH = "/api/v1/users/<user_id>/delegates"
ONE = f"{PATH}/<delegate_id>"

app = http_resolver(deps, largest_body=10_000)


@app.get(PATH, operation_id="listDelegates", summary="List delegates", tags=["delegates"])
def find(user_id: UserPath, caller: Owner) -> manage.DelegateList:
    """Return who may act for the user, and until when."""
    return manage.list_delegates(user_id, caller, ports=deps.delegate_ports)


@app.put(ONE, operation_id="nameDelegate", summary="Name a delegate", tags=["delegates"])
def name(user_id: UserPath, delegate_id: UserPath, wanted: manage.DelegationRequest, caller: Owner) -> Delegation:
    """Let another user act for the user, until a time or until it is ended."""
    return manage.name_delegate(user_id, delegate_id, wanted, caller, ports=deps.delegate_ports)


@app.delete(ONE, operation_id="endDelegation", summary="End a delegation", tags=["delegates"])
def end(user_id: UserPath, delegate_id: UserPath, caller: Owner) -> Response[str]:
    """Let a delegate act no longer, from their next request on."""
    manage.end_delegation(user_id, delegate_id, caller, ports=deps.delegate_ports)
    return Response(HTTPStatus.NO_CONTENT, body="")


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
