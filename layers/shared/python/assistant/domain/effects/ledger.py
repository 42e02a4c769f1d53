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

# The id an effect is kept under, and what is kept there.
type KeptRecord = tuple[str, EffectRecord]


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
        return self.at is None or now >= _second(self.at + ENTRY_KEPT_FOR)


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

    def is_of_forgotten(self, now: datetime) -> bool:
        """Whether its effect is of an age at which it may be gone, or be another one of the same id."""
        return now >= _second(self.record_expires_at)

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


def speaking(entries: Iterable[LedgerEntry], *, now: datetime) -> Mapping[str, LedgerEntry]:
    """Return the newest of these entries of each effect that is not forgotten of age."""
    return {entry.effect_id: entry for entry in entries if not entry.is_of_forgotten(now)}


def changed_records(records: Iterable[KeptRecord], said: Mapping[str, LedgerEntry]) -> tuple[str, ...]:
    """Return which effects are not as the newest entry of them says, or are in none."""
    problems = (_difference(name, record, said.get(name)) for name, record in records)
    return tuple(dict.fromkeys(problem for problem in problems if problem))


def missing_records(records: Iterable[KeptRecord], said: Mapping[str, LedgerEntry]) -> tuple[str, ...]:
    """Return which effects are gone before their time."""
    known = {name for name, _ in records}
    return tuple(f"Effect {name} is missing." for name in said if name not in known)


def _difference(name: str, record: EffectRecord, entry: LedgerEntry | None) -> str | None:
    if entry is None:
        return f"Effect {name} is in no entry."
    as_said = (record.id, record.version, digest(record)) == (entry.effect_id, entry.version, entry.record_hash)
    return None if as_said else f"Effect {name} was changed."


def _hash(entry: LedgerEntry) -> str:
    return digest(entry.model_copy(update={"hash": ""}))


def _second(moment: datetime) -> datetime:
    """Return the second in which the store forgets what expires then."""
    return moment.replace(microsecond=0)
