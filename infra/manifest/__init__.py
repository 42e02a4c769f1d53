"""The functions of the product: triggers, grants, secrets, dependency sets, memory, timeout; a module for each subject.

The only place that says so: CDK, the layer builder, the local runner and the contract tests read it.
Standard library only.
"""

from infra.manifest import (
    calendar,
    chats,
    claude,
    connected_calendars,
    connections,
    delegations,
    effects,
    mail,
    meetings,
    memory,
    notes,
    notifications,
    operations,
    tasks,
)
from infra.manifest.queues import QUEUES
from infra.manifest.shapes import PROVIDERS, TOKENS_KEY, Function, Grant, Queue, Route

__all__ = ("FUNCTIONS", "PROVIDERS", "QUEUES", "SECRETS", "TOKENS_KEY", "Function", "Grant", "Queue", "Route")

# One for the registrations at all providers: a secret costs by the month.
SECRETS = ("claude-api-key", "pinecone-api-key", "oauth-clients")

FUNCTIONS = (
    *mail.FUNCTIONS,
    *calendar.FUNCTIONS,
    *connected_calendars.FUNCTIONS,
    *meetings.FUNCTIONS,
    *tasks.FUNCTIONS,
    *notes.FUNCTIONS,
    *effects.FUNCTIONS,
    *notifications.FUNCTIONS,
    *chats.FUNCTIONS,
    *connections.FUNCTIONS,
    *delegations.FUNCTIONS,
    *memory.FUNCTIONS,
    *claude.FUNCTIONS,
    *operations.FUNCTIONS,
)
