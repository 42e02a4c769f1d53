"""GET, POST and PATCH /api/v1/users/{user_id}/memories: search, list, add, correct and approve memories."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.versions import Preconditions
from assistant.runtime.http import Caller, IfMatch, IfNoneMatch, PathId, UserPath, http_resolver, versioned
from assistant.runtime.observability import logger
from assistant.services import keep_memories as keep
from assistant.services import search_memories as search
from assistant.wiring import deps

Wanted = Annotated[search.MemoryQuery, Query()]
Key = Annotated[str | None, Header(alias="idempotency-key", min_length=1, max_length=255)]
PATH = "/api/v1/users/<user_id>/memories"

app = http_resolver(deps, largest_body=100_000)


@app.get(PATH, operation_id="searchMemories", summary="Search memories", tags=["memory"])
def find(user_id: UserPath, wanted: Wanted, caller: Caller) -> search.MemoryList:
    """Return memories by meaning, kind, person and time, those that a newer one closed included."""
    return search.search_memories(user_id, wanted, caller, ports=deps.memory_ports)


@app.get(f"{PATH}/<memory_id>", operation_id="showMemory", summary="Show a memory", tags=["memory"])
def show(
    user_id: UserPath, memory_id: PathId, caller: Caller, if_none_match: IfNoneMatch = None
) -> Response[search.MemoryView]:
    """Return one memory with its entity tag."""
    kept = search.show_memory(user_id, memory_id, caller, store=deps.memories)
    seen = Preconditions(if_none_match=if_none_match)
    return versioned(search.MemoryView.of(kept.memory), kept.version, seen)


@app.post(PATH, operation_id="addMemory", summary="Remember something", tags=["memory"])
def add(user_id: UserPath, new: keep.NewMemory, caller: Caller, key: Key = None) -> Response[keep.KeptView]:
    """Keep a memory and close what it contradicts; what others can write is an observation until it is approved."""
    return versioned(*keep.add_memory(user_id, new, caller, key=key, ports=deps.memory_ports))


@app.patch(f"{PATH}/<memory_id>", operation_id="correctMemory", summary="Correct a memory", tags=["memory"])
def correct(
    user_id: UserPath, memory_id: PathId, correction: keep.MemoryCorrection, caller: Caller, if_match: IfMatch = None
) -> Response[keep.KeptView]:
    """Keep the corrected memory as a new one that closes the old; both stay readable."""
    conditions = Preconditions(if_match)
    return versioned(*keep.correct_memory(user_id, memory_id, correction, caller, conditions, ports=deps.memory_ports))


@app.post(f"{PATH}/<memory_id>/approve", operation_id="approveMemory", summary="Approve a memory", tags=["memory"])
def approve(user_id: UserPath, memory_id: PathId, caller: Caller, if_match: IfMatch = None) -> Response[keep.KeptView]:
    """Put the user's word behind an observation."""
    return versioned(*keep.approve_memory(user_id, memory_id, caller, Preconditions(if_match), ports=deps.memory_ports))


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)
