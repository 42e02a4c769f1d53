"""Speed of the deterministic core, per mail, and of the handler, per batch of 100."""

import io
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.mail import Mail
from assistant.domain.preferences import EmailRules
from assistant.domain.received_mail import read_mail
from assistant.domain.triage.cascade import triage_mail
from assistant.wiring import Dependencies, deps
from bench.report import Figure, summarize
from functions.triage_email.handler import lambda_handler
from tests.fakes.kept_calendar import MemoryKeptCalendars
from tests.fakes.llm import MemorySpending, ScriptedLlm, sensible
from tests.fakes.runtime import MemorySessions, ScriptedLimiter
from tests.fakes.stores import MemoryAuditTrail, MemoryBacklog, MemoryDecisions, MemoryPreferences

_WARM_UP = 50
_BATCHES = 15
_EVENT = Path(__file__).resolve().parents[1] / "events/http/triage_email.json"
_CONTEXT = cast(
    "LambdaContext",
    SimpleNamespace(
        function_name="triage_email",
        memory_limit_in_mb=1024,
        aws_request_id="bench",
        invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:bench",
        get_remaining_time_in_millis=lambda: 29_000,
    ),
)


def measure_decisions(mails: Sequence[Mapping[str, Any]]) -> Figure:
    """Time one decision of the core for each mail, parsing included."""
    readable = [received.mail for mail in mails if (received := read_mail(mail)).mail]
    for mail in readable[:_WARM_UP]:
        _decide(mail)
    return summarize("triage: one mail, local decision", "ms", [_decide(mail) for mail in readable], target=20)


def _decide(mail: Mail) -> float:
    now = datetime(2026, 3, 30, tzinfo=UTC)
    started = time.perf_counter()
    triage_mail(mail, rules=EmailRules(), records={}, now=now, zone=ZoneInfo("UTC"))
    return (time.perf_counter() - started) * 1000


def measure_batches(mails: Sequence[Mapping[str, Any]]) -> Figure:
    """Time the handler on a batch of all ``mails``, with stores in memory: validation, decisions, answer.

    Raises:
        AssertionError: the handler does not answer 200.

    """
    with in_memory(deps):
        samples = [handle(mails)[0] for _ in range(_BATCHES)]
    return summarize(f"triage: handler, batch of {len(mails)}", "ms", samples)


@contextmanager
def in_memory(dependencies: Dependencies) -> Iterator[None]:
    """Replace stores of handlers by fakes, with no key for Claude and no connected calendar, while the block runs."""
    decisions = MemoryDecisions(dependencies.clock)
    before = dict(vars(dependencies))
    vars(dependencies).update(
        preferences=MemoryPreferences(),
        history=decisions,
        decisions=decisions,
        audit_trail=MemoryAuditTrail(),
        rate_limiter=ScriptedLimiter(),
        sessions=MemorySessions(),
        backlog=MemoryBacklog(decisions, dependencies.clock),
        kept_events=MemoryKeptCalendars(),
        llm=ScriptedLlm(sensible, has_key=False),
        spending=MemorySpending(),
    )
    try:
        yield
    finally:
        vars(dependencies).clear()
        vars(dependencies).update(before)


def handle(mails: Sequence[Mapping[str, Any]]) -> tuple[float, dict[str, Any]]:
    """Return the milliseconds the handler takes for a batch, and its answer.

    Raises:
        AssertionError: the handler does not answer 200.

    """
    event = json.loads(_EVENT.read_text()) | {"body": json.dumps({"user_id": "user123", "emails": list(mails)})}
    with redirect_stdout(io.StringIO()):
        started = time.perf_counter()
        answer = lambda_handler(event, _CONTEXT)
        elapsed = (time.perf_counter() - started) * 1000
    assert answer["statusCode"] == 200, answer["body"]
    return elapsed, json.loads(answer["body"])
