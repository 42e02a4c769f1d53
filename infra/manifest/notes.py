"""Notion: the user's tasks there, and pages as context."""

from assistant.domain.providers import Access
from infra.manifest.providers import clients_of, on_tokens
from infra.manifest.queues import SEND_EFFECTS, SEND_NOTES, SEND_NOTIFICATIONS
from infra.manifest.shapes import Function, Route, on_table

FUNCTIONS = (
    Function(
        "manage_task_sources",
        "Choose the data source in Notion with the user's tasks",
        memory=1024,
        timeout=29,
        routes=(
            Route("GET", "/api/v1/users/{user_id}/connections/{connection_id}/data-sources"),
            Route("GET", "/api/v1/users/{user_id}/connections/{connection_id}/task-source"),
            Route("PUT", "/api/v1/users/{user_id}/connections/{connection_id}/task-source"),
            Route("DELETE", "/api/v1/users/{user_id}/connections/{connection_id}/task-source"),
        ),
        grants=(
            on_table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_NOTES,
            *on_tokens(Access.NOTES),
        ),
        secrets=("oauth-clients",),
        dependencies=("core", "cache", clients_of(Access.NOTES)),
        cache=True,
    ),
    Function(
        "receive_notion_event",
        "Take Notion's notifications of changed pages",
        memory=512,
        timeout=20,
        routes=(Route("POST", "/api/v1/webhooks/notion", public=True),),
        grants=(
            on_table("GetItem", "PutItem"),
            SEND_NOTES,
        ),
    ),
    Function(
        "sync_notion",
        "Read what changed in Notion, and have statuses of tasks written there",
        memory=1024,
        timeout=300,
        consumes="notes",
        batch_size=1,
        grants=(
            on_table("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            *on_tokens(Access.NOTES),
            SEND_EFFECTS,
            SEND_NOTIFICATIONS,
        ),
        secrets=("oauth-clients",),
        dependencies=("core", clients_of(Access.NOTES)),
    ),
    Function(
        "reconcile_notion",
        "Have connected workspaces in Notion read",
        memory=1024,
        timeout=60,
        schedule="rate(15 minutes)",
        grants=(
            on_table("BatchGetItem", "Query"),
            SEND_NOTES,
        ),
    ),
)
