"""What a row of the manifest says: routes, grants, queues, functions."""

from dataclasses import dataclass
from typing import Literal

TOKENS_KEY = "key:"

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


# Whether a caller is a delegate, and where there is no cache the limits of callers and who is active.
DELEGATIONS = on_table("GetItem")
LIMITS = on_table("PutItem", "Query", "UpdateItem")


@dataclass(frozen=True, slots=True)
class Queue:
    """An SQS queue with its dead-letter queue; times in seconds. An alarm tells of messages older than ``max_age``.

    A message that fails comes again three times before the visibility timeout is over (``assistant.runtime.sqs``).

    A ``fifo`` queue hands over the messages of a group in order, one at a time.
    """

    name: str
    visibility_timeout: int
    max_receive_count: int = 8
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

    def admission(self, *, cached: bool) -> tuple[Grant, ...]:
        """Return what admitting users takes beside ``grants``; functions that do use the cache where there is one."""
        if not self.cache or all(route.public for route in self.routes):
            return ()
        return (DELEGATIONS,) if cached else (DELEGATIONS, LIMITS)

    @property
    def is_webhook(self) -> bool:
        """Whether providers call it with their notifications."""
        return any(route.path.startswith("/api/v1/webhooks/") for route in self.routes)


# From 1,769 MB on a function has a whole CPU.
FULL_CPU = 1792
