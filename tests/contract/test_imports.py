"""No function pays for what it does not use: what a fresh interpreter loads for each handler."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.manifest import FUNCTIONS, Function

ROOT = Path(__file__).parents[2]
NEVER = {
    "anthropic",
    "googleapiclient",
    "matplotlib",
    "notion_client",
    "slack_sdk",
    "numpy",
    "pandas",
    "pinecone",
    "scipy",
    "sklearn",
    "moto",
}
BY_SET = {
    "cache": "redis",
    "calendar": "icalendar",
    "metrics": "prometheus_client",
    "solver": "ortools",
}
SCRIPT = "import sys, functions.{name}.handler; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"


def loaded(function: Function, script: str = SCRIPT, **environment: str) -> set[str]:
    paths = os.pathsep.join((str(ROOT / "layers/shared/python"), str(ROOT)))
    answer = subprocess.run(
        [sys.executable, "-c", script.format(name=function.name)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": paths, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(answer.stdout.split())


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_handler_loads_only_its_dependency_sets(function: Function) -> None:
    unused = {package for name, package in BY_SET.items() if name not in function.dependencies}
    if not {"triage", "memory"} & set(function.dependencies):
        unused.add("selectolax")
    assert not loaded(function) & (NEVER | unused)


@pytest.mark.parametrize(
    ("name", "foreign"),
    [
        (
            "check_health",
            {"calendar", "commitments", "effects", "meetings", "memory", "notifications", "tasks", "triage"},
        ),
        ("optimize_calendar", {"commitments", "effects", "meetings", "memory", "notifications", "tasks"}),
        ("manage_effects", {"calendar.request", "commitments", "meetings", "memory"}),
        (
            "manage_preferences",
            {"calendar", "commitments", "effects", "meetings", "memory", "tasks", "triage"},
        ),
    ],
)
def test_a_handler_loads_no_models_of_other_subjects(name: str, foreign: set[str]) -> None:
    function = next(function for function in FUNCTIONS if function.name == name)
    script = "import sys, functions.{name}.handler; print(*(name for name in sys.modules if 'assistant' in name))"
    modules = loaded(function, script)
    assert "assistant.domain.errors" in modules
    assert modules.isdisjoint(f"assistant.domain.{subject}" for subject in foreign)


@pytest.mark.parametrize(
    "name",
    [function.name for function in FUNCTIONS if function.is_webhook],
)
def test_a_webhook_starts_without_what_answers_users(name: str) -> None:
    function = next(function for function in FUNCTIONS if function.name == name)
    packages = loaded(function)
    assert packages.isdisjoint({"boto3", "google", "httplib2", "httpx2", "jwt", "cryptography", "requests"})
    script = "import sys, functions.{name}.handler; print(*(name for name in sys.modules if 'event_handler' in name))"
    assert not {name for name in loaded(function, script) if name.startswith("aws_lambda_powertools.event_handler")}


def test_redis_is_loaded_by_the_first_request_that_needs_it() -> None:
    function = next(function for function in FUNCTIONS if function.name == "triage_email")
    assert "redis" not in loaded(function, REDIS_URL="redis://localhost:6379")


@pytest.mark.parametrize(
    ("name", "kept"),
    [("triage_email", {"anthropic", "redis", "boto3"}), ("optimize_calendar", {"ortools", "redis", "boto3"})],
)
def test_a_snapshot_has_what_requests_need(name: str, kept: set[str]) -> None:
    function = next(function for function in FUNCTIONS if function.name == name)
    environment = {
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "REDIS_URL": "rediss://cache:6379",
        "TABLE_NAME": "table",
        "AUDIT_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/audit",
        "PROOFS_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/proofs",
        "UNDERSTAND_WISHES_FUNCTION": "understand_wishes",
    }
    assert kept <= loaded(function, **environment)
