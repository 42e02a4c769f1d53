"""Use case: show the recorded metrics in the Prometheus text format 0.0.4.

Counters and histograms run since the month began (UTC) and start again with the next, as counters may. A histogram is
recorded by the smallest bucket of each observation; here the buckets become cumulative.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from assistant.domain.metric_names import BUCKETS, LE, METRICS, Kind, bound_text
from assistant.ports import MetricReader, Series

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

type Labels = tuple[tuple[str, str], ...]


def export_metrics(reader: MetricReader, *, now: datetime) -> str:
    """Return the text; raises Unavailable when the metrics cannot be read."""
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Recorded(reader.read(since=month, until=now)))
    return generate_latest(registry).decode()


class _Recorded(Collector):
    def __init__(self, series: Sequence[Series]) -> None:
        self._series = series

    def collect(self) -> Iterable[Metric]:
        by_name: dict[str, list[Series]] = defaultdict(list)
        for one in self._series:
            by_name[one.name].append(one)
        for name, described in METRICS.items():
            if recorded := by_name.get(name):
                match described.kind:
                    case Kind.COUNTER:
                        yield _counter(name, described.help, recorded)
                    case Kind.GAUGE:
                        yield _gauge(name, described.help, recorded)
                    case Kind.HISTOGRAM:
                        yield _histogram(name, described.help, recorded)


def _labels(dimensions: Mapping[str, str]) -> Labels:
    return tuple(sorted((name, value) for name, value in dimensions.items() if name != LE))


def _names(recorded: Sequence[Series]) -> list[str]:
    return sorted({name for one in recorded for name, _ in _labels(one.dimensions)})


def _counter(name: str, text: str, recorded: Sequence[Series]) -> Metric:
    names = _names(recorded)
    family = CounterMetricFamily(name, text, labels=names)
    for one in recorded:
        family.add_metric([one.dimensions.get(label, "") for label in names], one.total)
    return family


def _gauge(name: str, text: str, recorded: Sequence[Series]) -> Metric:
    return GaugeMetricFamily(name, text, value=max(one.latest for one in recorded))


def _histogram(name: str, text: str, recorded: Sequence[Series]) -> Metric:
    family = HistogramMetricFamily(name, text, labels=_names(recorded))
    by_labels: dict[Labels, list[Series]] = defaultdict(list)
    for one in recorded:
        by_labels[_labels(one.dimensions)].append(one)
    for labels, buckets in sorted(by_labels.items()):
        counts = {one.dimensions[LE]: one.samples for one in buckets}
        running = 0
        cumulated = []
        for bound in map(bound_text, BUCKETS):
            running += counts.get(bound, 0)
            cumulated.append((bound, running))
        family.add_metric([value for _, value in labels], cumulated, sum(one.total for one in buckets))
    return family
