from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest

from assistant.adapters import cloudwatch
from assistant.adapters.cloudwatch import CloudWatchMetrics, cloudwatch_client
from assistant.domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDatumTypeDef

NAMESPACE = "ExecutiveAssistant"
NOW = datetime.now(UTC)
pytestmark = pytest.mark.usefixtures("aws")


def datum(name: str, value: float, at: datetime = NOW, **dimensions: str) -> "MetricDatumTypeDef":
    return {
        "MetricName": name,
        "Value": value,
        "Timestamp": at,
        "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
    }


def put(*data: "MetricDatumTypeDef") -> None:
    boto3.client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=data)


def read(since: datetime = NOW - timedelta(days=20)) -> dict[str, tuple[float, int, float]]:
    metrics = CloudWatchMetrics(NAMESPACE, cloudwatch_client()).read(since=since, until=NOW + timedelta(hours=1))
    return {f"{one.name}{sorted(one.dimensions.items())}": (one.total, one.samples, one.latest) for one in metrics}


def test_sums_and_counts_each_series_over_the_period() -> None:
    put(datum("requests", 1, NOW - timedelta(days=3), status="200"))
    put(datum("requests", 1, status="200"), datum("requests", 5, status="500"))
    assert read() == {"requests[('status', '200')]": (2, 2, 1), "requests[('status', '500')]": (5, 1, 5)}


def test_the_latest_value_is_of_the_newest_hour() -> None:
    put(datum("sessions", 9, NOW - timedelta(days=2)), datum("sessions", 3, NOW - timedelta(minutes=1)))
    assert read()["sessions[]"][2] == 3


def test_what_was_recorded_before_the_period_is_left_out() -> None:
    put(datum("requests", 1, NOW - timedelta(days=10)))
    assert read(since=NOW - timedelta(days=1)) == {}


def test_more_series_than_one_query_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloudwatch, "_LARGEST_QUERY", 4)
    put(*(datum("requests", number, number=str(number)) for number in range(5)))
    found = read()
    assert len(found) == 5
    assert found["requests[('number', '4')]"] == (4, 1, 4)


def test_a_refused_read_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:1")
    client = boto3.client("cloudwatch")
    with pytest.raises(Unavailable):
        CloudWatchMetrics(NAMESPACE, client).read(since=NOW, until=NOW - timedelta(days=1))
