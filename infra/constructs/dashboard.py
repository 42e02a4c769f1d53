"""The CloudWatch dashboard of the monitoring plan."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.constructs.function import ManifestFunction

PERIOD = Duration.minutes(5)
HOUR = Duration.hours(1)


class Dashboard(Construct):
    """Traffic, latency and errors, sessions, what the functions use, and what Claude costs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        namespace: str,
        api: apigateway.HttpApi,
        functions: Sequence[ManifestFunction],
    ) -> None:
        super().__init__(scope, construct_id)

        def recorded(metric: str, *labels: str) -> str:
            dimensions = ",".join((namespace, *sorted((*labels, "service"))))
            return f'{{{dimensions}}} MetricName="exec_assistant_{metric}" service="{name}"'

        requests = recorded("requests_total", "endpoint", "status")
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=name,
            widgets=[
                [
                    _graph("Requests by endpoint", _search(requests, "Sum")),
                    _graph("Errors by endpoint", _search(f"{requests} status=(500 OR 502 OR 503 OR 504)", "Sum")),
                    _graph("Active sessions", _search(recorded("active_sessions"), "Maximum")),
                ],
                [
                    _graph(
                        "Response time",
                        *(api.metric_latency(period=PERIOD, statistic=p) for p in ("p50", "p95", "p99")),
                    ),
                    _graph(
                        "Duration p95", *(f.function.metric_duration(period=PERIOD, statistic="p95") for f in functions)
                    ),
                    _graph("Errors", *(f.function.metric_errors(period=PERIOD) for f in functions)),
                ],
                [
                    _graph("Throttles", *(f.function.metric_throttles(period=PERIOD) for f in functions)),
                    _graph(
                        "Concurrency",
                        *(
                            f.function.metric("ConcurrentExecutions", period=PERIOD, statistic="Maximum")
                            for f in functions
                        ),
                    ),
                    cloudwatch.LogQueryWidget(
                        title="Memory (MB)",
                        log_group_names=[f.log_group.log_group_name for f in functions],
                        query_lines=[
                            'filter @type = "REPORT"',
                            "stats max(@maxMemoryUsed / 1000000) as used, max(@memorySize / 1000000) as given by @log",
                        ],
                        view=cloudwatch.LogQueryVisualizationType.TABLE,
                        width=8,
                    ),
                ],
                [
                    _graph(
                        "Claude: tokens per hour",
                        _search(recorded("claude_tokens_total", "kind", "model", "task"), "Sum", HOUR),
                    ),
                    _graph(
                        "Claude: dollars per hour",
                        _search(recorded("claude_cost_dollars_total", "model", "task"), "Sum", HOUR),
                    ),
                    _graph(
                        "Claude: calls per hour, by outcome",
                        _search(recorded("claude_calls_total", "outcome", "task"), "Sum", HOUR),
                    ),
                ],
            ],
        )


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=[*metrics], width=8)


def _search(query: str, statistic: str, period: Duration = PERIOD) -> cloudwatch.IMetric:
    """One line for each metric that matches, those of endpoints added later included."""
    return cloudwatch.MathExpression(
        expression=f"SEARCH('{query}', '{statistic}', {period.to_seconds():.0f})",
        label="",
        using_metrics={},
        period=period,
    )
