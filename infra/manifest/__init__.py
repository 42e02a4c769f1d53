"""The functions of the product: triggers, grants, secrets, dependency sets, memory, timeout; a module for each subject.

The only place that says so: CDK, the layer builder, the local runner and the contract tests read it. What it takes to
serve a provider is read from the manifest of those (``assistant/domain/providers.py``). Standard library only, both.
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
from infra.manifest.providers import groups_of
from infra.manifest.queues import QUEUES
from infra.manifest.shapes import TOKENS_KEY, Function, Grant, Queue, Route

__all__ = ("FUNCTIONS", "QUEUES", "SECRETS", "TOKENS_KEY", "Function", "Grant", "Queue", "Route", "groups_of")

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
