"""Triage, and mailboxes of connected accounts."""

from assistant.domain.providers import Access
from infra.manifest.providers import clients_of, on_tokens
from infra.manifest.queues import SEND_AUDIT, SEND_CALENDARS, SEND_EFFECTS, SEND_MAILBOXES, SEND_NOTIFICATIONS
from infra.manifest.shapes import Function, Route, on_table

FUNCTIONS = (
    Function(
        "triage_email",
        "Triage a batch of mails; learn from the user's corrections",
        memory=1024,
        timeout=29,
        routes=(
            Route("POST", "/api/v1/email/triage"),
            Route("GET", "/api/v1/email/{email_id}/decision"),
            Route("POST", "/api/v1/email/{email_id}/feedback"),
            Route("POST", "/api/v1/email/{email_id}/behaviour"),
        ),
        grants=(
            on_table("BatchGetItem", "BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        secrets=("claude-api-key",),
        dependencies=("core", "cache", "triage", "claude"),
        cache=True,
        snap_start=True,
    ),
    Function(
        "receive_gmail_push",
        "Take Gmail's notifications of new mail",
        memory=512,
        timeout=20,
        routes=(Route("POST", "/api/v1/webhooks/gmail", public=True),),
        grants=(on_table("BatchGetItem", "Query"), SEND_MAILBOXES),
        dependencies=("core", "webhook"),
    ),
    Function(
        "receive_graph_notification",
        "Take Microsoft's notifications of mail and calendars, and of their subscriptions",
        memory=512,
        timeout=20,
        routes=(Route("POST", "/api/v1/webhooks/graph", public=True),),
        grants=(on_table("BatchGetItem"), SEND_MAILBOXES, SEND_CALENDARS),
    ),
    Function(
        "sync_mailbox",
        "Decide about the mails that arrived in a connected mailbox",
        memory=1024,
        timeout=150,
        consumes="mailboxes",
        batch_size=1,
        grants=(
            on_table("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
            SEND_NOTIFICATIONS,
            SEND_EFFECTS,
            SEND_MAILBOXES,
            *on_tokens(Access.MAIL),
        ),
        secrets=("claude-api-key", "oauth-clients"),
        dependencies=("core", "triage", "claude", clients_of(Access.MAIL)),
    ),
)
