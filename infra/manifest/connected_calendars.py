"""Calendars of connected accounts."""

from infra.manifest.queues import SEND_CALENDARS, SEND_NOTIFICATIONS
from infra.manifest.shapes import Function, Route, on_table, on_tokens

FUNCTIONS = (
    Function(
        "receive_calendar_notification",
        "Take Google's notifications of changed calendars",
        memory=512,
        timeout=20,
        routes=(Route("POST", "/api/v1/webhooks/google-calendar", public=True),),
        grants=(on_table("GetItem"), SEND_CALENDARS),
    ),
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
            SEND_NOTIFICATIONS,
            *on_tokens("google", "microsoft"),
        ),
        secrets=("oauth-clients",),
        # Meetings are read as mails are.
        dependencies=("core", "triage", "google", "graph"),
    ),
)
