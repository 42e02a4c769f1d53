"""Recorded metrics, read back from CloudWatch."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING, Any

from assistant.adapters.aws import client_config, session, unavailable
from assistant.ports.runtime import Series

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.client import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricOutputTypeDef

_LARGEST_QUERY = 500
_STATISTICS = ("Sum", "SampleCount", "Maximum")
_PERIOD_SECONDS = 3600


def cloudwatch_client() -> "CloudWatchClient":
    """Return a client for a scrape, which may take some seconds, inside the exporter's deadline."""
    return session().client("cloudwatch", config=client_config(read_timeout=2.5, attempts=2))


class CloudWatchMetrics:
    """Implements ``ports.MetricReader`` over one namespace. ``latest`` is the maximum of the newest hour with data."""

    def __init__(self, namespace: str, client: "CloudWatchClient") -> None:
        self._namespace = namespace
        self._client = client

    def read(self, *, since: datetime, until: datetime) -> Sequence[Series]:
        """Return every series with data in the period; raises Unavailable."""
        with unavailable("cloudwatch"):
            metrics = list(self._metrics())
            values = self._values(metrics, since, until)
        return [_series(metric, found) for index, metric in enumerate(metrics) if (found := values.get(index))]

    def _metrics(self) -> Iterator["MetricOutputTypeDef"]:
        for page in self._client.get_paginator("list_metrics").paginate(Namespace=self._namespace):
            yield from page["Metrics"]

    def _values(
        self, metrics: Sequence["MetricOutputTypeDef"], since: datetime, until: datetime
    ) -> Mapping[int, Mapping[str, Sequence[float]]]:
        """Return the values, newest first, by the metric's place and the statistic."""
        queries: list[Any] = [
            {
                "Id": f"m{index}_{statistic.lower()}",
                "MetricStat": {"Metric": metric, "Period": _PERIOD_SECONDS, "Stat": statistic},
            }
            for index, metric in enumerate(metrics)
            for statistic in _STATISTICS
        ]
        values: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        pages = self._client.get_paginator("get_metric_data")
        for chunk in batched(queries, _LARGEST_QUERY, strict=False):
            for page in pages.paginate(
                MetricDataQueries=chunk, StartTime=since, EndTime=until, ScanBy="TimestampDescending"
            ):
                for result in page["MetricDataResults"]:
                    place, _, statistic = result["Id"].removeprefix("m").partition("_")
                    if result["Values"]:
                        values[int(place)][statistic] += result["Values"]
        return values


def _series(metric: "MetricOutputTypeDef", values: Mapping[str, Sequence[float]]) -> Series:
    return Series(
        name=metric["MetricName"],
        dimensions={dimension["Name"]: dimension["Value"] for dimension in metric.get("Dimensions", [])},
        total=sum(values["sum"]),
        samples=round(sum(values["samplecount"])),
        latest=values["maximum"][0],
    )
