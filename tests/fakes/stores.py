"""Stores in memory."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from assistant.domain.audit import AuditEvent
from assistant.domain.decisions import Correction, Decision
from assistant.domain.errors import Unavailable
from assistant.domain.preferences import Preferences
from assistant.domain.senders import SenderRecord
from assistant.domain.triage.decision import Category
from assistant.ports import Clock, VersionedPreferences


class Outage:
    """A switch: while ``down``, the stores that share it raise Unavailable."""

    def __init__(self) -> None:
        self.down = False

    def check(self) -> None:
        if self.down:
            raise Unavailable("down")


class MemoryPreferences:
    """Implements ``ports.PreferenceStore``."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self._stored: dict[str, VersionedPreferences] = {}

    def read(self, user_id: str) -> VersionedPreferences:
        self._outage.check()
        return self._stored.get(user_id, VersionedPreferences(Preferences(), 0))

    def replace(self, user_id: str, preferences: Preferences, *, expected_version: int) -> bool:
        if self.read(user_id).version != expected_version:
            return False
        self._stored[user_id] = VersionedPreferences(preferences, expected_version + 1)
        return True


class MemoryDecisions:
    """Implements ``ports.DecisionStore`` and ``ports.SenderHistory``; reads and writes may fail apart."""

    def __init__(self, clock: Clock, *, reads: Outage | None = None, writes: Outage | None = None) -> None:
        self._clock = clock
        self._reads = reads or Outage()
        self._writes = writes or Outage()
        self._decisions: dict[tuple[str, str], Decision] = {}
        self._corrections: dict[tuple[str, str], Category] = {}
        self._counts: dict[tuple[str, str], Counter[Category]] = defaultdict(Counter)

    def save(self, user_id: str, decisions: Sequence[Decision]) -> None:
        self._writes.check()
        self._decisions |= {(user_id, decision.email_id): decision for decision in decisions}

    def find(self, user_id: str, email_id: str) -> Decision | None:
        self._reads.check()
        decision = self._decisions.get((user_id, email_id))
        return decision if decision and decision.expires_at > self._clock.now() else None

    def correction(self, user_id: str, email_id: str) -> Category | None:
        self._reads.check()
        return self._corrections.get((user_id, email_id))

    def correct(self, user_id: str, decision: Decision, correction: Correction, *, earlier: Category | None) -> bool:
        self._writes.check()
        place = (user_id, correction.email_id)
        if self._corrections.get(place) != earlier:
            return False
        self._corrections[place] = correction.category
        for key in decision.sender_keys:
            counts = self._counts[user_id, key]
            counts[correction.category] += 1
            if earlier:
                counts[earlier] -= 1
        return True

    def records(self, user_id: str, keys: Iterable[str]) -> Mapping[str, SenderRecord]:
        self._reads.check()
        return {
            key: SenderRecord(key=key, corrections=+self._counts[user_id, key])
            for key in keys
            if (user_id, key) in self._counts
        }


class MemoryAuditLog:
    """Implements ``ports.AuditLog``."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self.events: dict[str, AuditEvent] = {}

    def append(self, event: AuditEvent) -> bool:
        self._outage.check()
        return self.events.setdefault(str(event.id), event) is event


class MemoryAuditTrail:
    """Implements ``ports.AuditTrail``."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    def record(self, event: AuditEvent) -> None:
        self.events.append(event)
