"""Slack: what people write to the assistant, and the buttons they press."""

from assistant.domain.providers import Access
from infra.manifest.providers import clients_of, on_tokens
from infra.manifest.queues import SEND_AUDIT, SEND_CHATS, SEND_EFFECTS, SEND_NOTIFICATIONS
from infra.manifest.shapes import Function, Route, on_table

FUNCTIONS = (
    Function(
        "receive_slack_event",
        "Take what people write and press in Slack",
        memory=512,
        timeout=10,
        routes=(
            Route("POST", "/api/v1/webhooks/slack/events", public=True),
            Route("POST", "/api/v1/webhooks/slack/interactions", public=True),
        ),
        grants=(SEND_CHATS,),
        secrets=("oauth-clients",),
    ),
    Function(
        "answer_chat",
        "Answer what users ask for and press in Slack",
        memory=1024,
        timeout=155,
        consumes="chats",
        batch_size=1,
        grants=(
            on_table("BatchGetItem", "BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
            SEND_EFFECTS,
            SEND_NOTIFICATIONS,
            *on_tokens(Access.CHAT),
        ),
        secrets=("oauth-clients",),
        dependencies=("core", clients_of(Access.CHAT), "triage"),
    ),
)
