"""The functions of the product: triggers, grants, secrets, dependency sets, memory, timeout.

The only place that says so: CDK, the layer builder, the local runner and the contract tests read it.
Standard library only.
"""

from dataclasses import dataclass
from typing import Literal

TOKENS_KEY = "key:"
PROVIDERS = ("google", "microsoft", "slack", "notion")

type Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "ANY"]


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP API route; ``public`` routes have no JWT authorizer."""

    method: Method
    path: str
    public: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """Exact IAM actions on one resource: ``table``, ``queue:<name>``, or ``*`` where AWS has no resource level.

    ``function:<name>`` is a function listed before; ``key:<provider>`` is the key, but only for the tokens of accounts
    at that provider.
    """

    resource: str
    actions: tuple[str, ...]


def on_table(*operations: str) -> Grant:
    """Return the grant of these DynamoDB operations on the table."""
    return Grant("table", tuple(f"dynamodb:{operation}" for operation in operations))


def on_tokens(*providers: str, read: bool = True) -> tuple[Grant, ...]:
    """Return the grants to write, and to ``read``, the tokens of accounts at these providers; all unless told."""
    actions = ("kms:Decrypt", "kms:GenerateDataKey") if read else ("kms:GenerateDataKey",)
    return tuple(Grant(f"{TOKENS_KEY}{provider}", actions) for provider in providers or PROVIDERS)


@dataclass(frozen=True, slots=True)
class Queue:
    """An SQS queue with its dead-letter queue; times in seconds. An alarm tells of messages older than ``max_age``.

    A ``fifo`` queue hands over the messages of a group in order, one at a time.
    """

    name: str
    visibility_timeout: int
    max_receive_count: int = 5
    max_age: int = 300
    fifo: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda function: ``name`` is its folder under functions/. Memory in MB, timeout in seconds.

    ``schedule`` is an EventBridge Scheduler expression, in UTC: ``rate(5 minutes)``.
    """

    name: str
    description: str
    memory: int
    timeout: int
    routes: tuple[Route, ...] = ()
    consumes: str | None = None
    batch_size: int = 10
    schedule: str | None = None
    grants: tuple[Grant, ...] = ()
    secrets: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ("core",)
    cache: bool = False
    snap_start: bool = False

    @property
    def is_webhook(self) -> bool:
        """Whether providers call it with their notifications."""
        return any(route.path.startswith("/api/v1/webhooks/") for route in self.routes)


AUDIT = Queue("audit", visibility_timeout=180)
# A proof may take minutes; AWS wants six times the consumer's timeout before a message is seen again.
PROOFS = Queue("proofs", visibility_timeout=1800, max_receive_count=3, max_age=900)
# Longer than a worker's lease on an effect, which outlasts the worker.
EFFECTS = Queue("effects", visibility_timeout=1320, max_age=2700)
# Six times the timeout of the worker; what is released again after ten minutes is delivered once all the same.
NOTIFICATIONS = Queue("notifications", visibility_timeout=1320)
# A workspace is read page by page; the first time for minutes.
NOTES = Queue("notes", visibility_timeout=1800, max_age=1800)
# A mailbox that cannot be read is left to the next reconciliation after three quarters of an hour.
MAILBOXES = Queue("mailboxes", visibility_timeout=720, max_receive_count=4, max_age=900, fifo=True)
QUEUES = (AUDIT, PROOFS, EFFECTS, NOTIFICATIONS, NOTES, MAILBOXES)

# One for the registrations at all providers: a secret costs by the month.
SECRETS = ("claude-api-key", "pinecone-api-key", "oauth-clients")

# From 1,769 MB on a function has a whole CPU.
FULL_CPU = 1792

SEND_AUDIT = Grant("queue:audit", ("sqs:SendMessage",))
SEND_NOTIFICATIONS = Grant("queue:notifications", ("sqs:SendMessage",))

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
        "understand_wishes",
        "Read wishes about a week in words as constraints",
        # A plan waits for it four seconds, of which the import of Claude's SDK takes one on a whole CPU.
        memory=FULL_CPU,
        timeout=29,
        routes=(Route("POST", "/api/v1/calendar/wishes"),),
        grants=(on_table("GetItem", "PutItem", "Query", "UpdateItem"),),
        secrets=("claude-api-key",),
        dependencies=("core", "cache", "claude"),
        cache=True,
    ),
    Function(
        "optimize_calendar",
        "Plan a week with the fewest changes; show, explain and check plans",
        memory=FULL_CPU,
        timeout=29,
        routes=(
            Route("POST", "/api/v1/calendar/optimize"),
            Route("GET", "/api/v1/calendar/plans/{plan_id}"),
            Route("GET", "/api/v1/calendar/plans/{plan_id}/suggestions/{number}/why"),
            Route("POST", "/api/v1/calendar/plans/{plan_id}/accept"),
        ),
        grants=(
            on_table("BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
            Grant("queue:proofs", ("sqs:SendMessage",)),
            # Beside the solver there is no room for Claude's SDK.
            Grant("function:understand_wishes", ("lambda:InvokeFunction",)),
        ),
        dependencies=("core", "cache", "solver"),
        cache=True,
        snap_start=True,
    ),
    Function(
        "summarize_plan",
        "Say a calendar plan in a few plain sentences",
        memory=FULL_CPU,
        timeout=29,
        routes=(Route("GET", "/api/v1/calendar/plans/{plan_id}/summary"),),
        grants=(on_table("GetItem", "PutItem", "Query", "UpdateItem"),),
        secrets=("claude-api-key",),
        dependencies=("core", "cache", "claude"),
        cache=True,
    ),
    Function(
        "prove_calendar_plan",
        "Prove kept calendar plans best, or better them",
        memory=FULL_CPU,
        timeout=300,
        consumes="proofs",
        batch_size=1,
        grants=(
            on_table("GetItem", "PutItem"),
            SEND_AUDIT,
        ),
        dependencies=("core", "solver"),
    ),
    Function(
        "optimize_team",
        "Plan several people's calendars together",
        memory=FULL_CPU,
        timeout=29,
        routes=(Route("POST", "/api/v1/calendar/team/optimize"),),
        grants=(on_table("PutItem", "Query", "UpdateItem"),),
        dependencies=("core", "cache", "solver"),
        cache=True,
    ),
    Function(
        "find_availability",
        "Find times at which a meeting suits everybody",
        memory=1024,
        timeout=15,
        routes=(Route("POST", "/api/v1/calendar/availability"),),
        grants=(on_table("GetItem", "PutItem", "Query", "UpdateItem"),),
        dependencies=("core", "cache"),
        cache=True,
    ),
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
        "prioritize_tasks",
        "Rank tasks by urgency and importance, and plan them into free time",
        memory=1024,
        timeout=29,
        routes=(Route("POST", "/api/v1/tasks/prioritize"),),
        grants=(
            on_table("GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        secrets=("claude-api-key",),
        dependencies=("core", "cache", "triage", "claude"),
        cache=True,
    ),
    Function(
        "manage_tasks",
        "Keep, list, change and complete tasks",
        memory=512,
        timeout=24,
        routes=(
            Route("GET", "/api/v1/tasks"),
            Route("POST", "/api/v1/tasks"),
            Route("GET", "/api/v1/tasks/{task_id}"),
            Route("PATCH", "/api/v1/tasks/{task_id}"),
            Route("DELETE", "/api/v1/tasks/{task_id}"),
        ),
        grants=(
            on_table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        dependencies=("core", "cache"),
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
        "Send notifications, digests and daily briefings",
        memory=1024,
        timeout=220,
        consumes="notifications",
        batch_size=1,
        grants=(
            on_table("BatchGetItem", "BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_NOTIFICATIONS,
            *on_tokens("google", "slack"),
        ),
        secrets=("oauth-clients",),
        dependencies=("core", "google", "slack"),
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
        grants=(on_table("PutItem", "Query", "UpdateItem"),),
        dependencies=("core", "cache"),
        cache=True,
    ),
    Function(
        "manage_effects",
        "Show, approve, reject, undo and verify actions in connected accounts",
        memory=512,
        timeout=29,
        routes=(
            Route("GET", "/api/v1/users/{user_id}/effects"),
            Route("GET", "/api/v1/users/{user_id}/effects/verify"),
            Route("POST", "/api/v1/users/{user_id}/effects/undo"),
            Route("GET", "/api/v1/users/{user_id}/effects/{effect_id}"),
            Route("POST", "/api/v1/users/{user_id}/effects/{effect_id}/approve"),
            Route("POST", "/api/v1/users/{user_id}/effects/{effect_id}/reject"),
        ),
        grants=(
            on_table("BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
            Grant("queue:effects", ("sqs:SendMessage",)),
        ),
        dependencies=("core", "cache"),
        cache=True,
    ),
    Function(
        "manage_task_sources",
        "Choose the data source in Notion with the user's tasks",
        memory=1024,
        timeout=29,
        routes=(
            Route("GET", "/api/v1/users/{user_id}/connections/{connection_id}/data-sources"),
            Route("GET", "/api/v1/users/{user_id}/connections/{connection_id}/task-source"),
            Route("PUT", "/api/v1/users/{user_id}/connections/{connection_id}/task-source"),
            Route("DELETE", "/api/v1/users/{user_id}/connections/{connection_id}/task-source"),
        ),
        grants=(
            on_table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            Grant("queue:notes", ("sqs:SendMessage",)),
            *on_tokens("notion"),
        ),
        secrets=("oauth-clients",),
        dependencies=("core", "cache", "notion"),
        cache=True,
    ),
    Function(
        "receive_notion_event",
        "Take Notion's notifications of changed pages",
        memory=512,
        timeout=20,
        routes=(Route("POST", "/api/v1/webhooks/notion", public=True),),
        grants=(
            on_table("GetItem", "PutItem"),
            Grant("queue:notes", ("sqs:SendMessage",)),
        ),
    ),
    Function(
        "sync_notion",
        "Read what changed in Notion, and write statuses of tasks there",
        memory=1024,
        timeout=300,
        consumes="notes",
        batch_size=1,
        grants=(
            on_table("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            *on_tokens("notion"),
            SEND_NOTIFICATIONS,
        ),
        secrets=("oauth-clients",),
        dependencies=("core", "notion"),
    ),
    Function(
        "reconcile_notion",
        "Have connected workspaces in Notion read",
        memory=1024,
        timeout=60,
        schedule="rate(15 minutes)",
        grants=(
            on_table("BatchGetItem", "Query"),
            Grant("queue:notes", ("sqs:SendMessage",)),
        ),
    ),
    Function(
        "manage_connections",
        "Open accounts at providers, list and disconnect them",
        memory=512,
        timeout=29,
        routes=(
            Route("GET", "/api/v1/users/{user_id}/connections"),
            Route("POST", "/api/v1/users/{user_id}/connections/{provider}"),
            Route("DELETE", "/api/v1/users/{user_id}/connections/{provider}/{connection_id}"),
        ),
        grants=(
            on_table("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            *on_tokens(),
            SEND_AUDIT,
        ),
        secrets=("oauth-clients",),
        dependencies=("core", "cache", "tokens"),
        cache=True,
    ),
    Function(
        "complete_connection",
        "Take a consent that a provider sends a user back with",
        memory=512,
        timeout=29,
        routes=(Route("GET", "/api/v1/connections/{provider}/callback", public=True),),
        grants=(
            on_table("DeleteItem", "GetItem", "PutItem", "UpdateItem"),
            # It keeps tokens, and cannot read any.
            *on_tokens(read=False),
            SEND_AUDIT,
        ),
        secrets=("oauth-clients",),
        dependencies=("core", "tokens"),
    ),
    Function(
        "execute_effects",
        "Do and undo actions in connected accounts",
        memory=512,
        timeout=220,
        consumes="effects",
        # One that has to wait returns to the queue alone.
        batch_size=1,
        grants=(
            on_table("BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_NOTIFICATIONS,
            *on_tokens("google"),
        ),
        secrets=("oauth-clients",),
        dependencies=("core", "google"),
    ),
    Function(
        "manage_preferences",
        "Read, replace and patch a user's preferences",
        memory=512,
        timeout=10,
        routes=(
            Route("GET", "/api/v1/users/{user_id}/preferences"),
            Route("PUT", "/api/v1/users/{user_id}/preferences"),
            Route("PATCH", "/api/v1/users/{user_id}/preferences"),
        ),
        grants=(
            on_table("GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        dependencies=("core", "cache"),
        cache=True,
        snap_start=True,
    ),
    Function(
        "manage_memory",
        "Search, list, add, correct and approve what is remembered",
        memory=1024,
        timeout=29,
        routes=(
            Route("GET", "/api/v1/users/{user_id}/memories"),
            Route("POST", "/api/v1/users/{user_id}/memories"),
            Route("GET", "/api/v1/users/{user_id}/memories/{memory_id}"),
            Route("PATCH", "/api/v1/users/{user_id}/memories/{memory_id}"),
            Route("POST", "/api/v1/users/{user_id}/memories/{memory_id}/approve"),
        ),
        grants=(
            on_table("BatchGetItem", "BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        secrets=("pinecone-api-key",),
        dependencies=("core", "cache", "memory"),
        cache=True,
    ),
    Function(
        "forget_memory",
        "Forget memories: one, those of a source, those with a person",
        memory=1024,
        timeout=29,
        routes=(
            Route("DELETE", "/api/v1/users/{user_id}/memories"),
            Route("DELETE", "/api/v1/users/{user_id}/memories/{memory_id}"),
        ),
        grants=(
            on_table("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        secrets=("pinecone-api-key",),
        dependencies=("core", "cache", "memory"),
        cache=True,
    ),
    Function(
        "manage_learned",
        "Show what was learned about the user's mail, and forget some of it",
        memory=512,
        timeout=15,
        routes=(
            Route("GET", "/api/v1/users/{user_id}/learned"),
            Route("DELETE", "/api/v1/users/{user_id}/learned/{learned_id}"),
        ),
        grants=(
            on_table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
        ),
        dependencies=("core", "cache"),
        cache=True,
    ),
    Function(
        "report_usage",
        "Tell a user what Claude did for them and what it cost",
        memory=512,
        timeout=15,
        routes=(Route("GET", "/api/v1/users/{user_id}/usage"),),
        grants=(on_table("PutItem", "Query", "UpdateItem"),),
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
    Function(
        "receive_gmail_push",
        "Take Gmail's notifications of new mail",
        memory=512,
        timeout=20,
        routes=(Route("POST", "/api/v1/webhooks/gmail", public=True),),
        grants=(on_table("BatchGetItem", "Query"), Grant("queue:mailboxes", ("sqs:SendMessage",))),
        dependencies=("core", "webhook"),
    ),
    Function(
        "sync_mailbox",
        "Decide about the mails that arrived in a connected mailbox",
        memory=1024,
        timeout=120,
        consumes="mailboxes",
        batch_size=1,
        grants=(
            on_table("BatchGetItem", "BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
            SEND_NOTIFICATIONS,
            Grant("queue:effects", ("sqs:SendMessage",)),
            Grant("queue:mailboxes", ("sqs:SendMessage",)),
            *on_tokens("google"),
        ),
        secrets=("claude-api-key", "oauth-clients"),
        dependencies=("core", "triage", "claude", "google"),
    ),
    Function(
        "reconcile_mailboxes",
        "Find the mails that no notification told of",
        memory=1024,
        timeout=240,
        schedule="rate(10 minutes)",
        grants=(
            on_table("BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            Grant("queue:mailboxes", ("sqs:SendMessage",)),
            *on_tokens("google"),
        ),
        secrets=("oauth-clients",),
        dependencies=("core", "google"),
    ),
    Function(
        "renew_mailbox_watches",
        "Keep providers notifying of new mail",
        memory=1024,
        timeout=240,
        schedule="rate(12 hours)",
        grants=(
            on_table("BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            *on_tokens("google"),
        ),
        secrets=("oauth-clients",),
        dependencies=("core", "google"),
    ),
    Function(
        "record_audit",
        "Write audit events to the append-only trail",
        memory=256,
        timeout=30,
        consumes="audit",
        grants=(on_table("PutItem"),),
    ),
    Function(
        "check_health",
        "Probe every dependency",
        memory=512,
        timeout=10,
        routes=(Route("GET", "/health", public=True),),
        grants=(
            on_table("GetItem"),
            Grant("queue:audit", ("sqs:GetQueueAttributes",)),
        ),
        secrets=("claude-api-key", "pinecone-api-key"),
        dependencies=("core", "cache"),
        cache=True,
    ),
    Function(
        "export_metrics",
        "Prometheus text from the recorded metrics",
        memory=256,
        timeout=15,
        routes=(Route("GET", "/metrics"),),
        grants=(Grant("*", ("cloudwatch:GetMetricData", "cloudwatch:ListMetrics")),),
        dependencies=("core", "metrics"),
    ),
    Function(
        "serve_docs",
        "Swagger UI and the OpenAPI document of all functions; answers unknown routes",
        memory=512,
        timeout=10,
        routes=(
            Route("GET", "/docs", public=True),
            Route("GET", "/openapi.json", public=True),
            Route("ANY", "$default", public=True),
        ),
    ),
)
