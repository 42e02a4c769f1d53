"""Structured logs and metrics: JSON lines and Embedded Metric Format, both on stdout.

Logs carry ids and counts, never bodies, addresses, subjects or secrets. Histograms are kept by the dimension ``le``:
each observation counts once, in the smallest bucket it fits; the exporter makes them cumulative. Their sum is the
sum of the metric's values.
"""

import logging
from bisect import bisect_left

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from assistant.domain.metric_names import BUCKETS, LE, bound_text

logger = Logger()
# Modules below the runtime log through the standard library; their lines become JSON with the request id too.
logging.getLogger("assistant")
copy_config_to_registered_loggers(logger, include={"assistant"}, ignore_log_level=True)


def bucket(seconds: float) -> float:
    """Return the smallest bucket bound the observation fits."""
    return BUCKETS[bisect_left(BUCKETS, seconds)]


class EmbeddedMeter:
    """Implements ``ports.Meter``: each measurement is one Embedded Metric Format line."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def count(self, name: str, value: float = 1, **dimensions: str) -> None:
        """Add to a counter."""
        self._write(name, MetricUnit.Count, value, dimensions)

    def observe(self, name: str, seconds: float, **dimensions: str) -> None:
        """Add one observation, in seconds, to a histogram."""
        self._write(name, MetricUnit.Seconds, seconds, {**dimensions, LE: bound_text(bucket(seconds))})

    def gauge(self, name: str, value: float) -> None:
        """Set a gauge."""
        self._write(name, MetricUnit.Count, value, {})

    def _write(self, name: str, unit: MetricUnit, value: float, dimensions: dict[str, str]) -> None:
        with single_metric(name, unit, value, namespace=self._namespace, default_dimensions=dimensions):
            pass
