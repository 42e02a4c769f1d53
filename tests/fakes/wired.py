"""The handlers' dependencies, all replaced by fakes."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from assistant.adapters.cp_sat import CpSatSolver
from assistant.adapters.lambda_wishes import LambdaWishes
from assistant.domain.health import Dependency, Probe, ProbeStatus
from assistant.ports.calendar import PlanSolver
from assistant.ports.runtime import HealthProbe
from assistant.services.send_message import ChannelPorts
from assistant.wiring import deps
from tests.fakes.calendar_account import MemoryCalendars
from tests.fakes.chat import MemoryChatQueue, MemoryChats
from tests.fakes.connections import (
    MemoryConnections,
    MemoryConsents,
    MemoryGivenConsents,
    MemoryRounds,
    MemoryVault,
    ScriptedProvider,
)
from tests.fakes.effects import MemoryEffectQueue, MemoryEffects
from tests.fakes.kept_calendar import MemoryKeptCalendars
from tests.fakes.llm import MemoryBatches, MemorySpending, ScriptedLlm, sensible
from tests.fakes.mailbox import MemoryMailBoxes
from tests.fakes.mailbox_sync import KnownPush, MemoryMailboxQueue, MemoryPlaces, MemoryReceipts
from tests.fakes.meetings import MemoryBriefings, MemoryMeetings, MemoryPastMails
from tests.fakes.memory import LetterEmbedder, MemoryMemories, MemoryVectors, kept_evidence_ports, memory_ports
from tests.fakes.notes import (
    MemoryFollowed,
    MemoryNotes,
    MemoryNotesQueue,
    MemoryNotices,
    MemoryPages,
    MemoryWebhookSecrets,
    MemoryWorkspaces,
)
from tests.fakes.notifications import MemoryDueIndex, MemoryDueQueue, MemoryNotifications
from tests.fakes.runtime import (
    FixedMetrics,
    ManualClock,
    MemoryMeter,
    MemoryRedelivery,
    MemorySessions,
    ScriptedLimiter,
)
from tests.fakes.slack_requests import KnownSecret
from tests.fakes.stores import (
    MemoryAuditLog,
    MemoryAuditTrail,
    MemoryBacklog,
    MemoryDecisions,
    MemoryDelegations,
    MemoryPlans,
    MemoryPreferences,
    MemoryProofs,
    MemorySummaries,
    MemoryTasks,
    Outage,
)
from tests.fakes.subscriptions import MemorySubscriptions
from tests.fakes.wishes import LambdaInProcess

_BUILT_FROM_PORTS = (
    "triage_ports",
    "feedback_ports",
    "preference_ports",
    "delegate_ports",
    "claude_ports",
    "backlog_ports",
    "optimize_ports",
    "team_ports",
    "accept_ports",
    "proof_ports",
    "prepare_ports",
    "meeting_ports",
    "upcoming_ports",
    "notification_ports",
    "notifier",
    "notify_ports",
    "release_ports",
    "day_ports",
    "deliver_ports",
    "prioritize_ports",
    "memory_ports",
    "forget_ports",
    "task_ports",
    "behaviour_ports",
    "learned_ports",
    "summary_ports",
    "gmail_push_ports",
    "graph_notification_ports",
    "sync_ports",
    "welcome_ports",
    "calendar_sync_ports",
    "availability_ports",
    "reconcile_ports",
    "access_tokens",
    "tell_of_broken_ports",
    "renew_ports",
    "calendar_notification_ports",
    "calendar_reconcile_ports",
    "propose_ports",
    "mail_proposal_ports",
    "notes_ports",
    "notion_event_ports",
    "task_source_ports",
    "reconcile_notes_ports",
    "answer_ports",
    "ask_ports",
    "complete_ports",
    "confirm_ports",
    "connection_ports",
    "execute_ports",
    "slack_event_ports",
    "command_ports",
    "chat_answer_ports",
)
HEALTHY = Probe(ProbeStatus.HEALTHY, "answers", 1.0)


@dataclass
class Wired:
    """What stands behind the handlers during a test."""

    clock: ManualClock = field(default_factory=ManualClock)
    meter: MemoryMeter = field(default_factory=MemoryMeter)
    limiter: ScriptedLimiter = field(default_factory=ScriptedLimiter)
    store: Outage = field(default_factory=Outage)
    audit_trail: MemoryAuditTrail = field(default_factory=MemoryAuditTrail)
    spending: MemorySpending = field(default_factory=MemorySpending)
    llm: ScriptedLlm = field(default_factory=lambda: ScriptedLlm(sensible))
    batches: MemoryBatches = field(default_factory=lambda: MemoryBatches(sensible))
    solver: PlanSolver = field(default_factory=CpSatSolver)
    proof_queue: Outage = field(default_factory=Outage)
    work_queue: Outage = field(default_factory=Outage)
    notification_queue: Outage = field(default_factory=Outage)
    mailbox_outage: Outage = field(default_factory=Outage)
    index: Outage = field(default_factory=Outage)
    health: Probe = HEALTHY

    def __post_init__(self) -> None:
        self.audit_log = MemoryAuditLog(self.store)
        self.vault = MemoryVault(self.clock, self.store)
        self.connections = MemoryConnections(self.vault, self.store)
        self.consents = MemoryConsents(self.clock, self.store)
        self.given = MemoryGivenConsents(self.clock, self.store)
        self.provider = ScriptedProvider(self.clock)
        self.decisions = MemoryDecisions(self.clock, reads=self.store, writes=self.store)
        self.backlog = MemoryBacklog(self.decisions, self.clock, self.store)
        self.preferences = MemoryPreferences(self.store)
        self.delegations = MemoryDelegations(self.store)
        self.plans = MemoryPlans(self.clock, self.store)
        self.proofs = MemoryProofs(self.proof_queue)
        self.memories = MemoryMemories(self.clock, self.store)
        self.vectors = MemoryVectors(self.index)
        self.tasks = MemoryTasks(self.clock, self.store)
        self.meetings = MemoryMeetings(self.clock, self.store)
        self.past_mails = MemoryPastMails(self.clock, self.store)
        self.briefings = MemoryBriefings(self.store)
        self.pages = MemoryPages(self.clock, self.store)
        self.notes = MemoryNotes(self.clock)
        self.work = MemoryNotesQueue(self.store)
        self.followed = MemoryFollowed(self.store)
        self.notices = MemoryNotices(self.store)
        self.webhook_secrets = MemoryWebhookSecrets(self.store)
        self.mailboxes = MemoryMailBoxes(self.clock, self.mailbox_outage)
        self.calendars = MemoryCalendars(self.mailbox_outage)
        self.receipts = MemoryReceipts(self.store)
        self.mailbox_queue = MemoryMailboxQueue()
        self.kept_calendars = MemoryKeptCalendars(self.store)
        self.calendar_queue = MemoryMailboxQueue()
        self.subscriptions = MemorySubscriptions(self.store)
        self.notifications = MemoryNotifications(self.clock, self.store)
        self.due = MemoryDueIndex(self.store)
        self.effects = MemoryEffects(self.clock, self.store, self.due)
        self.effect_queue = MemoryEffectQueue(self.work_queue)
        self.chats = MemoryChats()
        self.chat_queue = MemoryChatQueue(self.work_queue)
        self.due_queue = MemoryDueQueue(self.notification_queue)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put the fakes where the composition root would put the adapters."""
        remembered = memory_ports(self.clock, self.memories, self.vectors)
        probes: dict[Dependency, HealthProbe] = {Dependency("dynamodb", required=True): lambda: self.health}
        for name, fake in {
            "clock": self.clock,
            "meter": self.meter,
            "rate_limiter": self.limiter,
            "sessions": MemorySessions(),
            "preferences": self.preferences,
            "delegations": self.delegations,
            "decisions": self.decisions,
            "history": self.decisions,
            "behaviours": self.decisions,
            "audit_trail": self.audit_trail,
            "audit_log": self.audit_log,
            "redelivery": MemoryRedelivery(),
            "spending": self.spending,
            "connections": self.connections,
            "token_vault": self.vault,
            "pending_consents": self.consents,
            "given_consents": self.given,
            "authorization_servers": self.provider,
            "llm": self.llm,
            "llm_batches": self.batches,
            "backlog": self.backlog,
            "plan_solver": self.solver,
            "plans": self.plans,
            "proofs": self.proofs,
            "tasks": self.tasks,
            "summaries": MemorySummaries(self.clock, self.store),
            "wish_interpreter": LambdaWishes("understand_wishes", LambdaInProcess(_understand_wishes)),  # type: ignore[arg-type]  # of a client it has what is used
            "memories": self.memories,
            "vectors": self.vectors,
            "embedder": LetterEmbedder(),
            "kept_evidence_ports": kept_evidence_ports(
                remembered, self.tasks, self.pages, self.past_mails, self.meetings
            ),
            "meetings": self.meetings,
            "briefings": self.briefings,
            "derived_briefings": self.briefings,
            "past_mails": self.past_mails,
            "notifications": self.notifications,
            "effects": self.effects,
            "followed": self.followed,
            "note_pages": self.pages,
            "notices": self.notices,
            "webhook_secrets": self.webhook_secrets,
            "notes_queue": self.work,
            "workspaces": MemoryWorkspaces(self.notes),
            "workspaces_at_once": MemoryWorkspaces(self.notes),
            "effect_queue": self.effect_queue,
            "due": self.due,
            "channel_ports": ChannelPorts(self.connections, self.chats, self.mailboxes),
            "due_queue": self.due_queue,
            "mailboxes": self.mailboxes,
            "calendars": self.calendars,
            "mailbox_places": MemoryPlaces(self.store),
            "receipts": self.receipts,
            "mailbox_queue": self.mailbox_queue,
            "calendar_places": self.kept_calendars,
            "kept_events": self.kept_calendars,
            "calendar_queue": self.calendar_queue,
            "subscriptions": self.subscriptions,
            "account_rounds": MemoryRounds(self.store),
            "push_tokens": KnownPush(),
            "oauth_clients": KnownSecret(),
            "chat_queue": self.chat_queue,
            "chats": self.chats,
            "metric_reader": FixedMetrics(()),
            "probes": probes,
        }.items():
            monkeypatch.setitem(deps.__dict__, name, fake)
        for built_from_them in _BUILT_FROM_PORTS:
            monkeypatch.delitem(deps.__dict__, built_from_them, raising=False)


def _understand_wishes(event: dict[str, Any]) -> Mapping[str, Any]:
    handler = importlib.import_module("functions.understand_wishes.handler").lambda_handler
    answer: Mapping[str, Any] = handler(event, Context())
    return answer


@dataclass(frozen=True)
class Context:
    """The Lambda context, as far as handlers look at it."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:function"
    aws_request_id: str = "5d1f0a52-3a1c-4d0e-8f6b-0f6f7f3c1e11"
    timeout: int = 29

    def get_remaining_time_in_millis(self) -> int:
        return 1000 * self.timeout


type Answer = dict[str, Any]
