import json
import logging
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.metric_names import BUCKETS, bound_text
from assistant.runtime.observability import EmbeddedMeter, bucket, logger


@pytest.fixture
def embedded() -> EmbeddedMeter:
    return EmbeddedMeter("ExecutiveAssistant")


def written(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(capsys.readouterr().out)
    return line


def test_a_counter_is_one_metric_with_its_dimensions(
    embedded: EmbeddedMeter, capsys: pytest.CaptureFixture[str]
) -> None:
    embedded.count("requests_total", 2, endpoint="/health", status="200")
    line = written(capsys)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "ExecutiveAssistant"
    assert directive["Metrics"] == [{"Name": "requests_total", "Unit": "Count"}]
    assert {"endpoint", "status"} <= set(directive["Dimensions"][0])
    assert (line["endpoint"], line["status"], line["requests_total"]) == ("/health", "200", [2.0])


def test_an_observation_goes_to_its_bucket(embedded: EmbeddedMeter, capsys: pytest.CaptureFixture[str]) -> None:
    embedded.observe("duration_seconds", 0.03, endpoint="/health")
    line = written(capsys)
    assert (line["le"], line["duration_seconds"]) == ("0.05", [0.03])


def test_a_gauge_has_no_dimension_of_its_own(embedded: EmbeddedMeter, capsys: pytest.CaptureFixture[str]) -> None:
    embedded.gauge("active_sessions", 7)
    assert written(capsys)["active_sessions"] == [7.0]


@given(st.floats(min_value=0, allow_nan=False))
def test_the_bucket_is_the_smallest_that_fits(seconds: float) -> None:
    bound = bucket(seconds)
    assert seconds <= bound
    assert all(seconds > smaller for smaller in BUCKETS if smaller < bound)


def test_bounds_are_written_as_prometheus_writes_them() -> None:
    assert [bound_text(bound) for bound in (0.005, 1.0, math.inf)] == ["0.005", "1.0", "+Inf"]


def test_lines_of_every_module_are_json_with_the_request_id() -> None:
    logger.set_correlation_id("request1")
    handler = logging.getLogger("assistant").handlers[0]
    record = logging.LogRecord("assistant.adapters.dynamo", logging.WARNING, "dynamo.py", 1, "no answer", None, None)
    line = json.loads(handler.format(record))
    assert (line["message"], line["correlation_id"], line["level"]) == ("no answer", "request1", "WARNING")


def test_a_counter_of_dollars_keeps_its_fractions(embedded: EmbeddedMeter, capsys: pytest.CaptureFixture[str]) -> None:
    embedded.count("cost_dollars_total", 0.0000415, task="triage")
    assert written(capsys)["cost_dollars_total"] == [0.0000415]
