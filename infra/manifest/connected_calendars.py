"""Calendars of connected accounts."""

from infra.manifest.queues import SEND_CALENDARS
from infra.manifest.shapes import Function, on_table, on_tokens

FUNCTIONS = (
    Function(
        "sync_calendar",
        "Keep the events of a connected calendar as its provider has them",
        memory=1024,
        timeout=120,
        consumes="calendars",
        batch_size=1,
        grants=(
            on_table("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_CALENDARS,
            *on_tokens("google", "microsoft"),
        ),
        secrets=("oauth-clients",),
        # Meetings are read as mails are.
        dependencies=("core", "triage", "google", "graph"),
    ),
)
