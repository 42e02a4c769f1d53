"""What users are told, and how it reaches them."""

from assistant.domain.providers import Access
from infra.manifest.providers import clients_of, on_tokens
from infra.manifest.queues import SEND_EFFECTS, SEND_NOTIFICATIONS
from infra.manifest.shapes import Function, Route, on_table

FUNCTIONS = (
    Function(
        "release_notifications",
        "Hand what is due for users to the queue that sends it",
        memory=1024,
        timeout=60,
        schedule="rate(5 minutes)",
        grants=(on_table("PutItem", "Query", "UpdateItem"), SEND_NOTIFICATIONS),
    ),
    Function(
        "deliver_notifications",
        "Send notifications, digests and daily briefings; settle effects",
        memory=1024,
        timeout=220,
        consumes="notifications",
        batch_size=1,
        grants=(
            on_table("BatchGetItem", "BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_EFFECTS,
            SEND_NOTIFICATIONS,
            *on_tokens(Access.MAIL, Access.CHAT),
        ),
        secrets=("oauth-clients",),
        dependencies=("core", clients_of(Access.MAIL, Access.CHAT)),
    ),
    Function(
        "manage_notifications",
        "Show what a user was told",
        memory=512,
        timeout=15,
        routes=(
            Route("GET", "/api/v1/users/{user_id}/notifications"),
            Route("PATCH", "/api/v1/users/{user_id}/notifications/{notification_id}"),
        ),
        grants=(on_table("GetItem", "Query", "UpdateItem"),),
        dependencies=("core", "cache"),
        cache=True,
    ),
)
