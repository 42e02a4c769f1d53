"""Whose turn it is among accounts, on DynamoDB: an item for each kind of run and provider."""

from assistant.adapters.aws import unavailable
from assistant.adapters.dynamo import Item, Table, attributes
from assistant.domain.account_round import AccountRound


class DynamoAccountRounds:
    """Implements ``ports.AccountRounds``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, name: str) -> AccountRound:
        """Return the round, read consistently."""
        item = self._table.get(**_key(name), consistent=True)
        return AccountRound.model_validate_json(item["round"]) if item else AccountRound()

    def keep(self, name: str, kept: AccountRound) -> None:
        """Write the item, whatever it was: one run is under way at a time."""
        item: Item = _key(name) | {"round": kept.model_dump_json()}
        with unavailable("dynamodb"):
            self._table.client.put_item(TableName=self._table.name, Item=attributes(item))


def _key(name: str) -> dict[str, str]:
    return {"pk": "ROUNDS", "sk": name}
