"""Consents that were asked for, on DynamoDB, by the hash of their state: who reads the table cannot use them."""

from hashlib import sha256

from assistant.adapters.aws import unavailable
from assistant.adapters.dynamo import EXPIRES_AT, Table, attributes, epoch, plain
from assistant.domain.tokens import PendingConsent
from assistant.ports.runtime import Clock

_SORT_KEY = "CONSENT"


class DynamoPendingConsents:
    """Implements ``ports.PendingConsents``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def keep(self, state: str, pending: PendingConsent) -> None:
        """Remember what the state stands for until it expires."""
        item = _key(state) | {"pending": pending.model_dump_json(), EXPIRES_AT: epoch(pending.expires_at)}
        with unavailable("dynamodb"):
            self._table.client.put_item(TableName=self._table.name, Item=attributes(item))

    def take(self, state: str) -> PendingConsent | None:
        """Remove what the state stands for, and return it unless it is expired."""
        with unavailable("dynamodb"):
            answer = self._table.client.delete_item(
                TableName=self._table.name, Key=attributes(_key(state)), ReturnValues="ALL_OLD"
            )
        if not answer.get("Attributes"):
            return None
        pending = PendingConsent.model_validate_json(plain(answer["Attributes"])["pending"])
        return pending if pending.expires_at > self._clock.now() else None


def _key(state: str) -> dict[str, str]:
    return {"pk": f"CONSENT#{sha256(state.encode()).hexdigest()}", "sk": _SORT_KEY}
