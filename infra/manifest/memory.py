"""What is remembered and learned, and what users prefer."""

from infra.manifest.queues import SEND_AUDIT
from infra.manifest.shapes import Function, Route, on_table

FUNCTIONS = (
    Function(
        "manage_preferences",
        "Read, replace and patch a user's preferences",
        memory=512,
        timeout=15,
        routes=(
            Route("GET", "/api/v1/users/{user_id}/preferences"),
            Route("PUT", "/api/v1/users/{user_id}/preferences"),
            Route("PATCH", "/api/v1/users/{user_id}/preferences"),
        ),
        grants=(
            on_table("GetItem", "PutItem"),
            SEND_AUDIT,
        ),
        dependencies=("core", "cache"),
        cache=True,
        snap_start=True,
    ),
    Function(
        "manage_memory",
        "Search, list, add, correct and approve what is remembered",
        memory=1024,
        timeout=29,
        routes=(
            Route("GET", "/api/v1/users/{user_id}/memories"),
            Route("POST", "/api/v1/users/{user_id}/memories"),
            Route("GET", "/api/v1/users/{user_id}/memories/{memory_id}"),
            Route("PATCH", "/api/v1/users/{user_id}/memories/{memory_id}"),
            Route("POST", "/api/v1/users/{user_id}/memories/{memory_id}/approve"),
        ),
        grants=(
            on_table("BatchGetItem", "BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        secrets=("pinecone-api-key",),
        dependencies=("core", "cache", "memory"),
        cache=True,
    ),
    Function(
        "forget_memory",
        "Forget memories: one, those of a source, those with a person",
        memory=1024,
        timeout=29,
        routes=(
            Route("DELETE", "/api/v1/users/{user_id}/memories"),
            Route("DELETE", "/api/v1/users/{user_id}/memories/{memory_id}"),
        ),
        grants=(
            on_table("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        secrets=("pinecone-api-key",),
        dependencies=("core", "cache", "memory"),
        cache=True,
    ),
    Function(
        "manage_learned",
        "Show what was learned about the user's mail, and forget some of it",
        memory=512,
        timeout=15,
        routes=(
            Route("GET", "/api/v1/users/{user_id}/learned"),
            Route("DELETE", "/api/v1/users/{user_id}/learned/{learned_id}"),
        ),
        grants=(
            on_table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        dependencies=("core", "cache"),
        cache=True,
    ),
)
