"""Claude's cost, and its Message Batches."""

from infra.manifest.queues import SEND_AUDIT
from infra.manifest.shapes import Function, Route, on_table

FUNCTIONS = (
    Function(
        "report_usage",
        "Tell a user what Claude did for them and what it cost",
        memory=512,
        timeout=15,
        routes=(Route("GET", "/api/v1/users/{user_id}/usage"),),
        grants=(on_table("GetItem", "Query"),),
        dependencies=("core", "cache"),
        cache=True,
    ),
    Function(
        "submit_claude_batches",
        "Hand deferred mails to a Message Batch",
        memory=1024,
        timeout=120,
        schedule="rate(15 minutes)",
        grants=(
            on_table("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        secrets=("claude-api-key",),
        dependencies=("core", "triage", "claude"),
    ),
    Function(
        "collect_claude_batches",
        "Bring the answers of ended Message Batches into the decisions",
        memory=1024,
        timeout=120,
        schedule="rate(5 minutes)",
        grants=(
            on_table("BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        secrets=("claude-api-key",),
        dependencies=("core", "triage", "claude"),
    ),
)
