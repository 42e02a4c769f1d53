"""Mails kept for meetings on DynamoDB: an item for each mail, and a line without its text for each of its people.

A mail takes about 1 KB, compressed, and a line about 200 bytes: nine writes at most. Reading takes a query of ten lines
for each person and one batch, whatever is kept; forgetting reads all of the user's.
"""

import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC
from typing import Final

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, epoch, plain, user_partition
from assistant.domain.meetings.past_mail import KEPT_FOR, PastMail
from assistant.ports.runtime import Clock

_MAIL: Final = "PASTMAIL#"
_LINE: Final = "PASTMAIL_WITH#"
_MOST_PEOPLE: Final = 20
_OF_EACH: Final = 10


class DynamoPastMails:
    """Implements ``ports.PastMails``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def keep(self, user_id: str, mails: Sequence[PastMail]) -> None:
        """Keep the mails and their lines."""
        partition = user_partition(user_id)
        items: list[Item] = []
        for mail in mails:
            expires_at = epoch(mail.at + KEPT_FOR)
            packed = zlib.compress(mail.model_dump_json().encode())
            items.append({"pk": partition, "sk": _mail_key(mail.message_id), "mail": packed, EXPIRES_AT: expires_at})
            line = {"pk": partition, "message_id": mail.message_id, "at": _stamp(mail), EXPIRES_AT: expires_at}
            items += ({**line, "sk": key} for key in _line_keys(mail))
        self._table.batch_put(items)

    def with_people(self, user_id: str, people: Collection[str], *, limit: int) -> Sequence[PastMail]:
        """Return the newest ten with each of twenty people, the newest first."""
        prefixes = [_line_prefix(address) for address in sorted(people)[:_MOST_PEOPLE]]
        lines = map(plain, self._table.query_each(user_partition(user_id), prefixes, newest=_OF_EACH))
        arrived = {line["message_id"]: line["at"] for line in lines}
        newest = sorted(arrived, key=lambda message_id: arrived[message_id], reverse=True)[:limit]
        items = self._table.batch_get((user_partition(user_id), _mail_key(message_id)) for message_id in newest)
        now = epoch(self._clock.now())
        return sorted((_read(item) for item in items if item[EXPIRES_AT] > now), key=lambda mail: mail.at, reverse=True)

    def forget(self, user_id: str, concerns: Callable[[PastMail], bool]) -> frozenset[str]:
        """Read all of them, and forget those it concerns with their lines."""
        partition = user_partition(user_id)
        mails = [_read(plain(item)) for item in self._table.query(partition, _MAIL, consistent=True)]
        found = [mail for mail in mails if concerns(mail)]
        keys = (key for mail in found for key in (_mail_key(mail.message_id), *_line_keys(mail)))
        self._table.batch_delete((partition, key) for key in keys)
        return frozenset(mail.message_id for mail in found)


def _mail_key(message_id: str) -> str:
    return f"{_MAIL}{message_id}"


def _line_prefix(address: str) -> str:
    return f"{_LINE}{address}#"


def _line_keys(mail: PastMail) -> Iterator[str]:
    return (f"{_line_prefix(address)}{_stamp(mail)}#{mail.message_id}" for address in mail.people)


def _stamp(mail: PastMail) -> str:
    return f"{mail.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _read(item: Item) -> PastMail:
    return PastMail.model_validate_json(zlib.decompress(bytes(item["mail"])))
