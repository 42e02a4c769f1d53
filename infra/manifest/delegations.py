"""Who may act for whom."""

from infra.manifest.queues import SEND_AUDIT
from infra.manifest.shapes import Function, Route, on_table

FUNCTIONS = (
    Function(
        "manage_delegates",
        "Name, list and end those who may act for a user, and list whom the user may act for",
        memory=512,
        timeout=15,
        routes=(
            Route("GET", "/api/v1/users/{user_id}/delegates"),
            Route("GET", "/api/v1/users/{user_id}/delegators"),
            Route("PUT", "/api/v1/users/{user_id}/delegates/{delegate_id}"),
            Route("DELETE", "/api/v1/users/{user_id}/delegates/{delegate_id}"),
        ),
        grants=(
            on_table("DeleteItem", "GetItem", "PutItem", "Query"),
            SEND_AUDIT,
        ),
        dependencies=("core", "cache"),
        cache=True,
    ),
)
