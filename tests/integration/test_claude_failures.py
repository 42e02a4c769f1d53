"""However Claude fails, the caller gets a correct answer in time: 200, the core's decision, to be reviewed."""

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from assistant.domain import metric_names
from assistant.wiring import deps
from functions.triage_email import handler
from tests.fakes.claude_api import KEY, ClaudeApi, serve
from tests.fakes.wired import Context, Wired
from tests.integration.doubled import claude_of, on_memory_aws
from tests.integration.injections import ORDINARY

SECONDS = 2.5
EVENT: dict[str, Any] = {
    "version": "2.0",
    "routeKey": "POST /api/v1/email/triage",
    "rawPath": "/api/v1/email/triage",
    "headers": {"content-type": "application/json"},
    "requestContext": {
        "requestId": "request1",
        "stage": "$default",
        "http": {"method": "POST", "path": "/api/v1/email/triage"},
        "authorizer": {"jwt": {"claims": {"username": "user123"}}},
    },
    "isBase64Encoded": False,
}


@dataclass(frozen=True)
class ShortContext(Context):
    """A Lambda that leaves Claude ``seconds``."""

    seconds: float = SECONDS

    def get_remaining_time_in_millis(self) -> int:
        return int((handler.CLOSING_SECONDS + self.seconds) * 1000)


@pytest.fixture
def api() -> Iterator[ClaudeApi]:
    with serve() as double:
        yield double


@pytest.fixture
def wired(api: ClaudeApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wired]:
    """The handler with fakes behind it, but for Claude: its adapter, the SDK and the double are real."""
    with on_memory_aws(monkeypatch):
        fakes = Wired()
        fakes.install(monkeypatch)
        claude = claude_of(api.url, KEY)
        # The first import of the SDK takes longer than the time these tests leave.
        claude.prime()
        monkeypatch.setitem(deps.__dict__, "llm", claude)
        yield fakes


def triage(mails: int = 1, seconds: float = SECONDS) -> tuple[dict[str, Any], dict[str, Any]]:
    emails = [ORDINARY[0] | {"id": f"email{number}"} for number in range(1, mails + 1)]
    event = EVENT | {"body": json.dumps({"user_id": "user123", "emails": emails})}
    answer = importlib.import_module(handler.__name__).lambda_handler(event, ShortContext(seconds=seconds))
    assert answer["statusCode"] == 200
    body: dict[str, Any] = json.loads(answer["body"])
    return body, body["triaged_emails"][0]


def test_a_sound_answer_is_taken(wired: Wired) -> None:
    body, decision = triage()
    assert (decision["decided_by"], decision["needs_review"]) == ("claude", False)
    assert body["degraded"] == []
    assert wired.meter.total(metric_names.CLAUDE_CALLS, task="triage", outcome="answered") == 1


@pytest.mark.parametrize(
    ("kind", "seconds", "outcomes"),
    [
        ("rate_limited", 30.0, {"unavailable"}),
        ("overloaded", 0.0, {"unavailable"}),
        ("internal", 0.0, {"unavailable"}),
        ("slow", 6.0, {"unheard", "late"}),
        ("dropped", 0.0, {"unheard"}),
        ("cut_stream", 0.0, {"unheard"}),
        ("unauthorized", 0.0, {"unavailable"}),
        ("cut_json", 0.0, {"truncated"}),
        ("wrong_schema", 0.0, {"malformed"}),
        ("refusal", 0.0, {"refusal"}),
    ],
)
def test_a_failure_leaves_the_core_s_answer(
    wired: Wired, api: ClaudeApi, kind: str, seconds: float, outcomes: set[str]
) -> None:
    api.fail(kind, times=20, seconds=seconds)
    body, decision = triage()
    assert (decision["category"], decision["decided_by"], decision["needs_review"]) == ("important_read", "core", True)
    assert body["processing_time_ms"] < (SECONDS + 2) * 1000
    assert body["degraded"] == ([] if kind == "refusal" else ["claude"])
    counted = {given["outcome"] for name, _, given in wired.meter.counts if name == metric_names.CLAUDE_CALLS}
    assert counted
    assert counted <= outcomes
    stored = wired.decisions.find("user123", "email1")
    assert stored is not None
    assert stored.needs_review


def test_one_failure_is_tried_again(wired: Wired, api: ClaudeApi) -> None:
    for kind in ("internal", "wrong_schema"):
        api.fail(kind)
        assert triage()[1]["decided_by"] == "claude", kind
    assert wired.meter.total(metric_names.CLAUDE_CALLS, task="triage", outcome="answered") == 2


def test_over_the_cap_the_core_serves(wired: Wired) -> None:
    wired.spending.cap = 0
    body, decision = triage()
    assert (decision["decided_by"], body["degraded"]) == ("core", ["claude"])
    assert wired.meter.total(metric_names.CLAUDE_CAPPED, cap="user") == 1


def test_an_open_circuit_asks_nobody(wired: Wired, api: ClaudeApi) -> None:
    api.fail("overloaded", times=1_000)
    triage(mails=8, seconds=6)
    asked = len(api.requests)
    body, decision = triage()
    assert (decision["decided_by"], body["degraded"]) == ("core", ["claude"])
    assert len(api.requests) == asked
    assert wired.meter.total(metric_names.DEGRADED, missing="claude") == 2


def test_without_a_key_nothing_is_missing(wired: Wired, api: ClaudeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(deps.__dict__, "llm", claude_of(api.url, None))
    body, decision = triage()
    assert (decision["decided_by"], decision["needs_review"], body["degraded"]) == ("core", True, [])
    assert api.requests == []
    assert wired.meter.total(metric_names.DEGRADED, missing="claude") == 0
