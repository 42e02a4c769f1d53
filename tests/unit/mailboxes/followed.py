"""A connected mailbox that is followed: everything in memory, a queue whose messages the test delivers."""

from dataclasses import dataclass, field, replace

from assistant.domain.connections import Connection
from assistant.domain.errors import AssistantError
from assistant.domain.mail import Mail
from assistant.domain.mailbox_sync import MailboxSync, Receipt, SyncReason
from assistant.domain.providers import Access
from assistant.services.ask_claude import ClaudePorts
from assistant.services.reconcile_mailboxes import Reconciled, ReconcilePorts, reconcile_mailboxes
from assistant.services.renew_watches import Renewed, RenewPorts, Watched, renew_watches
from assistant.services.sync_mailbox import Synced, SyncPorts, sync_mailbox
from assistant.services.triage_emails import TriagePorts
from tests.fakes.connections import MemoryConnections, MemoryRounds, google_connection
from tests.fakes.llm import MemorySpending, ScriptedLlm, sensible
from tests.fakes.mailbox import MemoryMailBox, MemoryMailBoxes
from tests.fakes.mailbox_sync import FollowedDecisions, MemoryMailboxQueue, MemoryPlaces, MemoryReceipts
from tests.fakes.meetings import MemoryPastMails
from tests.fakes.notifications import MemoryNotifier
from tests.fakes.runtime import ManualClock, MemoryMeter
from tests.fakes.stores import MemoryAuditTrail, MemoryBacklog, MemoryDecisions, MemoryPreferences, Outage
from tests.fakes.subscriptions import MemorySubscriptions

REQUEST = "request1"


def connected(connection: Connection) -> MemoryConnections:
    connections = MemoryConnections()
    assert connections.replace(connection, expected_version=0)
    return connections


@dataclass
class Followed:
    """The use cases with fakes behind them; provider, store and queue can be switched off."""

    clock: ManualClock = field(default_factory=ManualClock)
    meter: MemoryMeter = field(default_factory=MemoryMeter)
    provider: Outage = field(default_factory=Outage)
    store: Outage = field(default_factory=Outage)
    seconds: float = 200.0

    def __post_init__(self) -> None:
        self.connection = google_connection()
        self.connections = connected(self.connection)
        self.boxes = MemoryMailBoxes(self.clock, self.provider)
        self.places = MemoryPlaces(self.store)
        self.receipts = MemoryReceipts(self.store)
        self.queue = MemoryMailboxQueue()
        self.notifier = MemoryNotifier()
        self.subscriptions = MemorySubscriptions(self.store)
        self.past_mails = MemoryPastMails(self.clock, self.store)
        self.follow = FollowedDecisions()
        self.decisions = MemoryDecisions(self.clock, reads=self.store, writes=self.store)
        claude = ClaudePorts(ScriptedLlm(sensible, has_key=False), MemorySpending(), self.meter, self.clock)
        triage = TriagePorts(
            MemoryPreferences(self.store),
            self.decisions,
            self.decisions,
            MemoryAuditTrail(),
            self.meter,
            self.clock,
            MemoryBacklog(self.decisions, self.clock, self.store),
            lambda: claude,
        )
        self.ports = SyncPorts(
            self.connections,
            self.boxes,
            self.places,
            self.receipts,
            self.queue,
            (self.follow,),
            triage,
            self.past_mails,
            self.subscriptions,
            self.notifier,
        )
        self.rounds = MemoryRounds()
        self.reconcile_ports = ReconcilePorts(
            self.connections, self.rounds, self.boxes, self.places, self.receipts, self.queue, self.meter, self.clock
        )

    @property
    def box(self) -> MemoryMailBox:
        return self.boxes.open(self.connection)

    def notification(self, number: int = 0) -> MailboxSync:
        return MailboxSync(
            id=f"notification-{number}",
            user_id=self.connection.user_id,
            connection_id=self.connection.id,
            reason=SyncReason.NOTIFIED,
            noticed_at=self.clock.now(),
        )

    def sync(self, job: MailboxSync | None = None, **ports: object) -> Synced:
        given = replace(self.ports, **ports)  # type: ignore[arg-type]  # whichever the test replaces
        return sync_mailbox(job or self.notification(), REQUEST, seconds=self.seconds, ports=given)

    def tried(self, job: MailboxSync) -> bool:
        """What the queue does with a job: False when it comes again."""
        try:
            self.sync(job)
        except AssistantError:
            return False
        return True

    def reconcile(self) -> Reconciled:
        return reconcile_mailboxes(seconds=self.seconds, ports=self.reconcile_ports)

    def renew(self) -> Renewed:
        given = self.reconcile_ports
        parts = {Access.MAIL: Watched(given.boxes.open, self.places)}
        ports = RenewPorts(given.connections, self.rounds, parts, self.clock)
        return renew_watches(seconds=self.seconds, ports=ports)

    def arrive(self, subject: str = "Invoice", **fields: object) -> str:
        mail = Mail(id="", sender="ann@supplier.com", subject=subject, body="Please pay.")
        return self.box.receive(mail.model_copy(update=fields))

    def breaks_at(self, message_id: str, error: Exception) -> None:
        """Have the provider raise it whenever it is asked for this mail."""
        self.box.unreadable[message_id] = error

    def receipt(self, message_id: str) -> Receipt:
        return self.receipts.kept[self.connection.id, message_id]
