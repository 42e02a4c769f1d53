"""Effects and their ledger on DynamoDB.

An effect is a JSON document under its id; a second item, whose key sorts by time, points to it. Each change is written
in one transaction with its entry in the ledger and the ledger's new head, on condition that both are as they were read,
and with the places at which what it leaves open is settled.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from assistant.adapters.aws import unavailable
from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, attempts, attributes, epoch, plain, user_partition
from assistant.adapters.dynamo_due import due_item
from assistant.domain.effects.effect import EffectRecord, place_of
from assistant.domain.effects.ledger import EffectChange, LedgerEntry, LedgerHead, chained
from assistant.domain.effects.settling import to_be_settled
from assistant.domain.errors import Unavailable
from assistant.ports.effects import MOST_CHANGES
from assistant.ports.runtime import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_EFFECT = "EFFECT#"
_BY_TIME = "EFFECT_AT#"
_ENTRY = "LEDGER#"
_HEAD = "LEDGER_HEAD"
_DIGITS = 12
_READ_AT_ONCE = 500


class DynamoEffects:
    """Implements ``ports.effects.EffectStore``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def find(self, user_id: str, effect_ids: Collection[str]) -> Mapping[str, EffectRecord]:
        """Return the effects that are known and not expired, read consistently."""
        pk = user_partition(user_id)
        items = self._table.batch_get(((pk, _EFFECT + name) for name in set(effect_ids)), consistent=True)
        live = (item for item in items if item[EXPIRES_AT] > epoch(self._clock.now()))
        return {item["sk"].removeprefix(_EFFECT): EffectRecord.model_validate_json(item["document"]) for item in live}

    def commit(self, user_id: str, changes: Sequence[EffectChange]) -> bool:
        """Write the versions, their entries and the head in one transaction; again where another one moved the head."""
        if not changes:
            return True
        if len(changes) > MOST_CHANGES:
            raise ValueError("more changes than fit into a transaction")
        effects = [put for change in changes for put in self._effect_puts(user_id, change.record)]
        effects += [self._table.put(due_item(due)) for due in to_be_settled(changes)]
        for _ in attempts():
            head = self.head(user_id)
            entries = chained(head, user_id, changes)
            if self._table.transact([*effects, *self._ledger_puts(user_id, head, entries)]):
                return True
            if not self._are_previous(user_id, changes):
                return False
        raise Unavailable("The ledger is busy. Please try again shortly.")

    def page(
        self, user_id: str, *, before: str | None, since: datetime | None, run_id: str | None, limit: int
    ) -> Sequence[EffectRecord]:
        """Return effects in the order of the items that sort them by time."""
        places = self._places(user_id, before, since, run_id)
        found: list[EffectRecord] = []
        while chunk := list(islice(places, limit - len(found))):
            ids = [place.partition("-")[2] for place in chunk]
            records = self.find(user_id, ids)
            found += [records[name] for name in ids if name in records]
        return found

    def entries(self, user_id: str, *, after: int, limit: int) -> Sequence[LedgerEntry]:
        """Return entries that are not expired, by number."""
        return list(islice(self._entries(user_id, after, page=min(limit, _READ_AT_ONCE), newest_first=False), limit))

    def latest_entries(self, user_id: str) -> Iterator[LedgerEntry]:
        """Yield entries that are not expired, by number, from the end."""
        return self._entries(user_id, 0, page=_READ_AT_ONCE, newest_first=True)

    def head(self, user_id: str) -> LedgerHead:
        """Return the end of the ledger, read consistently."""
        item = self._table.get(user_partition(user_id), _HEAD, consistent=True)
        return LedgerHead.model_validate_json(item["document"]) if item else LedgerHead()

    def _are_previous(self, user_id: str, changes: Sequence[EffectChange]) -> bool:
        known = self.find(user_id, [change.record.id for change in changes])
        versions = {name: record.version for name, record in known.items()}
        return all(versions.get(change.record.id, 0) == change.record.version - 1 for change in changes)

    def _places(self, user_id: str, before: str | None, since: datetime | None, run_id: str | None) -> Iterator[str]:
        low = place_of(since) if since else ""
        items = self._range(user_id, _BY_TIME + low, _BY_TIME + (before or "~"), page=_READ_AT_ONCE, newest_first=True)
        for item in items:
            place = item["sk"].removeprefix(_BY_TIME)
            if place != before and run_id in (None, item["run_id"]):
                yield place

    def _entries(self, user_id: str, after: int, *, page: int, newest_first: bool) -> Iterator[LedgerEntry]:
        low, high = _entry_key(after + 1), _entry_key(10**_DIGITS - 1)
        for item in self._range(user_id, low, high, page=page, newest_first=newest_first):
            yield LedgerEntry.model_validate_json(item["document"])

    def _range(self, user_id: str, low: str, high: str, *, page: int, newest_first: bool) -> Iterator[Item]:
        """Yield the items between two sort keys that are not expired."""
        keys = {":pk": user_partition(user_id), ":low": low, ":high": high, ":now": epoch(self._clock.now())}
        with unavailable("dynamodb"):
            pages = self._table.client.get_paginator("query").paginate(
                TableName=self._table.name,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
                FilterExpression=f"{EXPIRES_AT} > :now",
                ExpressionAttributeValues=attributes(keys),
                ScanIndexForward=not newest_first,
                ConsistentRead=True,
                PaginationConfig={"PageSize": page},
            )
            for answer in pages:
                yield from map(plain, answer["Items"])

    def _effect_puts(self, user_id: str, record: EffectRecord) -> "Iterator[TransactWriteItemTypeDef]":
        expires = {EXPIRES_AT: epoch(record.expires_at)}
        item = {"version": record.version, "document": record.model_dump_json()} | expires
        key = _key(user_id, _EFFECT + record.id)
        if record.version > 1:
            yield self._table.put(key | item, "version = :expected", {":expected": record.version - 1})
            return
        unknown = f"attribute_not_exists(pk) OR {EXPIRES_AT} <= :now"
        yield self._table.put(key | item, unknown, {":now": epoch(self._clock.now())})
        yield self._table.put(
            _key(user_id, _BY_TIME + record.effect.place) | {"run_id": record.effect.origin.run_id} | expires
        )

    def _ledger_puts(
        self, user_id: str, head: LedgerHead, entries: Sequence[LedgerEntry]
    ) -> "Iterator[TransactWriteItemTypeDef]":
        for entry in entries:
            item = {"document": entry.model_dump_json(), EXPIRES_AT: epoch(entry.expires_at)}
            yield self._table.put(_key(user_id, _entry_key(entry.number)) | item, "attribute_not_exists(pk)")
        end = entries[-1].head
        item = {"entry": end.number, "document": end.model_dump_json()}
        if head.number:
            yield self._table.put(_key(user_id, _HEAD) | item, "entry = :entry", {":entry": head.number})
        else:
            yield self._table.put(_key(user_id, _HEAD) | item, "attribute_not_exists(pk)")


def _key(user_id: str, sort_key: str) -> Item:
    return {"pk": user_partition(user_id), "sk": sort_key}


def _entry_key(number: int) -> str:
    return f"{_ENTRY}{number:0{_DIGITS}d}"
