"""What every function stands on: settings, time, the table, limits, the audit trail and health."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property, partial
from typing import TYPE_CHECKING

from assistant.domain.admission import Bucket
from assistant.domain.health import Dependency
from assistant.ports.runtime import (
    AuditLog,
    AuditTrail,
    Clock,
    HealthProbe,
    Meter,
    MetricReader,
    RateLimiter,
    Redelivery,
    Sessions,
)
from assistant.runtime.clock import SystemClock
from assistant.runtime.observability import EmbeddedMeter
from assistant.runtime.settings import Settings, needed

if TYPE_CHECKING:
    from redis import Redis

    from assistant.adapters.dynamo import Table
    from assistant.adapters.local_limits import Circuit
    from assistant.adapters.secrets import ApiKey
    from assistant.ports.delegations import DelegationStore
    from assistant.ports.users import PreferenceStore
    from assistant.services.manage_delegates import DelegatePorts


class Foundation:
    """What every function stands on: settings, time, the table, limits, the audit trail and health."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock: Clock = SystemClock()
        self.meter: Meter = EmbeddedMeter(settings.powertools_metrics_namespace)

    def prime(self, build: Callable[[], object]) -> None:
        """Build now what a SnapStart snapshot can keep; elsewhere the first request that needs it does."""
        if self.settings.aws_lambda_initialization_type == "snap-start":
            build()

    def calls_within(self, seconds: float) -> AbstractContextManager[None]:
        """Return a context in which calls to AWS that would begin after so many seconds are Unavailable."""
        from assistant.adapters.aws import calls_within

        return calls_within(seconds, self.clock)

    @cached_property
    def preferences(self) -> "PreferenceStore":
        """Preferences of users."""
        from assistant.adapters.dynamo_preferences import DynamoPreferences

        return DynamoPreferences(self._table)

    @cached_property
    def delegations(self) -> "DelegationStore":
        """Who may act for whom; one attempt, as users come again."""
        from assistant.adapters.dynamo_delegations import DynamoDelegations

        return DynamoDelegations(self._admission_table)

    @cached_property
    def delegate_ports(self) -> "DelegatePorts":
        """What naming delegates needs."""
        from assistant.services.manage_delegates import DelegatePorts

        return DelegatePorts(self.delegations, self.audit_trail, self.clock)

    @cached_property
    def audit_trail(self) -> AuditTrail:
        """Where use cases report what was done."""
        from assistant.adapters.sqs_audit import SqsAuditTrail, sqs_client

        return SqsAuditTrail(needed("AUDIT_QUEUE_URL", self.settings.audit_queue_url), sqs_client(), self.meter)

    @cached_property
    def redelivery(self) -> Redelivery:
        """When messages that were not worked off come again."""
        from assistant.adapters.sqs_audit import sqs_client
        from assistant.adapters.sqs_redelivery import SqsRedelivery

        return SqsRedelivery(partial(sqs_client, attempts=1))

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
    def probes(self) -> Mapping[Dependency, HealthProbe]:
        """One probe for each dependency."""
        from assistant.adapters import probes

        settings = self.settings
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
                settings.pinecone_base_url, self._pinecone_key, self.clock
            ),
        }

    @cached_property
    def _claude_key(self) -> "ApiKey":
        from assistant.adapters.secrets import ApiKey

        return ApiKey(self.settings.claude_api_key, self.settings.claude_secret_arn)

    @cached_property
    def _pinecone_key(self) -> "ApiKey":
        from assistant.adapters.secrets import ApiKey

        return ApiKey(self.settings.pinecone_api_key, self.settings.pinecone_secret_arn)

    @cached_property
    def _table(self) -> "Table":
        from assistant.adapters.dynamo import Table, dynamo_client

        return Table(self._table_name, dynamo_client())

    @property
    def _table_name(self) -> str:
        return needed("TABLE_NAME", self.settings.table_name)

    @cached_property
    def _impatient_table(self) -> "Table":
        from assistant.adapters.dynamo import Table, dynamo_client

        # One attempt: whoever asks comes again, and the queue delivers audit events again.
        return Table(self._table_name, dynamo_client(attempts=1))

    @cached_property
    def _admission_table(self) -> "Table":
        from assistant.adapters.dynamo import Table, admission_client

        return Table(self._table_name, admission_client())

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

    def _shared_limiter(self) -> RateLimiter:
        if self.settings.redis_url:
            from assistant.adapters.redis_limits import RedisRateLimiter

            return RedisRateLimiter(self._redis, user=self._user_bucket, everyone=self._global_bucket)
        from assistant.adapters.dynamo_limits import DynamoRateLimiter

        return DynamoRateLimiter(self._admission_table, self.clock, user=self._user_bucket)

    def _shared_sessions(self) -> Sessions:
        if self.settings.redis_url:
            from assistant.adapters.redis_sessions import RedisSessions

            return RedisSessions(self._redis, self.clock, ttl=self.settings.session_ttl)
        from assistant.adapters.dynamo_limits import DynamoSessions

        return DynamoSessions(self._admission_table, self.clock, ttl=self.settings.session_ttl)

    @property
    def _user_bucket(self) -> Bucket:
        return Bucket(self.settings.rate_limit_user_burst, self.settings.rate_limit_user_per_minute / 60)

    @property
    def _global_bucket(self) -> Bucket:
        # A burst may be as large as what may run at once; the rate is what the account sustains.
        return Bucket(self.settings.max_concurrent_requests, self.settings.rate_limit_global_per_second)
