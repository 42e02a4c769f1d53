"""Stores in memory."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice

from assistant.domain.audit import AuditEvent
from assistant.domain.backlog import BacklogBatch, DeferredMail
from assistant.domain.calendar.plan_record import PlanRecord, ProofJob
from assistant.domain.calendar.prose.summary import Summary
from assistant.domain.decisions import DEFERRED_FOR, Correction, Decision
from assistant.domain.delegations import Delegation
from assistant.domain.errors import Conflict, Unavailable
from assistant.domain.languages import WrittenLanguage
from assistant.domain.learning import (
    REPLIES,
    Behaviour,
    LearnedRecord,
    Lesson,
    faded,
    grown,
    lesson_of_behaviour,
    lesson_of_correction,
)
from assistant.domain.mail import Mail
from assistant.domain.preferences import Preferences
from assistant.domain.tasks.kept import KEPT_AFTER_CLOSING, KeptTask
from assistant.domain.tasks.request import TaskStatus
from assistant.domain.topics import SOURCES_NEEDED, TOPICS_KEPT_FOR, is_topic, topic_key
from assistant.domain.triage.decision import Category
from assistant.ports.runtime import Clock
from assistant.ports.tasks import Creation, Idempotency, VersionedTask
from assistant.ports.users import VersionedPreferences


class Outage:
    """A switch: while ``down``, the stores that share it raise Unavailable."""

    def __init__(self) -> None:
        self.down = False

    def check(self) -> None:
        if self.down:
            raise Unavailable("down")


class StopsAfter(Outage):
    """Answers so many calls, and is down from then on: as where calls are slow until the time is over."""

    def __init__(self, calls: float) -> None:
        super().__init__()
        self.left = calls

    def check(self) -> None:
        self.left -= 1
        self.down = self.left < 0
        super().check()


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


class MemoryDelegations:
    """Implements ``ports.DelegationStore``; counts what it is asked."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self._kept: dict[tuple[str, str], Delegation] = {}
        self.asked: list[tuple[str, str]] = []

    def find(self, user_id: str, delegate_id: str) -> Delegation | None:
        self._outage.check()
        self.asked.append((user_id, delegate_id))
        return self._kept.get((user_id, delegate_id))

    def of_user(self, user_id: str) -> Sequence[Delegation]:
        self._outage.check()
        return [one for (owner, _), one in sorted(self._kept.items()) if owner == user_id]

    def to_delegate(self, delegate_id: str, *, after: str | None, limit: int) -> Sequence[Delegation]:
        self._outage.check()
        given = [one for (owner, to), one in sorted(self._kept.items()) if to == delegate_id and owner > (after or "")]
        return given[:limit]

    def put(self, delegation: Delegation) -> None:
        self._outage.check()
        self._kept[delegation.user_id, delegation.delegate_id] = delegation

    def delete(self, user_id: str, delegate_id: str) -> None:
        self._outage.check()
        self._kept.pop((user_id, delegate_id), None)


class MemoryDecisions:
    """Implements ``ports.DecisionStore``, ``BehaviourStore``, ``LearnedHistory``; reads and writes fail apart."""

    def __init__(self, clock: Clock, *, reads: Outage | None = None, writes: Outage | None = None) -> None:
        self._clock = clock
        self._reads = reads or Outage()
        self._writes = writes or Outage()
        self._decisions: dict[tuple[str, str], Decision] = {}
        self._corrections: dict[tuple[str, str], Category] = {}
        self._behaviours: dict[tuple[str, str], Behaviour] = {}
        self._lessons: dict[tuple[str, str], dict[tuple[str, type], Lesson]] = defaultdict(dict)
        self._topics: dict[tuple[str, str], tuple[str, frozenset[str]]] = {}

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
        self._learn(user_id, decision, lesson_of_correction(correction.category, correction.corrected_at))
        return True

    def behaviour(self, user_id: str, email_id: str) -> Behaviour | None:
        self._reads.check()
        return self._behaviours.get((user_id, email_id))

    def behave(
        self, user_id: str, decision: Decision, behaviour: Behaviour, *, at: datetime, earlier: Behaviour | None
    ) -> bool:
        self._writes.check()
        place = (user_id, decision.email_id)
        if self._behaviours.get(place) != earlier:
            return False
        self._behaviours[place] = behaviour
        self._learn(user_id, decision, lesson_of_behaviour(behaviour, at))
        return True

    def _learn(self, user_id: str, decision: Decision, lesson: Lesson) -> None:
        """Of each mail a key has one lesson by correction and one by behaviour."""
        for key in decision.sender_keys:
            self._lessons[user_id, key][decision.email_id, type(lesson.counted)] = lesson
        for word in decision.topics if decision.sender_keys else ():
            place = (user_id, topic_key(word))
            self._lessons[place][decision.email_id, type(lesson.counted)] = lesson
            _, sources = self._topics.get(place, ("", frozenset()))
            self._topics[place] = (word, sources | {decision.sender_keys[0]})

    def records(self, user_id: str, keys: Iterable[str]) -> Mapping[str, LearnedRecord]:
        self._reads.check()
        return {key: self._record(user_id, key) for key in keys if self._is_kept(user_id, key)}

    def every_record(self, user_id: str) -> Sequence[LearnedRecord]:
        self._reads.check()
        keys = (key for owner, key in self._lessons if owner == user_id)
        return [self._record(user_id, key) for key in keys if self._is_kept(user_id, key)]

    def forget_record(self, user_id: str, key: str) -> bool:
        self._writes.check()
        self._topics.pop((user_id, key), None)
        return self._lessons.pop((user_id, key), None) is not None

    def _is_kept(self, user_id: str, key: str) -> bool:
        lessons = self._lessons.get((user_id, key), {}).values()
        last = max((lesson.at for lesson in lessons), default=None)
        return last is not None and (not is_topic(key) or self._clock.now() < last + TOPICS_KEPT_FOR)

    def _record(self, user_id: str, key: str) -> LearnedRecord:
        lessons = self._lessons[user_id, key].values()
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for lesson in lessons:
            sums[lesson.speaks_for] += grown(lesson)
        weights = {name: faded(total, self._clock.now()) for name, total in sums.items()}
        counts = Counter(lesson.counted for lesson in lessons)
        word, sources = self._topics.get((user_id, key), ("", frozenset()))
        return LearnedRecord(
            key=key,
            corrections={one: count for one, count in counts.items() if isinstance(one, Category)},
            behaviours={one: count for one, count in counts.items() if isinstance(one, Behaviour)},
            weights={Category(name): weight for name, weight in weights.items() if name != REPLIES},
            replies=weights.get(REPLIES, 0.0),
            last_at=max(lesson.at for lesson in lessons),
            word=word,
            sources=min(len(sources), SOURCES_NEEDED),
        )


class MemoryBacklog:
    """Implements ``ports.Backlog``."""

    def __init__(self, decisions: MemoryDecisions, clock: Clock, outage: Outage | None = None) -> None:
        self._decisions = decisions
        self._clock = clock
        self._outage = outage or Outage()
        self._queue: dict[str, DeferredMail] = {}
        self._mails: dict[tuple[str, str], tuple[str, int, datetime, Mail]] = {}
        self._batches: dict[str, BacklogBatch] = {}

    def defer(self, user_id: str, mails: Mapping[str, Mail], *, now: datetime) -> frozenset[str]:
        self._outage.check()
        for ticket, mail in mails.items():
            self._mails[user_id, mail.id] = (ticket, 0, now, mail)
            self._queue[ticket] = DeferredMail(ticket, user_id, mail.id, now)
        return frozenset(mails)

    def waiting(self, limit: int) -> Sequence[DeferredMail]:
        self._outage.check()
        live = [one for one in self._queue.values() if self._is_live(one.deferred_at)]
        return sorted(live, key=lambda one: (one.deferred_at, one.ticket))[:limit]

    def mails(self, deferred: Sequence[DeferredMail]) -> Mapping[str, Mail]:
        self._outage.check()
        kept = (self._mails.get((one.user_id, one.email_id)) for one in deferred)
        return {found[0]: found[3] for found in kept if found and self._is_live(found[2])}

    def claim(self, batch: BacklogBatch) -> bool:
        self._outage.check()
        if not all(one.ticket in self._queue for one in batch.mails):
            return False
        for one in batch.mails:
            del self._queue[one.ticket]
        self._batches[batch.id] = batch
        return True

    def submitted(self, batch: BacklogBatch, provider_id: str) -> None:
        self._outage.check()
        self._batches[batch.id] = replace(batch, provider_id=provider_id)

    def release(self, batch: BacklogBatch) -> None:
        if self._batches.pop(batch.id, None):
            self._queue |= {one.ticket: one for one in batch.mails}

    def batches(self) -> Sequence[BacklogBatch]:
        self._outage.check()
        return list(self._batches.values())

    def apply(self, deferred: DeferredMail, decision: Decision) -> bool:
        self._outage.check()
        stored = self._decisions.find(deferred.user_id, deferred.email_id)
        corrected = self._decisions.correction(deferred.user_id, deferred.email_id)
        if stored is None or stored.ticket != deferred.ticket or corrected or not self._holds(deferred):
            return False
        self._decisions.save(deferred.user_id, [decision])
        del self._mails[deferred.user_id, deferred.email_id]
        return True

    def keep(self, deferred: DeferredMail) -> None:
        self._outage.check()
        stored = self._decisions.find(deferred.user_id, deferred.email_id)
        if stored and stored.ticket == deferred.ticket:
            self._decisions.save(deferred.user_id, [stored.model_copy(update={"ticket": None})])
        if self._holds(deferred):
            del self._mails[deferred.user_id, deferred.email_id]

    def again(self, deferred: DeferredMail) -> None:
        self._outage.check()
        place = (deferred.user_id, deferred.email_id)
        if self._holds(deferred) and self._mails[place][1] == deferred.tries:
            ticket, tries, deferred_at, mail = self._mails[place]
            self._mails[place] = (ticket, tries + 1, deferred_at, mail)
            self._queue[ticket] = replace(deferred, tries=tries + 1)

    def close(self, batch: BacklogBatch) -> bool:
        self._outage.check()
        return self._batches.pop(batch.id, None) is not None

    def _holds(self, deferred: DeferredMail) -> bool:
        kept = self._mails.get((deferred.user_id, deferred.email_id))
        return kept is not None and kept[0] == deferred.ticket

    def _is_live(self, deferred_at: datetime) -> bool:
        return deferred_at + DEFERRED_FOR > self._clock.now()


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


class MemoryPlans:
    """Implements ``ports.PlanStore``; ``largest`` is how many events of a plan it takes."""

    def __init__(self, clock: Clock, outage: Outage | None = None, *, largest: int = 10_000) -> None:
        self._clock = clock
        self._outage = outage or Outage()
        self._largest = largest
        self._records: dict[tuple[str, str], PlanRecord] = {}

    def add(self, record: PlanRecord) -> bool:
        if self.find(record.user_id, record.plan_id):
            raise Conflict("Another request made a plan of this calendar at the same time.")
        return self.save(record)

    def save(self, record: PlanRecord) -> bool:
        self._outage.check()
        if len(record.problem.events) > self._largest:
            return False
        self._records[record.user_id, record.plan_id] = record
        return True

    def find(self, user_id: str, plan_id: str) -> PlanRecord | None:
        self._outage.check()
        record = self._records.get((user_id, plan_id))
        return record if record and record.expires_at > self._clock.now() else None

    def improve(self, record: PlanRecord) -> bool:
        self._outage.check()
        kept = self._records.get((record.user_id, record.plan_id))
        return kept is not None and record.rank < kept.rank and self.renew(record)

    def renew(self, record: PlanRecord) -> bool:
        self._outage.check()
        kept = self._records.get((record.user_id, record.plan_id))
        if kept is None or kept.rank < record.rank:
            return False
        self._records[record.user_id, record.plan_id] = record
        return True


class MemoryTasks:
    """Implements ``ports.TaskStore``."""

    def __init__(self, clock: Clock, outage: Outage | None = None) -> None:
        self._clock = clock
        self._outage = outage or Outage()
        self._tasks: dict[tuple[str, str], VersionedTask] = {}
        self._keys: dict[tuple[str, str], tuple[Creation, datetime]] = {}

    def create(self, user_id: str, task: KeptTask, idempotency: Idempotency | None) -> Creation | None:
        self._outage.check()
        if idempotency:
            earlier = self._keys.get((user_id, idempotency.key))
            if earlier and earlier[1] + timedelta(days=1) > self._clock.now():
                return earlier[0]
            self._keys[user_id, idempotency.key] = Creation(task.task_id, idempotency.digest), self._clock.now()
        self._tasks[user_id, task.task_id] = VersionedTask(task, 1)
        return None

    def find(self, user_id: str, task_id: str) -> VersionedTask | None:
        self._outage.check()
        found = self._tasks.get((user_id, task_id))
        return found if found and self._is_live(found.task) else None

    def replace(
        self, user_id: str, task: KeptTask, *, expected_version: int, following: KeptTask | None = None
    ) -> bool:
        found = self.find(user_id, task.task_id)
        if found is None or found.version != expected_version:
            return False
        self._tasks[user_id, task.task_id] = VersionedTask(task, expected_version + 1)
        if following:
            self._tasks[user_id, following.task_id] = VersionedTask(following, 1)
        return True

    def delete(self, user_id: str, task_id: str, *, expected_version: int) -> bool:
        found = self.find(user_id, task_id)
        if found is None or found.version != expected_version:
            return False
        del self._tasks[user_id, task_id]
        return True

    def page(
        self, user_id: str, *, statuses: Collection[TaskStatus], after: str | None, limit: int
    ) -> Sequence[VersionedTask]:
        self._outage.check()
        found = (one for (owner, name), one in sorted(self._tasks.items()) if owner == user_id and name > (after or ""))
        wanted = (one for one in found if one.task.status in statuses and self._is_live(one.task))
        return tuple(islice(wanted, limit))

    def _is_live(self, task: KeptTask) -> bool:
        return task.closed_at is None or task.closed_at + KEPT_AFTER_CLOSING > self._clock.now()


class MemorySummaries:
    """Implements ``ports.calendar.SummaryStore``."""

    def __init__(self, clock: Clock, outage: Outage | None = None) -> None:
        self._clock = clock
        self._outage = outage or Outage()
        self._kept: dict[tuple[str, str, int, str], Summary] = {}

    def find(self, user_id: str, plan_id: str, revision: int, language: WrittenLanguage) -> Summary | None:
        self._outage.check()
        kept = self._kept.get((user_id, plan_id, revision, language))
        return kept if kept and kept.expires_at > self._clock.now() else None

    def keep(self, summary: Summary) -> Summary:
        self._outage.check()
        key = (summary.user_id, summary.plan_id, summary.revision, summary.language)
        return self._kept.setdefault(key, summary)


class MemoryProofs:
    """Implements ``ports.ProofQueue``."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self.jobs: list[ProofJob] = []

    def send(self, job: ProofJob) -> None:
        self._outage.check()
        self.jobs.append(job)
