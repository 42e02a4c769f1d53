"""Tokens of connections on DynamoDB, sealed with the user and the provider as encryption context."""

import json
from datetime import datetime
from typing import Any

from assistant.adapters.aws import unavailable
from assistant.adapters.dynamo import Item, Table, attributes, epoch, user_partition, write_if
from assistant.adapters.kms_envelope import KmsEnvelope, Sealed
from assistant.domain.connections import Connection
from assistant.domain.tokens import KeptTokens, TokenSet
from assistant.ports.runtime import Clock

_PREFIX = "TOKENS#"
_SAME = "version = :version"


class DynamoTokenVault:
    """Implements ``ports.TokenVault``."""

    def __init__(self, table: Table, envelope: KmsEnvelope, clock: Clock) -> None:
        self._table = table
        self._envelope = envelope
        self._clock = clock

    def read(self, connection: Connection) -> KeptTokens | None:
        """Return the tokens, decrypted."""
        item = self._table.get(**tokens_key(connection), consistent=True)
        if item is None:
            return None
        sealed = Sealed(bytes(item["sealed"]), bytes(item["data_key"]))
        text = self._envelope.open(sealed, _context(connection), belongs_to=connection.id)
        return KeptTokens(_tokens(json.loads(text)), int(item["version"]))

    def put(self, connection: Connection, tokens: TokenSet) -> None:
        """Keep the tokens as the next version, whatever was kept before."""
        with unavailable("dynamodb"):
            self._update(
                connection,
                "SET sealed = :sealed, data_key = :key REMOVE leased_until ADD version :one",
                self._sealed(connection, tokens) | {":one": 1},
            )

    def lease(self, connection: Connection, *, version: int, until: datetime) -> bool:
        """Write until when the renewal is reserved."""
        answer = write_if(
            lambda: self._update(
                connection,
                "SET leased_until = :until",
                {":until": epoch(until), ":version": version, ":now": epoch(self._clock.now())},
                f"{_SAME} AND (attribute_not_exists(leased_until) OR leased_until <= :now)",
            )
        )
        return answer is not None

    def release(self, connection: Connection, *, version: int) -> None:
        """Remove the reservation."""
        write_if(lambda: self._update(connection, "REMOVE leased_until", {":version": version}, _SAME))

    def replace(self, connection: Connection, tokens: TokenSet, *, expected_version: int) -> bool:
        """Keep renewed tokens as the next version."""
        values = self._sealed(connection, tokens) | {":version": expected_version, ":next": expected_version + 1}
        answer = write_if(
            lambda: self._update(
                connection,
                "SET sealed = :sealed, data_key = :key, version = :next REMOVE leased_until",
                values,
                _SAME,
            )
        )
        return answer is not None

    def _sealed(self, connection: Connection, tokens: TokenSet) -> Item:
        text = json.dumps(
            {
                "access": tokens.access,
                "refresh": tokens.refresh,
                "expires_at": tokens.expires_at and tokens.expires_at.isoformat(),
            }
        )
        sealed = self._envelope.seal(text.encode(), _context(connection), belongs_to=connection.id)
        return {":sealed": sealed.text, ":key": sealed.key}

    def _update(self, connection: Connection, change: str, values: Item, condition: str | None = None) -> object:
        expression: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        return self._table.client.update_item(
            TableName=self._table.name,
            Key=attributes(tokens_key(connection)),
            UpdateExpression=change,
            ExpressionAttributeValues=attributes(values),
            **expression,
        )


def tokens_key(connection: Connection) -> dict[str, str]:
    """Return the key of the item that holds a connection's tokens."""
    return {"pk": user_partition(connection.user_id), "sk": _PREFIX + connection.id}


def _context(connection: Connection) -> dict[str, str]:
    return {"user": connection.user_id, "provider": connection.provider.value}


def _tokens(document: dict[str, Any]) -> TokenSet:
    expires_at = document["expires_at"]
    return TokenSet(document["access"], document["refresh"], datetime.fromisoformat(expires_at) if expires_at else None)
