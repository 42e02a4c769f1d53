"""/api/v1/users/{user_id}/connections/{connection_id}/...: the data source in Notion with the user's tasks."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.http import Caller, PathId, UserPath, http_resolver
from assistant.runtime.observability import logger
from assistant.services import choose_task_source as choose
from assistant.wiring import deps

PATH = "/api/v1/users/<user_id>/connections/<connection_id>"
CHOSEN = f"{PATH}/task-source"

app = http_resolver(deps, largest_body=10_000)


@app.get(f"{PATH}/data-sources", operation_id="listDataSources", summary="List data sources", tags=["notes"])
def list_(user_id: UserPath, connection_id: PathId, caller: Caller) -> choose.SourceList:
    """Return the data sources shared with the connection, and what of them would say what of a task."""
    return choose.list_sources(user_id, connection_id, caller, ports=deps.task_source_ports)


@app.get(CHOSEN, operation_id="showTaskSource", summary="Show where tasks are kept", tags=["notes"])
def show(user_id: UserPath, connection_id: PathId, caller: Caller) -> choose.FollowedSource:
    """Return the data source whose tasks are among the kept ones."""
    return choose.show_source(user_id, connection_id, caller, ports=deps.task_source_ports)


@app.put(CHOSEN, operation_id="chooseTaskSource", summary="Choose where tasks are kept", tags=["notes"])
def put(user_id: UserPath, connection_id: PathId, choice: choose.SourceChoice, caller: Caller) -> choose.FollowedSource:
    """Keep the tasks of a data source among the user's own from now on; they come within a minute."""
    return choose.choose_source(user_id, connection_id, choice, caller, ports=deps.task_source_ports)


@app.delete(CHOSEN, operation_id="stopTaskSource", summary="Follow no data source", tags=["notes"])
def stop(user_id: UserPath, connection_id: PathId, caller: Caller) -> Response[str]:
    """Follow the data source no longer; its tasks stay as the user's own."""
    choose.stop_following(user_id, connection_id, caller, ports=deps.task_source_ports)
    return Response(HTTPStatus.NO_CONTENT, body="")


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
