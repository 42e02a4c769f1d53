from collections.abc import Mapping, Sequence
from types import MappingProxyType

from prometheus_client.parser import text_string_to_metric_families

from assistant.domain import metric_names
from assistant.domain.metric_names import ACTIVE_SESSIONS, BUCKETS, METRICS, REQUEST_DURATION, REQUESTS, Kind
from assistant.ports.runtime import Series
from assistant.services.export_metrics import export_metrics
from tests.fakes.runtime import FixedMetrics, ManualClock

type Sample = tuple[str, tuple[tuple[str, str], ...]]


def series(
    name: str,
    dimensions: Mapping[str, str] = MappingProxyType({}),
    *,
    total: float = 1,
    samples: int = 1,
    latest: float = 1,
) -> Series:
    return Series(name, {"service": "triage_email", **dimensions}, total, samples, latest)


def exported(*recorded: Series) -> dict[Sample, float]:
    """Return the samples as Prometheus' own parser reads them."""
    text = export_metrics(FixedMetrics(recorded), now=ManualClock().now())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_counters_are_summed_over_what_is_no_label() -> None:
    triage = {"endpoint": "/api/v1/email/triage", "status": "200"}
    samples = exported(series(REQUESTS, triage, total=3), series(REQUESTS, triage | {"service": "another"}, total=4))
    assert samples == {(REQUESTS, (("endpoint", "/api/v1/email/triage"), ("status", "200"))): 7}


def test_histograms_become_cumulative() -> None:
    endpoint = {"endpoint": "/health"}
    samples = exported(
        series(REQUEST_DURATION, endpoint | {"le": "0.01"}, total=0.02, samples=2),
        series(REQUEST_DURATION, endpoint | {"le": "0.25"}, total=0.2),
        series(REQUEST_DURATION, endpoint | {"le": "+Inf"}, total=60.0),
    )

    def bucket(le: str) -> float:
        return samples[f"{REQUEST_DURATION}_bucket", (("endpoint", "/health"), ("le", le))]

    assert [bucket(le) for le in ("0.005", "0.01", "0.1", "0.25", "10.0", "+Inf")] == [0, 2, 2, 3, 3, 4]
    assert samples[f"{REQUEST_DURATION}_count", (("endpoint", "/health"),)] == 4
    assert samples[f"{REQUEST_DURATION}_sum", (("endpoint", "/health"),)] == 60.22


def test_gauges_show_the_newest_value() -> None:
    samples = exported(series(ACTIVE_SESSIONS, latest=4), series(ACTIVE_SESSIONS, {"service": "another"}, latest=7))
    assert samples == {(ACTIVE_SESSIONS, ()): 7}


def test_label_values_are_escaped_and_foreign_metrics_left_out() -> None:
    samples = exported(series(REQUESTS, {"endpoint": 'a"b\\c\nd', "status": "200"}), series("ColdStart"))
    assert samples == {(REQUESTS, (("endpoint", 'a"b\\c\nd'), ("status", "200"))): 1}


def test_help_and_type_precede_each_metric_once() -> None:
    recorded: Sequence[Series] = [series(REQUESTS, {"endpoint": str(number), "status": "200"}) for number in range(3)]
    lines = export_metrics(FixedMetrics(recorded), now=ManualClock().now()).splitlines()
    assert lines[0] == f"# HELP {REQUESTS} {METRICS[REQUESTS].help}"
    assert lines[1] == f"# TYPE {REQUESTS} counter"
    assert sum(line.startswith("#") for line in lines) == 2


def test_nothing_recorded_is_an_empty_document() -> None:
    assert exported() == {}


def test_buckets_rise_and_end_open() -> None:
    assert list(BUCKETS) == sorted(set(BUCKETS))
    assert metric_names.bound_text(BUCKETS[-1]) == "+Inf"
    assert {metric.kind for metric in METRICS.values()} == set(Kind)
