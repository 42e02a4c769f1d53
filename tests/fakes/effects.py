"""Effects in memory, their queue, and what proposes and executes them over mailboxes in memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from assistant.domain.connections import Connection
from assistant.domain.effects.actions import AnyAction, ArchiveMail, DraftMail, EffectKind, LabelMail
from assistant.domain.effects.effect import Capability, Effect, EffectRecord, Origin, Target
from assistant.domain.effects.ledger import EffectChange, LedgerEntry, LedgerHead, chained
from assistant.domain.effects.provenance import Traced
from assistant.domain.effects.settling import to_be_settled
from assistant.domain.effects.undo import EffectJob
from assistant.domain.mail import Mail
from assistant.domain.providers import Provider
from assistant.domain.triage.decision import DecidedBy
from assistant.domain.users import Identity
from assistant.ports.effects import MOST_CHANGES
from assistant.ports.runtime import Clock
from assistant.services.answer_approvals import AnswerPorts
from assistant.services.change_chat import ChatExecutor
from assistant.services.change_events import EventExecutor
from assistant.services.change_mail import MailExecutor
from assistant.services.execute_effects import ExecutePorts, run_job
from assistant.services.propose_effects import ProposePorts
from tests.fakes.calendar_account import MemoryCalendar, MemoryCalendars
from tests.fakes.chat import MemoryChats
from tests.fakes.connections import MemoryConnections
from tests.fakes.mailbox import MemoryMailBox, MemoryMailBoxes
from tests.fakes.notifications import MemoryDueIndex, MemoryDueQueue, MemoryNotifier
from tests.fakes.runtime import ManualClock, MemoryMeter
from tests.fakes.stores import MemoryAuditTrail, MemoryPreferences, Outage

USER = "user123"
EVENTS = frozenset({EffectKind.MOVE_EVENT, EffectKind.DECLINE_EVENT, EffectKind.CREATE_EVENT})
CALLER = Identity(USER, "request1")


class MemoryEffects:
    """Implements ``ports.effects.EffectStore``; what is to be settled is planned in ``due``."""

    def __init__(self, clock: Clock, outage: Outage | None = None, due: MemoryDueIndex | None = None) -> None:
        self._clock = clock
        self._outage = outage or Outage()
        self.due = due or MemoryDueIndex()
        self.records: dict[tuple[str, str], EffectRecord] = {}
        self.ledgers: dict[str, list[LedgerEntry]] = {}
        self.heads: dict[str, LedgerHead] = {}

    def find(self, user_id: str, effect_ids: Collection[str]) -> Mapping[str, EffectRecord]:
        self._outage.check()
        found = {name: self.records.get((user_id, name)) for name in effect_ids}
        return {name: record for name, record in found.items() if record and self._is_live(record)}

    def commit(self, user_id: str, changes: Sequence[EffectChange]) -> bool:
        self._outage.check()
        if len(changes) > MOST_CHANGES:
            raise ValueError("more changes than fit into a transaction")
        known = self.find(user_id, [change.record.id for change in changes])
        for change in changes:
            stored = known.get(change.record.id)
            if (stored.version if stored else 0) != change.record.version - 1:
                return False
        entries = chained(self.head(user_id), user_id, changes)
        self.ledgers.setdefault(user_id, []).extend(entries)
        self.heads[user_id] = entries[-1].head if entries else self.head(user_id)
        self.records |= {(user_id, change.record.id): change.record for change in changes}
        for due in to_be_settled(changes):
            self.due.plan(due)
        return True

    def page(
        self, user_id: str, *, before: str | None, since: datetime | None, run_id: str | None, limit: int
    ) -> Sequence[EffectRecord]:
        self._outage.check()
        own = [record for (owner, _), record in self.records.items() if owner == user_id and self._is_live(record)]
        found = (
            record
            for record in sorted(own, key=lambda record: record.effect.place, reverse=True)
            if (before is None or record.effect.place < before)
            and (since is None or record.effect.proposed_at >= since)
            and run_id in (None, record.effect.origin.run_id)
        )
        return list(islice(found, limit))

    def entries(self, user_id: str, *, after: int, limit: int) -> Sequence[LedgerEntry]:
        self._outage.check()
        return list(islice((one for one in self._kept_entries(user_id) if one.number > after), limit))

    def latest_entries(self, user_id: str) -> Iterator[LedgerEntry]:
        self._outage.check()
        return reversed(self._kept_entries(user_id))

    def head(self, user_id: str) -> LedgerHead:
        self._outage.check()
        return self.heads.get(user_id, LedgerHead())

    def _kept_entries(self, user_id: str) -> Sequence[LedgerEntry]:
        return [one for one in self.ledgers.get(user_id, []) if one.expires_at > self._clock.now()]

    def _is_live(self, record: EffectRecord) -> bool:
        return record.expires_at > self._clock.now()


class MemoryEffectQueue:
    """Implements ``ports.effects.EffectQueue``."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self.jobs: list[EffectJob] = []

    def request(self, jobs: Sequence[EffectJob]) -> None:
        self._outage.check()
        self.jobs.extend(jobs)


@dataclass
class Desk:
    """A user with one connected mailbox, and everything effects need around it."""

    clock: ManualClock = field(default_factory=ManualClock)
    mailboxes: MemoryMailBoxes | None = None
    calendars: MemoryCalendars | None = None

    def __post_init__(self) -> None:
        self.store, self.sqs, self.provider = Outage(), Outage(), Outage()
        self.effects = MemoryEffects(self.clock, self.store)
        self.queue = MemoryEffectQueue(self.sqs)
        self.due_queue = MemoryDueQueue(self.sqs)
        self.preferences = MemoryPreferences()
        self.notifications = MemoryNotifier()
        self.audit = MemoryAuditTrail()
        self.meter = MemoryMeter()
        self.connection = Connection(
            user_id=USER,
            id="connection1",
            provider=Provider.GOOGLE,
            account="user@company.com",
            name="user@company.com",
            scopes=frozenset(),
            connected_at=self.clock.now(),
        )
        self.connections = MemoryConnections()
        self.connections.replace(self.connection, expected_version=0)
        self._mailboxes = self.mailboxes or MemoryMailBoxes(self.clock, self.provider)
        mail = MailExecutor(self.connections, self._mailboxes)
        self._calendars = self.calendars or MemoryCalendars(self.provider)
        events = EventExecutor(self.connections, self._calendars, self.clock)
        self.chats = MemoryChats()
        chat = ChatExecutor(self.connections, self.chats)
        self.propose_ports = ProposePorts(self.effects, self.queue, self.preferences, self.notifications, self.clock)
        self.answer_ports = AnswerPorts(self.effects, self.queue, self.due_queue, self.audit, self.clock)
        self.execute_ports = ExecutePorts(
            self.effects,
            dict.fromkeys(EffectKind, mail) | dict.fromkeys(EVENTS, events) | {EffectKind.POST_MESSAGE: chat},
            self.notifications,
            self.meter,
            self.clock,
        )

    @property
    def mailbox(self) -> MemoryMailBox:
        return self._mailboxes.open(self.connection)

    @property
    def calendar(self) -> MemoryCalendar:
        return self._calendars.open(self.connection)

    def mail(self, subject: str = "Weekly offers") -> str:
        """A mail arrives; return its id."""
        return self.mailbox.receive(Mail(id="", sender="news@shop.example", subject=subject))

    def effect(
        self,
        message_id: str,
        action: AnyAction,
        *,
        run_id: str = "run1",
        confidence: float = 0.99,
        occasion: str = "",
    ) -> Effect:
        return Effect(
            user_id=USER,
            target=Target(connection_id=self.connection.id, object_id=message_id, title="Weekly offers"),
            action=action,
            origin=Origin(capability=Capability.TRIAGE, run_id=run_id, decided_by=DecidedBy.CORE, occasion=occasion),
            confidence=confidence,
            proposed_at=self.clock.now(),
        )

    def work(self) -> None:
        """The worker takes every job that waits."""
        while self.queue.jobs:
            run_job(self.queue.jobs.pop(0), seconds=60, ports=self.execute_ports)

    def record(self, effect: Effect) -> EffectRecord:
        return self.effects.find(USER, [effect.id])[effect.id]


def label(*add: str, remove: tuple[str, ...] = ()) -> LabelMail:
    return LabelMail(add=Traced(value=add), remove=Traced(value=remove))


def draft(*to: str, subject: str = "Re: Weekly offers", text: str = "Thank you.\nNo.") -> DraftMail:
    return DraftMail(to=Traced(value=to), subject=Traced(value=subject), text=Traced(value=text))


ARCHIVE = ArchiveMail()
