"""What is due, by time: a partition for each day in UTC, so that a run reads two or three however much is planned."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, epoch, plain
from assistant.domain.notifications import Due

# What nobody did for this long is not done any more.
LATE: Final = timedelta(days=2)
_KEPT_FOR: Final = timedelta(days=4)
_AT: Final = "AT#"


class DynamoDueIndex:
    """Implements ``ports.DueIndex``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def plan(self, due: Due, *, taken_until: datetime | None = None) -> None:
        """Add the place unless it is there."""
        taken = {"taken_until": epoch(taken_until) if taken_until else None}
        self._table.transact([self._table.put(due_item(due) | taken, "attribute_not_exists(pk)")])

    def until(self, now: datetime, *, limit: int) -> Sequence[Due]:
        """Return free places, the oldest first."""
        found: list[Due] = []
        for day in _days(now - LATE, now):
            items = self._table.query(_partition(day), _AT, through=_AT + _stamp(now), consistent=True)
            places = (plain(item) for item in items)
            found += [Due.model_validate(one) for one in places if one.get("taken_until", 0) <= epoch(now)]
            if len(found) >= limit:
                break
        return found[:limit]

    def claim(self, due: Due, *, now: datetime, until: datetime) -> bool:
        """Write until when the place is taken, if nobody has it."""
        return self._table.take(_key(due), now=now, until=until, condition="attribute_exists(pk)")

    def done(self, due: Due) -> None:
        """Remove the place; one that is gone is no error."""
        self._table.batch_delete([(_key(due)["pk"], _key(due)["sk"])])


def due_item(due: Due) -> Item:
    """Return the item of a place that is free."""
    return _key(due) | due.model_dump(mode="json", exclude_defaults=True) | {EXPIRES_AT: epoch(due.at + _KEPT_FOR)}


def _days(since: datetime, until: datetime) -> Iterator[date]:
    day = since.astimezone(UTC).date()
    while day <= until.astimezone(UTC).date():
        yield day
        day += timedelta(days=1)


def _stamp(moment: datetime) -> str:
    # "~" sorts after every digit: what is due in this second is within.
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}~"


def _partition(day: date) -> str:
    return f"TELL#{day.isoformat()}"


def _key(due: Due) -> Item:
    at = due.at.astimezone(UTC)
    place = f"{at:%Y-%m-%dT%H:%M:%S}#{due.user_id}#{due.kind}#{due.subject}"
    return {"pk": _partition(at.date()), "sk": _AT + place}
