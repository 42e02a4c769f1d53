"""Metrics in log lines become CloudWatch metrics, each once."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.local.aws import LocalAws
from infra.local.embedded_metrics import MetricExtractor, metric_data

GROUP, STREAM = "/aws/lambda/some-function", "stream"


@pytest.fixture(scope="module")
def aws(empty_aws: LocalAws) -> LocalAws:
    empty_aws.logs.create_log_group(logGroupName=GROUP)
    empty_aws.logs.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
    return empty_aws


def _line(value: float | list[float], **dimensions: str) -> str:
    directive = {"Namespace": "Test", "Dimensions": [[*dimensions]], "Metrics": [{"Name": "count", "Unit": "Count"}]}
    metadata = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": metadata, "count": value, **dimensions})


def _log(aws: LocalAws, *messages: str) -> None:
    now = int(time.time() * 1000)
    events = [{"timestamp": now + number, "message": message} for number, message in enumerate(messages)]
    aws.logs.put_log_events(logGroupName=GROUP, logStreamName=STREAM, logEvents=events)  # type: ignore[arg-type]  # the stub wants its own TypedDict


def _sum(aws: LocalAws, **dimensions: str) -> float:
    now = datetime.now(UTC)
    statistics = aws.cloudwatch.get_metric_statistics(
        Namespace="Test",
        MetricName="count",
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=60,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in statistics["Datapoints"])


def test_each_log_event_is_counted_once_over_restarts(aws: LocalAws, tmp_path: Path) -> None:
    cursor = tmp_path / "cursor.json"
    _log(aws, "START", _line(1, endpoint="/a"), _line([2, 3], endpoint="/a"), "END")

    assert MetricExtractor(aws, cursor).extract() == 2
    again = MetricExtractor(aws, cursor)
    assert again.extract() == 0
    _log(aws, _line(4, endpoint="/a"))
    assert again.extract() == 1
    assert MetricExtractor(aws, cursor).extract() == 0
    assert _sum(aws, endpoint="/a") == 10


def test_a_metric_is_put_under_each_set_of_dimensions() -> None:
    document = json.loads(_line(1, endpoint="/a", status="200"))
    document["_aws"]["CloudWatchMetrics"][0]["Dimensions"] = [["endpoint"], ["endpoint", "status"], []]

    data = [datum for _, datum in metric_data(json.dumps(document))]

    assert [[dimension["Name"] for dimension in datum["Dimensions"]] for datum in data] == [
        ["endpoint"],
        ["endpoint", "status"],
        [],
    ]
    assert all(datum["Values"] == [1] and datum["Unit"] == "Count" for datum in data)


@pytest.mark.parametrize("message", ["", "START", "{", "[]", "{}", '{"_aws": 1}', '{"_aws": {"Timestamp": 1}}'])
def test_other_lines_carry_no_metric(message: str) -> None:
    assert list(metric_data(message)) == []
