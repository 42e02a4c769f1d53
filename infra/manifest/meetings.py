"""Meetings and their briefings."""

from infra.manifest.queues import SEND_AUDIT, SEND_NOTIFICATIONS
from infra.manifest.shapes import Function, Route, on_table

FUNCTIONS = (
    Function(
        "prepare_meeting",
        "Prepare a meeting: briefing, people, agenda, checklist",
        memory=1024,
        timeout=29,
        routes=(Route("POST", "/api/v1/meeting/prepare"),),
        grants=(
            on_table("BatchGetItem", "BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        secrets=("claude-api-key", "pinecone-api-key"),
        dependencies=("core", "cache", "memory", "claude"),
        cache=True,
    ),
    Function(
        "manage_meetings",
        "Keep meetings, show their briefings",
        memory=512,
        timeout=25,
        routes=(
            Route("GET", "/api/v1/meetings"),
            Route("GET", "/api/v1/meetings/{meeting_id}"),
            Route("PUT", "/api/v1/meetings/{meeting_id}"),
            Route("DELETE", "/api/v1/meetings/{meeting_id}"),
            Route("GET", "/api/v1/meetings/{meeting_id}/briefing"),
        ),
        grants=(
            on_table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        # What a meeting is made of is read as triage reads mail.
        dependencies=("core", "cache", "triage"),
        cache=True,
    ),
    Function(
        "prepare_upcoming_meetings",
        "Prepare the meetings that begin within the hour",
        memory=1024,
        timeout=240,
        schedule="rate(5 minutes)",
        grants=(
            on_table("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
            SEND_NOTIFICATIONS,
        ),
        secrets=("claude-api-key", "pinecone-api-key"),
        dependencies=("core", "memory", "claude"),
    ),
)
