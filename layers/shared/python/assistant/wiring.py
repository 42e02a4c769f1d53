"""The composition root: which adapter stands behind which port. Each is imported and built on first use."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from assistant.domain import metric_names
from assistant.domain.admission import Bucket
from assistant.domain.health import Dependency
from assistant.domain.llm_models import MODELS
from assistant.ports import (
    AuditLog,
    AuditTrail,
    Backlog,
    Clock,
    DecisionStore,
    HealthProbe,
    LlmBatches,
    Meter,
    MetricReader,
    PlanSolver,
    PlanStore,
    PreferenceStore,
    ProofQueue,
    RateLimiter,
    SenderHistory,
    Sessions,
    Spending,
)
from assistant.runtime.clock import SystemClock
from assistant.runtime.observability import EmbeddedMeter
from assistant.runtime.settings import Settings, load_settings, needed

if TYPE_CHECKING:
    from redis import Redis

    from assistant.adapters.anthropic_client import MessagesClient
    from assistant.adapters.anthropic_llm import AnthropicLlm, ModelsInUse
    from assistant.adapters.cp_sat import CpSatSolver
    from assistant.adapters.dynamo import Table
    from assistant.adapters.dynamo_decisions import DynamoDecisions
    from assistant.adapters.local_limits import Circuit
    from assistant.adapters.secrets import ApiKey
    from assistant.services.accept_suggestions import AcceptPorts
    from assistant.services.ask_claude import ClaudePorts
    from assistant.services.correct_triage import FeedbackPorts
    from assistant.services.edit_preferences import PreferencePorts
    from assistant.services.optimize_calendar import OptimizePorts
    from assistant.services.optimize_team import TeamPorts
    from assistant.services.prove_plan import ProofPorts
    from assistant.services.submit_backlog import BacklogPorts
    from assistant.services.triage_emails import TriagePorts


class Dependencies:
    """Everything handlers hand to use cases; clients are kept for the life of the process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock: Clock = SystemClock()
        self.meter: Meter = EmbeddedMeter(settings.powertools_metrics_namespace)

    def prime(self, build: Callable[[], object]) -> None:
        """Build now what a SnapStart snapshot can keep; elsewhere the first request that needs it does."""
        if self.settings.aws_lambda_initialization_type == "snap-start":
            build()

    @cached_property
    def preferences(self) -> PreferenceStore:
        """Preferences of users."""
        from assistant.adapters.dynamo_preferences import DynamoPreferences

        return DynamoPreferences(self._table)

    @cached_property
    def decisions(self) -> DecisionStore:
        """Decisions and corrections."""
        return self._decisions

    @cached_property
    def history(self) -> SenderHistory:
        """Records of senders and lists."""
        return self._decisions

    @cached_property
    def audit_trail(self) -> AuditTrail:
        """Where use cases report what was done."""
        from assistant.adapters.sqs_audit import SqsAuditTrail, sqs_client

        return SqsAuditTrail(needed("AUDIT_QUEUE_URL", self.settings.audit_queue_url), sqs_client(), self.meter)

    @cached_property
    def triage_ports(self) -> "TriagePorts":
        """What triage needs."""
        from assistant.services.triage_emails import TriagePorts

        return TriagePorts(
            self.preferences,
            self.history,
            self.decisions,
            self.audit_trail,
            self.meter,
            self.clock,
            self.backlog,
            # Made when the first mail wants them.
            claude=lambda: self.claude_ports,
        )

    @cached_property
    def claude_ports(self) -> "ClaudePorts":
        """What asking Claude needs."""
        from assistant.services.ask_claude import ClaudePorts

        return ClaudePorts(self.llm, self.spending, self.meter, self.clock)

    def primed_claude(self) -> "ClaudePorts":
        """Return what asking Claude needs, with the SDK imported."""
        self.llm.prime()
        return self.claude_ports

    @cached_property
    def plans(self) -> PlanStore:
        """Calendar plans."""
        from assistant.adapters.dynamo_plans import DynamoPlans

        return DynamoPlans(self._table, self.clock)

    @cached_property
    def proofs(self) -> ProofQueue:
        """Where wishes for proofs go."""
        from assistant.adapters.sqs_audit import sqs_client
        from assistant.adapters.sqs_proofs import SqsProofs

        # One attempt: a plan is answered without its proof too.
        return SqsProofs(needed("PROOFS_QUEUE_URL", self.settings.proofs_queue_url), sqs_client(attempts=1))

    @cached_property
    def optimize_ports(self) -> "OptimizePorts":
        """What optimizing a calendar needs."""
        from assistant.services.optimize_calendar import OptimizePorts

        return OptimizePorts(
            self.preferences,
            self.plan_solver,
            self.plans,
            self.proofs,
            self.audit_trail,
            self.meter,
            self.clock,
        )

    @cached_property
    def accept_ports(self) -> "AcceptPorts":
        """What accepting suggestions needs."""
        from assistant.services.accept_suggestions import AcceptPorts

        return AcceptPorts(self.plans, self.audit_trail, self.clock)

    @cached_property
    def proof_ports(self) -> "ProofPorts":
        """What proving a plan needs."""
        from assistant.services.prove_plan import ProofPorts

        return ProofPorts(self.plan_solver, self.plans, self.audit_trail, self.clock)

    @cached_property
    def plan_solver(self) -> "CpSatSolver":
        """The solver of calendars; its libraries are loaded when it is primed or first used."""
        from assistant.adapters.cp_sat import CpSatSolver

        return CpSatSolver()

    @cached_property
    def team_ports(self) -> "TeamPorts":
        """What planning a team needs."""
        from assistant.adapters.cp_sat_team import CpSatTeamSolver
        from assistant.services.optimize_team import TeamPorts

        return TeamPorts(CpSatTeamSolver(), self.meter, self.clock)

    def primed_plan_solver(self) -> PlanSolver:
        """Return the solver with its libraries loaded."""
        self.plan_solver.prime()
        return self.plan_solver

    @cached_property
    def backlog(self) -> Backlog:
        """Mails that wait for a Message Batch."""
        from assistant.adapters.dynamo_backlog import DynamoBacklog

        return DynamoBacklog(self._table, self.clock)

    @cached_property
    def backlog_ports(self) -> "BacklogPorts":
        """What the backlog needs."""
        from assistant.services.submit_backlog import BacklogPorts

        return BacklogPorts(
            self.backlog,
            self.llm_batches,
            self.preferences,
            self.history,
            self.decisions,
            self.audit_trail,
            self.claude_ports,
        )

    @cached_property
    def feedback_ports(self) -> "FeedbackPorts":
        """What corrections need."""
        from assistant.services.correct_triage import FeedbackPorts

        return FeedbackPorts(self.decisions, self.history, self.audit_trail, self.clock)

    @cached_property
    def preference_ports(self) -> "PreferencePorts":
        """What changes of preferences need."""
        from assistant.services.edit_preferences import PreferencePorts

        return PreferencePorts(self.preferences, self.audit_trail, self.clock)

    @cached_property
    def audit_log(self) -> AuditLog:
        """The append-only trail."""
        from assistant.adapters.dynamo_audit import DynamoAuditLog

        return DynamoAuditLog(self._impatient_table)

    @cached_property
    def metric_reader(self) -> MetricReader:
        """Recorded metrics."""
        from assistant.adapters.cloudwatch import CloudWatchMetrics, cloudwatch_client

        return CloudWatchMetrics(self.settings.powertools_metrics_namespace, cloudwatch_client())

    @cached_property
    def rate_limiter(self) -> RateLimiter:
        """Token buckets: in Redis where there is one, else on DynamoDB; this process's own while those are down."""
        from assistant.adapters.local_limits import FallbackRateLimiter, LocalRateLimiter

        own = LocalRateLimiter(self.clock, user=self._user_bucket, everyone=self._global_bucket)
        return FallbackRateLimiter(self._shared_limiter(), own, self._limits_circuit, self.meter)

    @cached_property
    def sessions(self) -> Sessions:
        """Active users."""
        from assistant.adapters.local_limits import OptionalSessions

        return OptionalSessions(self._shared_sessions(), self._limits_circuit)

    @cached_property
    def llm(self) -> "AnthropicLlm":
        """Claude; its SDK is imported by the first call."""
        from assistant.adapters.anthropic_calls import ServiceDown
        from assistant.adapters.anthropic_llm import AnthropicLlm
        from assistant.adapters.dynamo_circuit import SharedCircuit

        circuit = SharedCircuit(
            "claude",
            self._impatient_table,
            self.clock,
            failure=ServiceDown,
            opened=lambda: self.meter.count(metric_names.CLAUDE_CIRCUIT_OPENED),
        )
        return AnthropicLlm(lambda: self._messages_client, self._claude_key, self._claude_models, circuit, self.clock)

    @cached_property
    def llm_batches(self) -> LlmBatches:
        """Message Batches of Claude."""
        from assistant.adapters.anthropic_batches import AnthropicBatches

        return AnthropicBatches(lambda: self._messages_client, self._claude_key, self._claude_models)

    @cached_property
    def spending(self) -> Spending:
        """What Claude costs, held under the daily caps."""
        from assistant.adapters.dynamo_spending import DynamoSpending

        return DynamoSpending(self._table, self.settings.claude_daily_caps)

    @cached_property
    def probes(self) -> Mapping[Dependency, HealthProbe]:
        """One probe for each dependency."""
        from assistant.adapters import probes
        from assistant.adapters.secrets import ApiKey

        settings = self.settings
        pinecone = ApiKey(settings.pinecone_api_key, settings.pinecone_secret_arn)
        return {
            Dependency("dynamodb", required=True): probes.dynamodb_probe(self._table_name, self.clock),
            Dependency("redis", required=False): (
                probes.redis_probe(lambda: self._redis, self.clock) if settings.redis_url else probes.not_configured
            ),
            Dependency("queue", required=False): probes.queue_probe(
                needed("AUDIT_QUEUE_URL", settings.audit_queue_url), self.clock
            ),
            Dependency("claude", required=False): probes.claude_probe(
                settings.claude_base_url,
                [model.id for model in settings.claude_models.values()],
                self._claude_key,
                self.clock,
            ),
            Dependency("pinecone", required=False): probes.pinecone_probe(
                settings.pinecone_base_url, pinecone, self.clock
            ),
        }

    @cached_property
    def _claude_key(self) -> "ApiKey":
        from assistant.adapters.secrets import ApiKey

        return ApiKey(self.settings.claude_api_key, self.settings.claude_secret_arn)

    @property
    def _claude_models(self) -> "ModelsInUse":
        from assistant.adapters.anthropic_llm import ModelsInUse

        chosen = self.settings.claude_models
        return ModelsInUse(chosen, {**MODELS, **{model.id: model for model in chosen.values()}})

    @cached_property
    def _messages_client(self) -> "MessagesClient":
        from assistant.adapters.anthropic_client import MessagesClient

        return MessagesClient(self.settings.claude_base_url)

    @cached_property
    def _table(self) -> "Table":
        from assistant.adapters.dynamo import Table, dynamo_client

        return Table(self._table_name, dynamo_client())

    @property
    def _table_name(self) -> str:
        return needed("TABLE_NAME", self.settings.table_name)

    @cached_property
    def _decisions(self) -> "DynamoDecisions":
        from assistant.adapters.dynamo_decisions import DynamoDecisions

        return DynamoDecisions(self._table, self.clock)

    @cached_property
    def _redis(self) -> "Redis":
        from assistant.adapters.redis_client import redis_client

        if self.settings.redis_url is None:
            raise LookupError("REDIS_URL is not set")
        return redis_client(self.settings.redis_url.get_secret_value())

    @cached_property
    def _limits_circuit(self) -> "Circuit":
        from assistant.adapters.local_limits import Circuit

        return Circuit(self.clock)

    @cached_property
    def _impatient_table(self) -> "Table":
        from assistant.adapters.dynamo import Table, dynamo_client

        # One attempt: limits have an answer without it, and the queue delivers audit events again.
        return Table(self._table_name, dynamo_client(attempts=1))

    def _shared_limiter(self) -> RateLimiter:
        if self.settings.redis_url:
            from assistant.adapters.redis_limits import RedisRateLimiter

            return RedisRateLimiter(self._redis, user=self._user_bucket, everyone=self._global_bucket)
        from assistant.adapters.dynamo_limits import DynamoRateLimiter

        return DynamoRateLimiter(self._impatient_table, self.clock, user=self._user_bucket)

    def _shared_sessions(self) -> Sessions:
        if self.settings.redis_url:
            from assistant.adapters.redis_sessions import RedisSessions

            return RedisSessions(self._redis, self.clock, ttl=self.settings.session_ttl)
        from assistant.adapters.dynamo_limits import DynamoSessions

        return DynamoSessions(self._impatient_table, self.clock, ttl=self.settings.session_ttl)

    @property
    def _user_bucket(self) -> Bucket:
        return Bucket(self.settings.rate_limit_user_burst, self.settings.rate_limit_user_per_minute / 60)

    @property
    def _global_bucket(self) -> Bucket:
        # A burst may be as large as what may run at once; the rate is what the account sustains.
        return Bucket(self.settings.max_concurrent_requests, self.settings.rate_limit_global_per_second)


deps = Dependencies(load_settings())
