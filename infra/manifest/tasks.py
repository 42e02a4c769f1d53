"""Tasks: kept, ranked and planned."""

from infra.manifest.queues import SEND_AUDIT
from infra.manifest.shapes import Function, Route, on_table

FUNCTIONS = (
    Function(
        "prioritize_tasks",
        "Rank tasks by urgency and importance, and plan them into free time",
        memory=1024,
        timeout=29,
        routes=(Route("POST", "/api/v1/tasks/prioritize"),),
        grants=(
            on_table("GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        secrets=("claude-api-key",),
        dependencies=("core", "cache", "triage", "claude"),
        cache=True,
    ),
    Function(
        "manage_tasks",
        "Keep, list, change and complete tasks",
        memory=512,
        timeout=24,
        routes=(
            Route("GET", "/api/v1/tasks"),
            Route("POST", "/api/v1/tasks"),
            Route("GET", "/api/v1/tasks/{task_id}"),
            Route("PATCH", "/api/v1/tasks/{task_id}"),
            Route("DELETE", "/api/v1/tasks/{task_id}"),
        ),
        grants=(
            on_table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        dependencies=("core", "cache"),
        cache=True,
    ),
)
