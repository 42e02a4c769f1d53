"""`python app.py`: no credentials, no Docker, no Node of the machine; every finding of cdk-nag stops it."""

import json
from pathlib import Path

import pytest

from infra.build import ROOT
from tests.infra.conftest import run_app

NOTHING_SUPPRESSED = """
import json, sys
from infra.constructs import suppressions

asked = []
suppressions.suppress = lambda construct, reasons: asked.extend(reasons.items())
from infra.stacks import synthesize

try:
    synthesize(sys.argv[1])
finally:
    print(json.dumps(dict(asked)))
"""


def findings(assembly: Path) -> set[str]:
    report = json.loads((assembly / "validation-report.json").read_text())
    return {violation["ruleName"] for plugin in report["pluginReports"] for violation in plugin["violations"]}


def test_both_profiles_are_synthesized_without_credentials(assemblies: Path) -> None:
    artifacts = json.loads((assemblies / "aws" / "manifest.json").read_text())["artifacts"]
    stacks = {name for name, artifact in artifacts.items() if artifact["type"] == "aws:cloudformation:stack"}
    assert stacks == {
        f"executive-assistant-{profile}-{stack}" for profile in ("small", "standard") for stack in ("data", "app")
    }


@pytest.mark.parametrize("target", ["aws", "local"])
def test_nothing_is_left_to_acknowledge(assemblies: Path, target: str) -> None:
    assert findings(assemblies / target) == set()


@pytest.mark.parametrize("context", [{}, {"local": "true"}], ids=["aws", "local"])
def test_each_suppression_has_a_reason_and_a_finding_without_which_the_synth_stops(
    tmp_path: Path, context: dict[str, str]
) -> None:
    done = run_app(tmp_path, context, app=("-c", NOTHING_SUPPRESSED, str(tmp_path)))
    assert done.returncode != 0
    reasons = json.loads(done.stdout.splitlines()[-1])
    assert all(len(reason.split()) >= 4 for reason in reasons.values())
    assert findings(tmp_path) == set(reasons)


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"profile": "large"}, "error: profile must be one of small, standard, not 'large'"),
        ({"oidc_issuer": "https://login.example.com"}, "error: oidc_issuer and oidc_audience go together"),
        ({"log_retention_days": "31"}, "error: log_retention_days must be one of 7, 30, 90, 365, not 31"),
        ({"settings": '{"TABLE_NAME": "other"}'}, "error: settings cannot be overridden: TABLE_NAME"),
        (
            {"settings": '{"CLAUDE_BASE_URL": "http://127.0.0.1", "CLAUDE_API_KEY": "plain"}'},
            "error: settings cannot be overridden: CLAUDE_API_KEY, CLAUDE_BASE_URL",
        ),
    ],
)
def test_a_wrong_context_is_one_line(tmp_path: Path, context: dict[str, str], message: str) -> None:
    done = run_app(tmp_path, context)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [message]


def test_another_issuer_replaces_the_user_pool(tmp_path: Path) -> None:
    context = {
        "profile": "small",
        "local": "true",
        "oidc_issuer": "https://login.example.com/tenant",
        "oidc_audience": "assistant,console",
        "alarm_email": "ops@example.com",
        "log_retention_days": "90",
        "settings": '{"RATE_LIMIT_GLOBAL_PER_SECOND": 40, "MAX_CONCURRENT_REQUESTS": 80}',
    }
    assert run_app(tmp_path, context).returncode == 0
    data, app = (
        json.loads((tmp_path / f"executive-assistant-small-{stack}.template.json").read_text())["Resources"]
        for stack in ("data", "app")
    )
    assert not [found for found in data.values() if found["Type"].startswith("AWS::Cognito")]
    by_type = {found["Type"]: found["Properties"] for found in app.values()}
    assert by_type["AWS::ApiGatewayV2::Authorizer"]["JwtConfiguration"] == {
        "Issuer": "https://login.example.com/tenant",
        "Audience": ["assistant", "console"],
    }
    assert by_type["AWS::ApiGatewayV2::Stage"]["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": 40,
        "ThrottlingBurstLimit": 80,
    }
    assert by_type["AWS::SNS::Subscription"]["Endpoint"] == "ops@example.com"
    assert by_type["AWS::Logs::LogGroup"]["RetentionInDays"] == 90
    variables = by_type["AWS::Lambda::Function"]["Environment"]["Variables"]
    assert (variables["USER_ID_CLAIM"], variables["MAX_CONCURRENT_REQUESTS"]) == ("sub", "80")


def test_the_entry_is_short() -> None:
    assert len((ROOT / "app.py").read_text().splitlines()) <= 25
