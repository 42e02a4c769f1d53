"""Events of connected calendars on DynamoDB, and how far each calendar was read.

One item for each event, compressed (577 bytes with five attendees), beside the place of its calendar, so that one
query reads all calendars of a user: 600 events of 75 days are 350 KB, 43 read units, and those of the asked time are
told from the others before any of them is unpacked. An item goes by itself some weeks after its event.
"""

import logging
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, epoch, plain, user_partition
from assistant.adapters.dynamo_mailboxes import DynamoPlaces
from assistant.domain.calendar.connected import ConnectedEvent, touches
from assistant.domain.calendar.kept import (
    BACK,
    CalendarPlace,
    KeptCalendar,
    KeptEvent,
    KnownEvent,
    in_order,
    without_texts,
)
from assistant.domain.connections import Connection

logger = logging.getLogger(__name__)

_CALENDAR: Final = "CALENDAR#"
_EVENT: Final = "#EVENT#"
# A day has parts of three dates in UTC, wherever it is looked at from.
_A_DAY: Final = timedelta(days=1)
_DOCUMENT: Final = TypeAdapter(ConnectedEvent)


class DynamoCalendarPlaces(DynamoPlaces[CalendarPlace]):
    """Implements ``ports.CalendarPlaces``."""

    _kind = CalendarPlace
    _prefix = _CALENDAR


class DynamoKeptEvents:
    """Implements ``ports.KeptEvents``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def known(self, user_id: str, connection_id: str) -> Mapping[str, KnownEvent]:
        """Return what tells kept events apart, by a query of the connection's."""
        items = map(plain, self._items(user_id, connection_id + _EVENT, consistent=True))
        return {item["event_id"]: KnownEvent(item["version"], int(item["generation"])) for item in items}

    def keep(self, connection: Connection, events: Sequence[ConnectedEvent], *, generation: int) -> None:
        """Write all of them in batches."""
        self._table.batch_put([_item(connection, one, generation) for one in events])

    def remove(self, connection: Connection, event_ids: Collection[str]) -> None:
        """Remove them in batches."""
        partition = user_partition(connection.user_id)
        self._table.batch_delete((partition, _event_key(connection.id, one)) for one in event_ids)

    def forget(self, user_id: str, connection_id: str) -> None:
        """Remove the place first: without it nothing is said to be read."""
        partition = user_partition(user_id)
        items = self._items(user_id, connection_id + _EVENT, consistent=True)
        self._table.batch_delete([(partition, _CALENDAR + connection_id)])
        self._table.batch_delete((partition, item["sk"]["S"]) for item in items)

    def within(self, user_id: str, start: datetime, end: datetime) -> KeptCalendar:
        """Return what one query finds; what this version of the product cannot read is left out."""
        events: list[KeptEvent] = []
        places: list[CalendarPlace] = []
        for item in self._items(user_id, "", consistent=False):
            if "place" in item:
                places += _readable(_place, item)
            elif int(item["begins"]["N"]) < epoch(end) and int(item["ends"]["N"]) > epoch(start):
                events += _readable(_kept, item)
        found = in_order(one for one in events if touches(one.connected, start, end))
        return KeptCalendar(found, tuple(places))

    def _items(self, user_id: str, prefix: str, *, consistent: bool) -> Sequence[Mapping[str, Any]]:
        return self._table.query(user_partition(user_id), _CALENDAR + prefix, consistent=consistent)


def _readable[Read](read: Callable[[Mapping[str, Any]], Read], item: Mapping[str, Any]) -> Iterator[Read]:
    try:
        yield read(item)
    except ValidationError:
        logger.warning("calendar of another version of the product")


def _item(connection: Connection, connected: ConnectedEvent, generation: int) -> Item:
    event = connected.event
    ends = _moment(event.end)
    return {
        "pk": user_partition(connection.user_id),
        "sk": _event_key(connection.id, event.event_id),
        "connection_id": connection.id,
        "event_id": event.event_id,
        "version": connected.version,
        "generation": generation,
        "begins": epoch(_moment(event.start) - _slack(event.start)),
        "ends": epoch(ends + _slack(event.end)),
        "event": zlib.compress(_DOCUMENT.dump_json(without_texts(connected), exclude_defaults=True)),
        EXPIRES_AT: epoch(ends + 2 * BACK),
    }


def _place(item: Mapping[str, Any]) -> CalendarPlace:
    return CalendarPlace.model_validate_json(item["place"]["S"])


def _kept(item: Mapping[str, Any]) -> KeptEvent:
    document = zlib.decompress(item["event"]["B"])
    return KeptEvent(item["connection_id"]["S"], _DOCUMENT.validate_json(document))


def _moment(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time(), UTC)


def _slack(value: date) -> timedelta:
    return timedelta() if isinstance(value, datetime) else _A_DAY


def _event_key(connection_id: str, event_id: str) -> str:
    """Return the sort key of an event; a provider's id may be longer than one."""
    return f"{_CALENDAR}{connection_id}{_EVENT}{sha256(event_id.encode()).hexdigest()[:32]}"
