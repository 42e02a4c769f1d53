"""Places in mailboxes, receipts and the queue of mailboxes, in memory."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from assistant.domain.connections import Connection
from assistant.domain.errors import NotAuthentic
from assistant.domain.mail import Mail
from assistant.domain.mailbox_sync import MailboxPlace, MailboxSync, Receipt
from assistant.domain.triage.decision import TriagedEmail
from tests.fakes.stores import Outage


class MemoryPlaces:
    """Implements ``ports.MailboxPlaces``."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self._kept: dict[tuple[str, str], MailboxPlace] = {}

    def read(self, connection: Connection) -> MailboxPlace:
        self._outage.check()
        return self._kept.get((connection.user_id, connection.id), MailboxPlace.of(connection))

    def replace(self, place: MailboxPlace) -> MailboxPlace | None:
        self._outage.check()
        known = self._kept.get((place.user_id, place.connection_id))
        if (known.version if known else 0) != place.version:
            return None
        stored = place.model_copy(update={"version": place.version + 1})
        self._kept[place.user_id, place.connection_id] = stored
        return stored


class MemoryReceipts:
    """Implements ``ports.Receipts``; ``saved`` tells how often each mail got one."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self.kept: dict[tuple[str, str], Receipt] = {}
        self._owners: dict[tuple[str, str], str] = {}
        self.saved: list[str] = []

    def known(self, connection: Connection, message_ids: Iterable[str]) -> frozenset[str]:
        self._outage.check()
        user_id = connection.user_id
        return frozenset(one for one in message_ids if self._owners.get((connection.id, one)) == user_id)

    def save(self, receipts: Sequence[Receipt]) -> None:
        self._outage.check()
        self.kept |= {(one.connection_id, one.message_id): one for one in receipts}
        self._owners |= {(one.connection_id, one.message_id): one.user_id for one in receipts}
        self.saved += [one.message_id for one in receipts]

    def page(self, user_id: str, *, before: str | None, since: datetime | None, limit: int) -> Sequence[Receipt]:
        self._outage.check()
        found = (
            one
            for one in sorted(self.kept.values(), key=lambda one: one.place, reverse=True)
            if one.user_id == user_id
            and (before is None or one.place < before)
            and (since is None or one.noticed_at >= since)
        )
        return list(islice(found, limit))


class MemoryMailboxQueue:
    """Implements ``ports.MailboxQueue``; ``requested`` is what is waiting."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self._seen: set[tuple[str, str, str]] = set()
        self.requested: list[MailboxSync] = []

    def request(self, syncs: Sequence[MailboxSync]) -> None:
        self._outage.check()
        for sync in syncs:
            named = (sync.user_id, sync.connection_id, sync.id)
            if named not in self._seen:
                self._seen.add(named)
                self.requested.append(sync)


class KnownPush:
    """Implements ``ports.PushTokens``; knows one token."""

    def verify(self, authorization: str) -> None:
        if authorization != "Bearer of-pubsub":
            raise NotAuthentic("The token is not of the push subscription.")


class FollowedDecisions:
    """Implements ``ports.DecisionFollower``; remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def __call__(self, connection: Connection, decided: Sequence[tuple[Mail, TriagedEmail]], *, run_id: str) -> None:
        assert run_id
        self.told += [(connection.id, mail.id) for mail, _ in decided]
