"""What an idle month costs, counted in the templates, stands in the decision record."""

import re

import pytest

from infra.build import ROOT
from infra.manifest import FUNCTIONS, Function
from tests.infra.templates import Deployment

HOURS = 730
POLLERS = 5
LONG_POLL_SECONDS = 20

# List prices of us-east-1 in US dollars a month.
KEY = 1.00
SECRET = 0.40
ALARM_METRIC = 0.10
DASHBOARD = 3.00
SQS_REQUEST = 0.40 / 1e6
NAT_GATEWAY = 0.045 * HOURS
ADDRESS = 0.005 * HOURS
VALKEY_MINIMUM = 0.1 * 0.084 * HOURS
LAMBDA_REQUEST = 0.20 / 1e6
LAMBDA_GB_SECOND = 0.0000133334
SCHEDULER_INVOCATION = 1.00 / 1e6
# A cold start of a function that calls Claude, and its look at an empty backlog.
SCHEDULED_RUN_SECONDS = 0.7
SNAPSHOT_GB = 0.0000015046 * 3600 * HOURS


def alarm_metrics(deployment: Deployment) -> int:
    return sum(
        sum("MetricStat" in metric for metric in alarm.properties["Metrics"]) if "Metrics" in alarm.properties else 1
        for alarm in deployment.all("CloudWatch::Alarm")
    )


def runs_a_month(function: Function) -> int:
    assert function.schedule
    assert function.memory == 1024
    rate = re.fullmatch(r"rate\((\d+) (minutes|hours)\)", function.schedule)
    assert rate
    return 60 * 24 * 30 // (int(rate[1]) * {"minutes": 1, "hours": 60}[rate[2]])


def idle_bill(deployment: Deployment) -> float:
    snapshots = sum(
        function.properties["MemorySize"] / 1024
        for function in deployment.all("Lambda::Function")
        if "SnapStart" in function.properties
    )
    polls = len(deployment.all("Lambda::EventSourceMapping")) * POLLERS * 3600 * HOURS / LONG_POLL_SECONDS
    scheduled_runs = sum(runs_a_month(function) for function in FUNCTIONS if function.schedule)
    items = (
        KEY * len(deployment.all("KMS::Key")),
        SECRET * len(deployment.all("SecretsManager::Secret")),
        ALARM_METRIC * alarm_metrics(deployment),
        DASHBOARD * len(deployment.all("CloudWatch::Dashboard")),
        SQS_REQUEST * polls,
        (LAMBDA_REQUEST + LAMBDA_GB_SECOND * SCHEDULED_RUN_SECONDS + SCHEDULER_INVOCATION) * scheduled_runs,
        NAT_GATEWAY * len(deployment.all("EC2::NatGateway")),
        ADDRESS * len(deployment.all("EC2::EIP")),
        VALKEY_MINIMUM * len(deployment.all("ElastiCache::ServerlessCache")),
        SNAPSHOT_GB * snapshots,
    )
    return sum(round(item, 2) for item in items)


def test_the_decision_record_states_the_idle_bills(small: Deployment, standard: Deployment) -> None:
    record = (ROOT / "docs" / "adr" / "001-two-profiles.md").read_text()
    totals = re.search(r"\*\*Total\*\* \| \| \*\*\$([\d.]+)\*\* \| \*\*\$([\d.]+)\*\*", record)
    assert totals
    assert [float(total) for total in totals.groups()] == pytest.approx([idle_bill(small), idle_bill(standard)])
    assert f"Alarms, {alarm_metrics(small)} metrics" in record
    runs = sum(runs_a_month(function) for function in FUNCTIONS if function.schedule)
    assert f"Scheduled runs, {runs:,} of {SCHEDULED_RUN_SECONDS} s" in record
