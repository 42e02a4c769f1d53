"""What Claude costs on DynamoDB: money put aside and spent by day, and usage by user, day, task and model."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, get_args

from botocore.exceptions import ClientError

from assistant.adapters.aws import unavailable
from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, attempts, attributes, epoch, plain, user_partition
from assistant.domain.errors import Unavailable
from assistant.domain.llm import LlmTask, TokenUsage
from assistant.domain.spending import Cap, DailyCaps, Reservation, Usage, UsageOfDay

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_EVERYONE = "SPENDING"
_SPENDING = "SPENDING#"
_USAGE = "USAGE#"
_SETTLED = "SETTLED#"
_KEPT = timedelta(days=400)
# A reservation that is settled later than this was given up long before.
_SETTLED_KEPT = timedelta(days=3)
_TOKENS = tuple(field.name for field in fields(TokenUsage))
_CONDITION = "ConditionalCheckFailed"
_RETRIED = frozenset({_CONDITION, "TransactionConflict", "ThrottlingError"})
_CAPS: tuple[Cap, ...] = get_args(Cap.__value__)


class DynamoSpending:
    """Implements ``ports.Spending``: each reservation, and each settlement, is one transaction."""

    def __init__(self, table: Table, caps: DailyCaps) -> None:
        self._table = table
        self._caps: Mapping[Cap, int] = {"user": caps.user, "everyone": caps.everyone}

    def reserve(self, user_id: str, day: date, *, calls: int, nanodollars_each: int) -> Reservation:
        """Put money aside for as many of the calls as fit under the caps of the user and of everyone."""
        committed: Mapping[Cap, int] = dict.fromkeys(_CAPS, 0)
        for _ in attempts():
            granted, capped = self._granted(calls, committed, nanodollars_each)
            reservation = Reservation(user_id, day, granted, granted * nanodollars_each, capped)
            codes = self._transact([self._commit(reservation, cap) for cap in _CAPS]) if granted else ()
            if not codes:
                return reservation
            if _CONDITION in codes:
                committed = {cap: self._committed(reservation, cap) for cap in _CAPS}
        raise Unavailable("The store is busy. Please try again shortly.")

    def settle(self, reservation: Reservation, usages: Sequence[Usage]) -> None:
        """Replace what was put aside by what was spent, and add the usages to the user's day; a second time nothing."""
        difference = sum(usage.nanodollars for usage in usages) - reservation.nanodollars
        writes = [
            self._mark_settled(reservation),
            *(self._add(reservation, cap, difference) for cap in _CAPS),
            *(self._add_usage(reservation, usage) for usage in usages),
        ]
        for _ in attempts():
            codes = self._transact(writes)
            if not codes or _CONDITION in codes:
                return
        raise Unavailable("The store is busy. Please try again shortly.")

    def usage(self, user_id: str, *, since: date, until: date) -> Sequence[UsageOfDay]:
        """Return the days with usage from ``since`` to ``until``, both included, oldest first."""
        with unavailable("dynamodb"):
            pages = self._table.client.get_paginator("query").paginate(
                TableName=self._table.name,
                KeyConditionExpression="pk = :user AND sk BETWEEN :since AND :until",
                ExpressionAttributeValues=attributes(
                    {":user": user_partition(user_id), ":since": f"{_USAGE}{since}", ":until": f"{_USAGE}{until}$"}
                ),
            )
            items = [plain(item) for page in pages for item in page["Items"]]
        days: defaultdict[date, list[Usage]] = defaultdict(list)
        for item in items:
            days[date.fromisoformat(item["day"])].append(_usage(item))
        return [UsageOfDay(day, tuple(usages)) for day, usages in sorted(days.items())]

    def _granted(self, calls: int, committed: Mapping[Cap, int], each: int) -> tuple[int, Cap | None]:
        """Return how many calls fit beside what is committed, and the cap that held back the others."""
        fitting: dict[Cap, int] = {cap: max(0, self._caps[cap] - committed[cap]) // each for cap in _CAPS}
        tightest = min(_CAPS, key=fitting.__getitem__)
        return (calls, None) if calls <= fitting[tightest] else (fitting[tightest], tightest)

    def _transact(self, writes: "Sequence[TransactWriteItemTypeDef]") -> Sequence[str]:
        """Write all or nothing; return why each write was refused, nothing when all are done."""
        with unavailable("dynamodb"):
            try:
                self._table.client.transact_write_items(TransactItems=writes)
            except ClientError as error:
                codes = [reason.get("Code", "") for reason in error.response.get("CancellationReasons", [])]
                if _RETRIED.isdisjoint(codes):
                    raise
                return codes
        return ()

    def _committed(self, reservation: Reservation, cap: Cap) -> int:
        item = self._table.get(*_key(reservation, cap), consistent=True)
        return int(item["committed"]) if item else 0

    def _commit(self, reservation: Reservation, cap: Cap) -> "TransactWriteItemTypeDef":
        write = self._add(reservation, cap, reservation.nanodollars)
        update = write["Update"]
        update["ConditionExpression"] = "attribute_not_exists(#committed) OR #committed <= :room"
        room = attributes({":room": self._caps[cap] - reservation.nanodollars})
        update["ExpressionAttributeValues"] = {**update.get("ExpressionAttributeValues", {}), **room}
        return write

    def _add(self, reservation: Reservation, cap: Cap, nanodollars: int) -> "TransactWriteItemTypeDef":
        pk, sk = _key(reservation, cap)
        return self._update(pk, sk, {"committed": nanodollars}, {EXPIRES_AT: _end(reservation.day, _KEPT)})

    def _add_usage(self, reservation: Reservation, usage: Usage) -> "TransactWriteItemTypeDef":
        day = reservation.day.isoformat()
        return self._update(
            user_partition(reservation.user_id),
            f"{_USAGE}{day}#{usage.task.value}#{usage.model}",
            {"calls": usage.calls, "nanodollars": usage.nanodollars, **asdict(usage.tokens)},
            {"day": day, "task": usage.task.value, "model": usage.model, EXPIRES_AT: _end(reservation.day, _KEPT)},
        )

    def _mark_settled(self, reservation: Reservation) -> "TransactWriteItemTypeDef":
        item = {
            "pk": user_partition(reservation.user_id),
            "sk": f"{_SETTLED}{reservation.id}",
            EXPIRES_AT: _end(reservation.day, _SETTLED_KEPT),
        }
        return {
            "Put": {
                "TableName": self._table.name,
                "Item": attributes(item),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }

    def _update(
        self, pk: str, sk: str, added: Mapping[str, int], stated: Mapping[str, str | int]
    ) -> "TransactWriteItemTypeDef":
        """Return an update that adds numbers and sets what is the same each time."""
        names = {f"#{name}": name for name in (*added, *stated)}
        values = {f":{name}": value for name, value in {**added, **stated}.items()}
        sums = ", ".join(f"#{name} :{name}" for name in added)
        facts = ", ".join(f"#{name} = :{name}" for name in stated)
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": attributes({"pk": pk, "sk": sk}),
                "UpdateExpression": f"SET {facts} ADD {sums}",
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": attributes(values),
            }
        }


def _key(reservation: Reservation, cap: Cap) -> tuple[str, str]:
    day = reservation.day.isoformat()
    return (user_partition(reservation.user_id), f"{_SPENDING}{day}") if cap == "user" else (_EVERYONE, day)


def _end(day: date, kept: timedelta) -> int:
    return epoch(datetime.combine(day, time(), UTC) + kept)


def _usage(item: Item) -> Usage:
    tokens = TokenUsage(**{name: int(item[name]) for name in _TOKENS})
    return Usage(LlmTask(item["task"]), item["model"], int(item["calls"]), tokens, int(item["nanodollars"]))
