"""Use case: show the recorded metrics in the Prometheus text format 0.0.4.

Counters and histograms run since the month began (UTC) and start again with the next, as counters may. A histogram is
recorded by the smallest bucket of each observation; here the buckets become cumulative.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from assistant.domain.metric_names import BUCKETS, LE, METRICS, Kind, Metric, bound_text
from assistant.ports.runtime import MetricReader, Series

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

type Labels = tuple[str, ...]


def export_metrics(reader: MetricReader, *, now: datetime) -> str:
    """Return the text; raises Unavailable when the metrics cannot be read."""
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Recorded(reader.read(since=month, until=now)))
    return generate_latest(registry).decode()


class _Recorded(Collector):
    def __init__(self, series: Sequence[Series]) -> None:
        self._series = series

    def collect(self) -> Iterable[Family]:
        by_name: dict[str, list[Series]] = defaultdict(list)
        for one in self._series:
            by_name[one.name].append(one)
        for name, metric in METRICS.items():
            if recorded := by_name.get(name):
                yield _SHOWN[metric.kind](name, metric, _by_labels(metric, recorded))


def _by_labels(metric: Metric, recorded: Sequence[Series]) -> Mapping[Labels, Sequence[Series]]:
    groups: dict[Labels, list[Series]] = defaultdict(list)
    for one in recorded:
        groups[tuple(one.dimensions.get(label, "") for label in metric.labels)].append(one)
    return dict(sorted(groups.items()))


def _counter(name: str, metric: Metric, groups: Mapping[Labels, Sequence[Series]]) -> Family:
    family = CounterMetricFamily(name, metric.help, labels=metric.labels)
    for labels, recorded in groups.items():
        family.add_metric(labels, sum(one.total for one in recorded))
    return family


def _gauge(name: str, metric: Metric, groups: Mapping[Labels, Sequence[Series]]) -> Family:
    family = GaugeMetricFamily(name, metric.help, labels=metric.labels)
    for labels, recorded in groups.items():
        family.add_metric(labels, max(one.latest for one in recorded))
    return family


def _histogram(name: str, metric: Metric, groups: Mapping[Labels, Sequence[Series]]) -> Family:
    family = HistogramMetricFamily(name, metric.help, labels=metric.labels)
    for labels, recorded in groups.items():
        counts: Counter[str] = Counter()
        for one in recorded:
            counts[one.dimensions.get(LE, "")] += one.samples
        bounds = [bound_text(bound) for bound in BUCKETS]
        cumulated = zip(bounds, accumulate(counts[bound] for bound in bounds), strict=True)
        family.add_metric(labels, list(cumulated), sum(one.total for one in recorded))
    return family


_SHOWN = {Kind.COUNTER: _counter, Kind.GAUGE: _gauge, Kind.HISTOGRAM: _histogram}
