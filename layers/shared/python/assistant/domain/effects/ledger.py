"""The ledger: one entry for each change of an effect, chained by hashes, so that no change of the past goes unseen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from assistant.domain.effects.canonical import digest
from assistant.domain.effects.effect import EffectRecord

ENTRY_KEPT_FOR: Final = timedelta(days=400)


class LedgerEvent(StrEnum):
    """What happened to an effect."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    UNDO_ASKED = "undo_asked"
    UNDO_STARTED = "undo_started"
    UNDONE = "undone"
    UNDO_FAILED = "undo_failed"


@dataclass(frozen=True, slots=True)
class EffectChange:
    """The next version of an effect, and what made it."""

    record: EffectRecord
    event: LedgerEvent


class LedgerHead(BaseModel):
    """The end of a ledger: number, hash and time of its last entry; number 0 before the first."""

    model_config = ConfigDict(frozen=True)

    number: int = 0
    hash: str = ""
    at: AwareDatetime | None = None

    def is_forgotten(self, now: datetime) -> bool:
        """Whether the entry it names is of an age at which it may be gone, or there was none."""
        return self.at is None or now >= self.at + ENTRY_KEPT_FOR


class LedgerEntry(BaseModel):
    """One change. ``record_hash`` is that of the effect in the version it became; ``previous`` the end before it."""

    model_config = ConfigDict(frozen=True)

    user_id: str
    number: int
    effect_id: str
    event: LedgerEvent
    version: int
    at: AwareDatetime
    record_hash: str
    record_expires_at: AwareDatetime
    previous: LedgerHead
    hash: str

    @property
    def expires_at(self) -> datetime:
        """When it is forgotten."""
        return self.at + ENTRY_KEPT_FOR

    @property
    def head(self) -> LedgerHead:
        """The end of a ledger whose last entry this is."""
        return LedgerHead(number=self.number, hash=self.hash, at=self.at)


def chained(head: LedgerHead, user_id: str, changes: Iterable[EffectChange]) -> tuple[LedgerEntry, ...]:
    """Return the entries of the changes, behind the head."""
    entries: list[LedgerEntry] = []
    for change in changes:
        record = change.record
        entry = LedgerEntry(
            user_id=user_id,
            number=head.number + 1,
            effect_id=record.id,
            event=change.event,
            version=record.version,
            at=record.changed_at,
            record_hash=digest(record),
            record_expires_at=record.expires_at,
            previous=head,
            hash="",
        )
        entry = entry.model_copy(update={"hash": _hash(entry)})
        entries.append(entry)
        head = entry.head
    return tuple(entries)


def broken_links(
    user_id: str, entries: Sequence[LedgerEntry], *, behind: LedgerHead | None, end: LedgerHead | None, now: datetime
) -> tuple[str, ...]:
    """Return what is wrong with consecutive entries, in sentences; nothing where they are as they were written.

    ``behind`` is the entry before the first, None where that is forgotten; ``end`` is None where more entries follow.
    """
    problems = []
    last = behind
    for entry in entries:
        if last is None and not entry.previous.is_forgotten(now):
            problems.append(f"Entry {entry.previous.number} is missing.")
        elif last is not None and entry.number != last.number + 1:
            problems.append(f"Entry {last.number + 1} is missing.")
        elif last is not None and entry.previous != last:
            problems.append(f"Entry {entry.number} does not follow the one before it.")
        if entry.user_id != user_id or entry.hash != _hash(entry):
            problems.append(f"Entry {entry.number} was changed.")
        last = entry.head
    if end is not None and end != last and not (last is None and end.is_forgotten(now)):
        problems.append("The ledger does not end where its head says.")
    return tuple(problems)


def changed_records(
    entries: Iterable[LedgerEntry], records: Mapping[str, EffectRecord], *, now: datetime
) -> tuple[str, ...]:
    """Return which effects are not as their newest entry among these says; one forgotten in time is no problem.

    An effect that is newer than its entries is judged by the entry that made it.
    """
    newest = {entry.effect_id: entry for entry in entries}
    return tuple(problem for entry in newest.values() if (problem := _difference(entry, records, now)))


def _difference(entry: LedgerEntry, records: Mapping[str, EffectRecord], now: datetime) -> str | None:
    record = records.get(entry.effect_id)
    if record is None:
        return None if now >= entry.record_expires_at else f"Effect {entry.effect_id} is missing."
    if record.version < entry.version or record.id != entry.effect_id:
        return f"Effect {entry.effect_id} was changed."
    if record.version == entry.version and digest(record) != entry.record_hash:
        return f"Effect {entry.effect_id} was changed."
    return None


def _hash(entry: LedgerEntry) -> str:
    return digest(entry.model_copy(update={"hash": ""}))
