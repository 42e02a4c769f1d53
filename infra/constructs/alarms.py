"""Alarms of the monitoring plan, on what AWS records by itself and on Claude, sent to one encrypted topic."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.function import ManifestFunction
from infra.constructs.queues import QueueWithDeadLetters

MINUTE = Duration.minutes(1)
FIVE_MINUTES = Duration.minutes(5)
# Longer than from one reconciliation to the next: a period without a measure would end an alarm that holds.
RECONCILED_WITHIN = Duration.minutes(15)
MAX_ERROR_PERCENT = 5
MAX_UNDECIDED_SECONDS = 900
# Of the seven days a watch lasts: renewals have failed for four.
LEAST_WATCH_LEFT_SECONDS = 3 * 86_400
MAX_P95_MILLISECONDS = 3000


class Alarms(Construct):
    """Error rate, latency, outage, queue age, dead letters, throttles, failed schedules, Claude's caps and outages.

    ``email`` receives them when given.

    ``local`` leaves out alarms on metric math, for which the embedded AWS has no handler.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        namespace: str,
        key: kms.IKey,
        api: apigateway.HttpApi,
        functions: Sequence[ManifestFunction],
        queues: Mapping[str, QueueWithDeadLetters],
        missed_ticks: sqs.IQueue,
        email: str | None,
        local: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = name
        self._local = local
        self.topic = sns.Topic(self, "Topic", topic_name=f"{name}-alarms", master_key=key, enforce_ssl=True)
        # The policy that demands TLS replaces the default one, which let the account's alarms publish.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="PublishAlarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
        self._watch_api(api)
        for queue in queues.values():
            self._watch_queue(queue)
        self._watch_dead_letters("schedules", missed_ticks, "Schedules could not start their functions")
        self._watch_claude(namespace)
        self._watch_mailboxes(namespace)
        for function in functions:
            if function.spec.schedule:
                self._alarm(
                    f"errors-{function.spec.name}",
                    f"A scheduled run of {function.spec.name} failed",
                    function.function.metric_errors(period=FIVE_MINUTES),
                    threshold=0,
                )
            self._alarm(
                f"throttles-{function.spec.name}",
                f"Lambda throttles {function.spec.name}",
                function.function.metric_throttles(period=FIVE_MINUTES),
                threshold=0,
            )

    def _watch_api(self, api: apigateway.HttpApi) -> None:
        self._alarm(
            "error-rate",
            f"More than {MAX_ERROR_PERCENT} % of the requests of 5 minutes failed",
            _expression("100 * errors / requests", api, FIVE_MINUTES),
            threshold=MAX_ERROR_PERCENT,
        )
        self._alarm(
            "latency",
            f"p95 of the answers of 5 minutes above {MAX_P95_MILLISECONDS / 1000:.0f} s",
            api.metric_latency(period=FIVE_MINUTES, statistic="p95"),
            threshold=MAX_P95_MILLISECONDS,
        )
        self._alarm(
            "down",
            "Every request of 2 minutes in a row failed",
            _expression("requests - errors", api, MINUTE),
            threshold=0,
            operator=cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
            periods=2,
        )

    def _watch_queue(self, construct: QueueWithDeadLetters) -> None:
        name, max_age = construct.spec.name, construct.spec.max_age
        self._alarm(
            f"queue-age-{name}",
            f"A message waits in {name} for more than {max_age / 60:.0f} minutes",
            construct.queue.metric_approximate_age_of_oldest_message(period=MINUTE, statistic="Maximum"),
            threshold=max_age,
            periods=2,
        )
        self._watch_dead_letters(name, construct.dead_letters, f"Messages of {name} could not be processed")

    def _watch_dead_letters(self, source: str, dead_letters: sqs.IQueue, description: str) -> None:
        self._alarm(
            f"dead-letters-{source}",
            description,
            dead_letters.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum"),
            threshold=0,
        )

    def _watch_claude(self, namespace: str) -> None:
        def count(metric: str, **dimensions: str) -> cloudwatch.Metric:
            return cloudwatch.Metric(
                namespace=namespace,
                metric_name=metric,
                dimensions_map={"service": self._name, **dimensions},
                period=FIVE_MINUTES,
                statistic="Sum",
            )

        for cap, whose in {"user": "A user's", "everyone": "The global"}.items():
            self._alarm(
                f"claude-budget-{cap}",
                f"{whose} daily budget for Claude is spent: the core serves alone",
                count("exec_assistant_claude_capped_total", cap=cap),
                threshold=0,
            )
        self._alarm(
            "claude-circuit",
            "Claude was down, calls were stopped: the core serves alone",
            count("exec_assistant_claude_circuit_opened_total"),
            threshold=0,
        )

    def _watch_mailboxes(self, namespace: str) -> None:
        def metric(
            name: str, statistic: str, period: Duration = RECONCILED_WITHIN, **dimensions: str
        ) -> cloudwatch.Metric:
            return cloudwatch.Metric(
                namespace=namespace,
                metric_name=name,
                dimensions_map={"service": self._name, **dimensions},
                period=period,
                statistic=statistic,
            )

        self._alarm(
            "mail-undecided",
            f"Nothing was decided about a mail for {MAX_UNDECIDED_SECONDS // 60} minutes",
            metric("exec_assistant_oldest_undecided_mail_seconds", "Maximum"),
            threshold=MAX_UNDECIDED_SECONDS,
        )
        self._alarm(
            "mail-failed",
            "A mail was left out because reading it or deciding about it broke",
            metric("exec_assistant_mails_closed_total", "Sum", FIVE_MINUTES, outcome="failed"),
            threshold=0,
        )
        self._alarm(
            "mailbox-watch",
            f"A mailbox or a calendar gets no more notifications in {LEAST_WATCH_LEFT_SECONDS // 86_400} days",
            metric("exec_assistant_mailbox_watch_left_seconds", "Minimum"),
            threshold=LEAST_WATCH_LEFT_SECONDS,
            operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        )

    def _alarm(
        self,
        alarm: str,
        description: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float,
        operator: cloudwatch.ComparisonOperator = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        periods: int = 1,
    ) -> None:
        """Without traffic there is nothing to judge, so missing data never alarms."""
        if self._local and isinstance(metric, cloudwatch.MathExpression):
            return
        created = cloudwatch.Alarm(
            self,
            alarm,
            alarm_name=f"{self._name}-{alarm}",
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            comparison_operator=operator,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        created.add_alarm_action(actions.SnsAction(self.topic))
        created.add_ok_action(actions.SnsAction(self.topic))


def _expression(expression: str, api: apigateway.HttpApi, period: Duration) -> cloudwatch.MathExpression:
    """An expression over the ``requests`` of a period and those of them that failed, ``errors``."""
    return cloudwatch.MathExpression(
        expression=expression,
        label=expression,
        using_metrics={
            "errors": api.metric_server_error(period=period, statistic="Sum"),
            "requests": api.metric_count(period=period, statistic="Sum"),
        },
        period=period,
    )
