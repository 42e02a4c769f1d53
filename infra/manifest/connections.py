"""Accounts at providers."""

from assistant.domain.providers import Access
from infra.manifest.providers import clients_of, on_tokens
from infra.manifest.queues import SEND_AUDIT, SEND_CALENDARS, SEND_MAILBOXES, SEND_NOTIFICATIONS
from infra.manifest.shapes import Function, Route, on_table

FUNCTIONS = (
    Function(
        "manage_connections",
        "Open accounts at providers, confirm it, list and disconnect them",
        memory=512,
        timeout=29,
        routes=(
            Route("GET", "/api/v1/users/{user_id}/connections"),
            Route("POST", "/api/v1/users/{user_id}/connections/{provider}"),
            Route("POST", "/api/v1/users/{user_id}/connections/confirm"),
            Route("DELETE", "/api/v1/users/{user_id}/connections/{provider}/{connection_id}"),
        ),
        grants=(
            on_table("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            *on_tokens(*Access),
            SEND_AUDIT,
            SEND_MAILBOXES,
            SEND_CALENDARS,
            SEND_NOTIFICATIONS,
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
            on_table("DeleteItem", "PutItem"),
            # It keeps tokens aside, and cannot read any.
            *on_tokens(*Access, read=False),
        ),
        secrets=("oauth-clients",),
        dependencies=("core", "tokens"),
    ),
    Function(
        "reconcile_accounts",
        "Find what no notification of mail or calendars told of; tell of broken accounts",
        memory=1024,
        timeout=240,
        schedule="rate(10 minutes)",
        grants=(
            on_table("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_MAILBOXES,
            SEND_CALENDARS,
            SEND_NOTIFICATIONS,
            *on_tokens(Access.MAIL, Access.CALENDAR),
        ),
        secrets=("oauth-clients",),
        dependencies=("core", clients_of(Access.MAIL, Access.CALENDAR)),
    ),
    Function(
        "renew_watches",
        "Keep providers notifying of mail and calendars",
        memory=1024,
        timeout=240,
        schedule="rate(12 hours)",
        grants=(
            on_table("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            *on_tokens(Access.MAIL, Access.CALENDAR),
        ),
        secrets=("oauth-clients",),
        dependencies=("core", clients_of(Access.MAIL, Access.CALENDAR)),
    ),
)
