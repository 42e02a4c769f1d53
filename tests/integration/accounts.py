"""Accounts at fake providers, connected in the running assistant."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

from assistant.adapters.dynamo import Table
from assistant.adapters.dynamo_connections import DynamoConnections
from assistant.adapters.dynamo_tokens import DynamoTokenVault
from assistant.adapters.kms_envelope import KmsEnvelope
from assistant.domain.connections import Connection
from assistant.domain.mailbox_sync import MailboxSync, SyncReason
from assistant.domain.tokens import TokenSet
from assistant.runtime.clock import SystemClock
from tests.integration.assistant_process import Assistant


def function_environment(assistant: Assistant, function: str) -> Mapping[str, str]:
    """Return the environment of a deployed function."""
    listed = assistant.aws.lambda_.get_paginator("list_functions").paginate()
    (found,) = (one for page in listed for one in page["Functions"] if one["FunctionName"].endswith(f"-{function}"))
    return found["Environment"]["Variables"]


@contextmanager
def connected(assistant: Assistant, connection: Connection, token: str) -> Iterator[Table]:
    """Connect an account as a confirmed consent leaves it, and disconnect it; yield the assistant's table."""
    environment = function_environment(assistant, "execute_effects")
    table, clock = Table(environment["TABLE_NAME"], assistant.aws.dynamodb), SystemClock()
    vault = DynamoTokenVault(table, KmsEnvelope(environment["TOKENS_KEY_ARN"], assistant.aws.kms), clock)
    vault.put(connection, TokenSet(token, "refresh-1", clock.now() + timedelta(hours=1)))
    DynamoConnections(table).replace(connection, expected_version=0)
    try:
        yield table
    finally:
        DynamoConnections(table).delete(connection)


def to_look_at(connection: Connection, reason: SyncReason) -> MailboxSync:
    """Return the wish that an account's mailbox or calendar be looked at."""
    return MailboxSync(
        id=uuid4().hex,
        user_id=connection.user_id,
        connection_id=connection.id,
        reason=reason,
        noticed_at=SystemClock().now(),
    )
