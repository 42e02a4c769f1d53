"""What CloudWatch does with embedded metric format in an account: read it from the logs, record the metrics.

The embedded AWS stores log lines but extracts no metrics. This reads the functions' log groups through the
public API and puts the metrics back the same way. A log event is counted at most once: the cursor is
written before the metrics are. Format:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import batched, product
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.aws import LocalAws

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDatumTypeDef
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

# Events of concurrent invocations become visible out of order; read this much again and skip what was seen.
OVERLAP_MS = 10_000
_MAX_DATA_PER_CALL = 1000


class MetricExtractor:
    """Moves metrics from the logs to CloudWatch; ``cursor_file`` remembers how far over restarts."""

    def __init__(self, aws: LocalAws, cursor_file: Path) -> None:
        self._aws = aws
        self._cursor_file = cursor_file
        # Log group → event ID → timestamp of the newest events counted.
        self._counted: dict[str, dict[str, int]] = json.loads(cursor_file.read_text()) if cursor_file.exists() else {}

    def extract(self) -> int:
        """Record what was logged since the last call; return how many log events carried metrics."""
        messages = [message for group in self._log_groups() for message in self._new_messages(group)]
        if not messages:
            return 0
        replacement = self._cursor_file.with_suffix(".new")
        replacement.write_text(json.dumps(self._counted))
        replacement.replace(self._cursor_file)
        by_namespace: dict[str, list[MetricDatumTypeDef]] = {}
        for message in messages:
            for namespace, datum in metric_data(message):
                by_namespace.setdefault(namespace, []).append(datum)
        for namespace, data in by_namespace.items():
            for batch in batched(data, _MAX_DATA_PER_CALL, strict=False):
                self._aws.cloudwatch.put_metric_data(Namespace=namespace, MetricData=batch)
        return len(messages)

    def _log_groups(self) -> Iterator[str]:
        for page in self._aws.logs.get_paginator("describe_log_groups").paginate():
            for group in page["logGroups"]:
                yield group["logGroupName"]

    def _new_messages(self, group: str) -> Iterator[str]:
        counted = self._counted.get(group, {})
        since = max(counted.values(), default=0) - OVERLAP_MS
        pages = self._aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=max(since, 0), filterPattern='"CloudWatchMetrics"'
        )
        window: dict[str, int] = {}
        for page in pages:
            for event in page["events"]:
                identity = _identity(event)
                if identity not in counted and identity not in window:
                    yield event["message"]
                window[identity] = event["timestamp"]
        newest = max(window.values(), default=0)
        self._counted[group] = {key: at for key, at in window.items() if at >= newest - OVERLAP_MS}


def metric_data(message: str) -> Iterator[tuple[str, "MetricDatumTypeDef"]]:
    """Yield the namespace and datum of each metric in one log line; nothing for any other line."""
    try:
        document = json.loads(message)
        metadata = document["_aws"]
        timestamp = datetime.fromtimestamp(metadata["Timestamp"] / 1000, UTC)
        directives = metadata["CloudWatchMetrics"]
    except (ValueError, KeyError, TypeError):
        return
    for directive in directives:
        for names, metric in product(directive.get("Dimensions") or [[]], directive["Metrics"]):
            value = document[metric["Name"]]
            yield (
                directive["Namespace"],
                {
                    "MetricName": metric["Name"],
                    "Dimensions": [{"Name": name, "Value": str(document[name])} for name in names],
                    "Timestamp": timestamp,
                    "Unit": metric.get("Unit", "None"),
                    "Values": value if isinstance(value, list) else [value],
                },
            )


def _identity(event: "FilteredLogEventTypeDef") -> str:
    text = f"{event['logStreamName']} {event['timestamp']} {event['message']}"
    return event.get("eventId") or hashlib.sha256(text.encode()).hexdigest()
