"""Accounts at providers."""

from infra.manifest.queues import SEND_AUDIT, SEND_CALENDARS, SEND_MAILBOXES
from infra.manifest.shapes import Function, Route, on_table, on_tokens

FUNCTIONS = (
    Function(
        "manage_connections",
        "Open accounts at providers, list and disconnect them",
        memory=512,
        timeout=29,
        routes=(
            Route("GET", "/api/v1/users/{user_id}/connections"),
            Route("POST", "/api/v1/users/{user_id}/connections/{provider}"),
            Route("DELETE", "/api/v1/users/{user_id}/connections/{provider}/{connection_id}"),
        ),
        grants=(
            on_table("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            *on_tokens(),
            SEND_AUDIT,
            SEND_MAILBOXES,
        ),
        secrets=("oauth-clients",),
        dependencies=("core", "cache", "tokens"),
        cache=True,
    ),
    Function(
        "complete_connection",
        "Take a consent that a provider sends a user back with",
        memory=512,
        timeout=29,
        routes=(Route("GET", "/api/v1/connections/{provider}/callback", public=True),),
        grants=(
            on_table("DeleteItem", "GetItem", "PutItem", "UpdateItem"),
            # It keeps tokens, and cannot read any.
            *on_tokens(read=False),
            SEND_AUDIT,
            SEND_MAILBOXES,
            SEND_CALENDARS,
        ),
        secrets=("oauth-clients",),
        dependencies=("core", "tokens"),
    ),
)
