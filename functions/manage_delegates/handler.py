"""/api/v1/users/{user_id}/delegates, .../delegators: who may act for the user, and for whom the user may."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.delegations import Delegation
from assistant.runtime.http import Owner, UserPath, http_resolver
from assistant.runtime.observability import logger
from assistant.services import manage_delegates as manage
from assistant.wiring import deps

USER = "/api/v1/users/<user_id>"
PATH = f"{USER}/delegates"
ONE = f"{PATH}/<delegate_id>"
Page = Annotated[manage.DelegatorQuery, Query()]
Wanted = Annotated[manage.DelegationRequest | None, Body()]

app = http_resolver(deps, largest_body=10_000)


@app.get(PATH, operation_id="listDelegates", summary="List delegates", tags=["delegates"])
def find(user_id: UserPath, caller: Owner) -> manage.DelegateList:
    """Return who may act for the user, and until when."""
    return manage.list_delegates(user_id, caller, ports=deps.delegate_ports)


@app.get(f"{USER}/delegators", operation_id="listDelegators", summary="List delegators", tags=["delegates"])
def find_delegators(user_id: UserPath, page: Page, caller: Owner) -> manage.DelegatorList:
    """Return whom the user may act for, and until when."""
    return manage.list_delegators(user_id, page, caller, ports=deps.delegate_ports)


@app.put(ONE, operation_id="nameDelegate", summary="Name a delegate", tags=["delegates"])
def name(user_id: UserPath, delegate_id: UserPath, caller: Owner, wanted: Wanted = None) -> Delegation:
    """Let another user act for the user, until a time or until it is ended."""
    how_long = wanted or manage.DelegationRequest()
    return manage.name_delegate(user_id, delegate_id, how_long, caller, ports=deps.delegate_ports)


@app.delete(ONE, operation_id="endDelegation", summary="End a delegation", tags=["delegates"])
def end(user_id: UserPath, delegate_id: UserPath, caller: Owner) -> Response[str]:
    """Let a delegate act no longer, from their next request on."""
    manage.end_delegation(user_id, delegate_id, caller, ports=deps.delegate_ports)
    return Response(HTTPStatus.NO_CONTENT, body="")


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
