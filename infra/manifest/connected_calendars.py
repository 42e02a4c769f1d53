"""Calendars of connected accounts."""

from assistant.domain.providers import Access
from infra.manifest.providers import clients_of, on_tokens
from infra.manifest.queues import SEND_CALENDARS, SEND_NOTIFICATIONS
from infra.manifest.shapes import Function, Route, on_table

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
            *on_tokens(Access.CALENDAR),
        ),
        secrets=("oauth-clients",),
        # Meetings are read as mails are.
        dependencies=("core", "triage", clients_of(Access.CALENDAR)),
    ),
)
