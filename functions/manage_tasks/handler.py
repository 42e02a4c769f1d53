"""/api/v1/tasks: keep, list, show, change and delete tasks, with optimistic locking."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.tasks.kept import KeptTask, TaskChanges
from assistant.domain.tasks.request import TaskStatus
from assistant.domain.versions import Preconditions, entity_tag
from assistant.runtime.http import JSON, Caller, IfMatch, IfNoneMatch, MergePatch, PathId, http_resolver, versioned
from assistant.runtime.observability import logger
from assistant.services.keep_tasks import TaskPage, change_task, create_task, delete_task, list_tasks, show_task
from assistant.wiring import deps

app = http_resolver(deps, largest_body=200_000)
deps.prime(lambda: (deps.rate_limiter, deps.sessions, deps.task_ports))
PATH = "/api/v1/tasks"

IdempotencyKey = Annotated[
    str | None, Header(alias="idempotency-key", description="Repeated within a day, makes one task of all repetitions")
]
Statuses = Annotated[list[TaskStatus] | None, Query(alias="status", description="All statuses unless told")]
Cursor = Annotated[str | None, Query(max_length=1_000, description="next_cursor of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]


@app.post(PATH, operation_id="createTask", summary="Keep a task", tags=["tasks"])
def create(given: TaskChanges, caller: Caller, idempotency_key: IdempotencyKey = None) -> Response[KeptTask]:
    """Keep a new task; its due date is read now, in the zone of the preferences."""
    made = create_task(given, caller, key=idempotency_key, ports=deps.task_ports)
    headers = {"ETag": entity_tag(made.version), "Location": f"{PATH}/{made.task.task_id}"}
    return Response(HTTPStatus.CREATED, JSON, made.task, headers)


@app.get(PATH, operation_id="listTasks", summary="List tasks", tags=["tasks"])
def list_(caller: Caller, status: Statuses = None, cursor: Cursor = None, limit: Limit = 50) -> TaskPage:
    """Return the kept tasks, oldest first, a page at a time."""
    return list_tasks(caller, statuses=status or (), cursor=cursor, limit=limit, tasks=deps.tasks)


@app.get(f"{PATH}/<task_id>", operation_id="showTask", summary="Show a task", tags=["tasks"])
def show(task_id: PathId, caller: Caller, if_none_match: IfNoneMatch = None) -> Response[KeptTask]:
    """Return a task with its entity tag."""
    found = show_task(task_id, caller, tasks=deps.tasks)
    return versioned(found.task, found.version, Preconditions(if_none_match=if_none_match))


@app.patch(f"{PATH}/<task_id>", operation_id="changeTask", summary="Change or complete a task", tags=["tasks"])
def change(task_id: PathId, changes: MergePatch, caller: Caller, if_match: IfMatch = None) -> Response[KeptTask]:
    """Apply a JSON merge patch (RFC 7396); completing a recurring task opens its next occurrence."""
    changed = change_task(task_id, changes, caller, Preconditions(if_match), ports=deps.task_ports)
    return versioned(changed.task, changed.version)


@app.delete(f"{PATH}/<task_id>", operation_id="deleteTask", summary="Delete a task", tags=["tasks"])
def delete(task_id: PathId, caller: Caller, if_match: IfMatch = None) -> Response[str]:
    """Forget a task."""
    delete_task(task_id, caller, Preconditions(if_match), ports=deps.task_ports)
    return Response(HTTPStatus.NO_CONTENT, body="")


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
