"""Actions in connected accounts."""

from assistant.domain.providers import Access
from infra.manifest.providers import clients_of, on_tokens
from infra.manifest.queues import SEND_AUDIT, SEND_EFFECTS, SEND_NOTIFICATIONS
from infra.manifest.shapes import Function, Route, on_table

FUNCTIONS = (
    Function(
        "manage_effects",
        "Propose, show, approve, reject, undo and verify actions in connected accounts; show receipts of mails",
        memory=512,
        timeout=29,
        routes=(
            Route("GET", "/api/v1/users/{user_id}/effects"),
            Route("POST", "/api/v1/users/{user_id}/effects"),
            Route("GET", "/api/v1/users/{user_id}/effects/verify"),
            Route("POST", "/api/v1/users/{user_id}/effects/undo"),
            Route("GET", "/api/v1/users/{user_id}/effects/{effect_id}"),
            Route("POST", "/api/v1/users/{user_id}/effects/{effect_id}/approve"),
            Route("POST", "/api/v1/users/{user_id}/effects/{effect_id}/reject"),
            Route("GET", "/api/v1/users/{user_id}/receipts"),
        ),
        grants=(
            on_table("BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
            SEND_EFFECTS,
            SEND_NOTIFICATIONS,
        ),
        dependencies=("core", "cache"),
        cache=True,
    ),
    Function(
        "execute_effects",
        "Do and undo actions in connected accounts",
        memory=512,
        timeout=235,
        consumes="effects",
        # One that has to wait returns to the queue alone.
        batch_size=1,
        grants=(
            on_table("BatchGetItem", "BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_NOTIFICATIONS,
            *on_tokens(*Access),
        ),
        secrets=("oauth-clients",),
        dependencies=("core", clients_of(*Access)),
    ),
)
