"""Consents that wait to be confirmed, on DynamoDB, in the partition of who asked, by the hash of their code.

All of them is sealed, with the user and the provider as encryption context as tokens are; TTL removes what stays.
"""

from hashlib import sha256
from typing import Any, Final

from pydantic import TypeAdapter

from assistant.adapters.aws import unavailable
from assistant.adapters.dynamo import EXPIRES_AT, Table, attributes, epoch, plain, user_partition
from assistant.adapters.kms_envelope import KmsEnvelope, Sealed
from assistant.domain.tokens import GivenConsent
from assistant.ports.runtime import Clock

_GIVEN: Final = TypeAdapter(GivenConsent)


class DynamoGivenConsents:
    """Implements ``ports.GivenConsents``."""

    def __init__(self, table: Table, envelope: KmsEnvelope, clock: Clock) -> None:
        self._table = table
        self._envelope = envelope
        self._clock = clock

    def keep(self, code: str, given: GivenConsent) -> None:
        """Seal what the code stands for, and keep it until it expires."""
        user_id, provider = given.connection.user_id, given.connection.provider.value
        key = _key(user_id, code)
        sealed = self._envelope.seal(_GIVEN.dump_json(given), _context(user_id, provider), belongs_to=key["sk"])
        item = key | {"provider": provider, "sealed": sealed.text, "data_key": sealed.key}
        with unavailable("dynamodb"):
            self._table.client.put_item(
                TableName=self._table.name, Item=attributes(item | {EXPIRES_AT: epoch(given.expires_at)})
            )

    def take(self, user_id: str, code: str) -> GivenConsent | None:
        """Remove what the code stands for, and open it unless it is expired."""
        key = _key(user_id, code)
        with unavailable("dynamodb"):
            answer = self._table.client.delete_item(
                TableName=self._table.name, Key=attributes(key), ReturnValues="ALL_OLD"
            )
        if not answer.get("Attributes"):
            return None
        item: dict[str, Any] = plain(answer["Attributes"])
        sealed = Sealed(bytes(item["sealed"]), bytes(item["data_key"]))
        text = self._envelope.open(sealed, _context(user_id, item["provider"]), belongs_to=key["sk"])
        given = _GIVEN.validate_json(text)
        return given if given.expires_at > self._clock.now() else None


def _key(user_id: str, code: str) -> dict[str, str]:
    return {"pk": user_partition(user_id), "sk": f"GIVEN#{sha256(code.encode()).hexdigest()}"}


def _context(user_id: str, provider: str) -> dict[str, str]:
    return {"user": user_id, "provider": provider}
