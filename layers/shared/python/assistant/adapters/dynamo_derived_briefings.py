"""Kept briefings on DynamoDB by what they were made of; reads no more of them than tells that."""

import zlib
from collections.abc import Callable, Iterator
from typing import Final

from pydantic import ValidationError

from assistant.adapters.dynamo import Item, Table, plain, user_partition
from assistant.domain.meetings.basis import BriefingBasis

BRIEFING: Final = "BRIEFING#"
# A briefing takes up to 400 KB.
_AT_ONCE: Final = 25


class DynamoDerivedBriefings:
    """Implements ``ports.DerivedBriefings``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def forget(self, user_id: str, concerns: Callable[[BriefingBasis], bool]) -> int:
        """Remove them page by page, each unless a newer one took its place."""
        return sum(self._remove(item) for item in self._items(user_id) if _goes(item, concerns))

    def _items(self, user_id: str) -> Iterator[Item]:
        after = None
        while True:
            page = self._table.query(user_partition(user_id), BRIEFING, limit=_AT_ONCE, after=after, consistent=True)
            yield from map(plain, page)
            if len(page) < _AT_ONCE:
                return
            after = plain(page[-1])["sk"]

    def _remove(self, item: Item) -> bool:
        key = {name: item[name] for name in ("pk", "sk")}
        return self._table.transact([self._table.delete(key, "version = :version", {":version": item["version"]})])


def _goes(item: Item, concerns: Callable[[BriefingBasis], bool]) -> bool:
    try:
        return concerns(BriefingBasis.model_validate_json(zlib.decompress(bytes(item["briefing"]))))
    except ValidationError:
        # Of another version of the product, which shows it to nobody; what it says is not known.
        return True
