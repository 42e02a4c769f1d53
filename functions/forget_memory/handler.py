"""DELETE /api/v1/users/{user_id}/memories: forget one memory, those of a source, or those with a person."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.http import Owner, PathId, UserPath, http_resolver
from assistant.runtime.observability import logger
from assistant.services.forget_memories import ForgetQuery, Forgotten, forget_memories, forget_memory
from assistant.wiring import deps

# What is left to do when time is over: the chunk under way, and the audit event.
CLOSING_SECONDS = 15.0

Wanted = Annotated[ForgetQuery, Query()]
PATH = "/api/v1/users/<user_id>/memories"

app = http_resolver(deps)


@app.delete(f"{PATH}/<memory_id>", operation_id="forgetMemory", summary="Forget a memory", tags=["memory"])
def forget_one(user_id: UserPath, memory_id: PathId, caller: Owner) -> Forgotten:
    """Remove a memory and every copy derived from it."""
    return forget_memory(user_id, memory_id, caller, ports=deps.forget_ports)


@app.delete(PATH, operation_id="forgetMemories", summary="Forget a source or a person", tags=["memory"])
def forget_some(user_id: UserPath, wanted: Wanted, caller: Owner) -> Forgotten:
    """Remove what was learned from one source, or everything that names a person."""
    seconds = app.seconds_left - CLOSING_SECONDS
    return forget_memories(user_id, wanted, caller, seconds=seconds, ports=deps.forget_ports)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
