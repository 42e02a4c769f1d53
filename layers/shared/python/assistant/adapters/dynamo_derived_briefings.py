"""Kept briefings on DynamoDB by what they were made of, and the index of meetings to prepare that they lead back to.

Reads no more of a briefing than tells what it rests on.
"""

import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, epoch, plain, user_partition
from assistant.domain.meetings.basis import BriefingBasis
from assistant.ports.runtime import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

BRIEFING: Final = "BRIEFING#"
PLACE: Final = "AT#"
_PLACE_KEPT_FOR: Final = timedelta(days=1)
# A briefing takes up to 400 KB.
_AT_ONCE: Final = 25


class DynamoDerivedBriefings:
    """Implements ``ports.DerivedBriefings``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def forget(
        self, user_id: str, concerns: Callable[[BriefingBasis], bool], *, again: Callable[[BriefingBasis], bool]
    ) -> int:
        """Remove them page by page, each unless a newer one took its place."""
        return sum(self._forget(item, concerns, again) for item in self._items(user_id))

    def _forget(
        self, item: Item, concerns: Callable[[BriefingBasis], bool], again: Callable[[BriefingBasis], bool]
    ) -> bool:
        basis = _basis(item)
        # Nobody knows what one of another version of the product says, which is shown to nobody.
        if basis and not concerns(basis):
            return False
        if basis and again(basis) and basis.is_wanted(self._clock.now()) and self._replace_by_place(item, basis):
            return True
        return self._table.transact([self._removal(item)])

    def _replace_by_place(self, item: Item, basis: BriefingBasis) -> bool:
        """Put the meeting back into the index where it is not there already, with the removal in one transaction."""
        place = place_item(basis.user_id, basis.meeting_id, basis.version, basis.begins)
        return self._table.transact([self._removal(item), self._table.put(place, "attribute_not_exists(pk)")])

    def _items(self, user_id: str) -> Iterator[Item]:
        after = None
        while True:
            page = self._table.query(user_partition(user_id), BRIEFING, limit=_AT_ONCE, after=after, consistent=True)
            yield from map(plain, page)
            if len(page) < _AT_ONCE:
                return
            after = plain(page[-1])["sk"]

    def _removal(self, item: Item) -> "TransactWriteItemTypeDef":
        key = {name: item[name] for name in ("pk", "sk")}
        return self._table.delete(key, "version = :version", {":version": item["version"]})


def hour_partition(moment: datetime) -> str:
    """Return the partition of the index that holds the meetings of an hour in UTC."""
    return f"DUE#{moment.astimezone(UTC):%Y-%m-%dT%H}"


def place_key(user_id: str, meeting_id: str, begins: datetime) -> Item:
    """Return the key of a meeting's place in the index of those to prepare."""
    stamp = f"{begins.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
    return {"pk": hour_partition(begins), "sk": f"{PLACE}{stamp}#{user_id}#{meeting_id}"}


def place_item(user_id: str, meeting_id: str, version: int, begins: datetime) -> Item:
    """Return a version of a meeting as it stands in the index of those to prepare."""
    place = {"user_id": user_id, "meeting_id": meeting_id, "version": version, "begins": begins.isoformat()}
    return place_key(user_id, meeting_id, begins) | place | {EXPIRES_AT: epoch(begins + _PLACE_KEPT_FOR)}


def _basis(item: Item) -> BriefingBasis | None:
    try:
        return BriefingBasis.model_validate_json(zlib.decompress(bytes(item["briefing"])))
    except ValidationError:
        return None
