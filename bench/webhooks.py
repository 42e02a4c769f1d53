"""Own time of the webhook functions on their recorded notifications, with stores in memory and signatures verified."""

import io
import json
import time
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters.google_push import GoogleKeys, GooglePushTokens
from assistant.domain.notes.webhook import WebhookSecret
from assistant.runtime.observability import logger
from assistant.wiring import deps
from bench.report import Figure, summarize
from infra.manifest import FUNCTIONS
from tests.contract.expected_answers import EXPECTED
from tests.contract.recorded import NOTION_SECRET
from tests.fakes.connections import google_connection
from tests.fakes.google_push import AUDIENCE, SENDER, Keys, Sender
from tests.fakes.loopback_http import loopback_server, running
from tests.fakes.runtime import ManualClock
from tests.fakes.subscriptions import google_channel, graph_subscription
from tests.fakes.wired import Context, Wired

_EVENTS = Path(__file__).resolve().parents[1] / "events/http"
_CALLS = 1_000
_WARM_UP = 20
_TARGET = 10


def measure_webhooks() -> Iterator[Figure]:
    """Yield the milliseconds from event to answer of each webhook, one notification after another."""
    clock, keys = ManualClock(), Keys()
    with running(loopback_server(keys.handle, 0)) as url:
        pubsub = GooglePushTokens(GoogleKeys(url, clock), clock, audience=AUDIENCE, sender=SENDER)
        for function in FUNCTIONS:
            if function.is_webhook:
                event = json.loads((_EVENTS / f"{function.name}.json").read_text(encoding="utf-8"))
                if function.name == "receive_gmail_push":
                    event["headers"]["authorization"] = Sender(clock)()
                samples = [_answered(function.name, event, pubsub) for _ in range(_CALLS + _WARM_UP)][_WARM_UP:]
                yield summarize(f"webhook: {function.name}", "ms", samples, target=_TARGET)


def _answered(name: str, event: Mapping[str, Any], pubsub: GooglePushTokens) -> float:
    """Return the milliseconds of one call, to stores that have not seen the notification.

    Raises:
        AssertionError: the notification is not taken.

    """
    handler = import_module(f"functions.{name}.handler").lambda_handler
    wired = Wired()
    wired.connections.replace(google_connection(), expected_version=0)
    wired.webhook_secrets.replace(WebhookSecret(secret=NOTION_SECRET))
    wired.subscriptions.put(google_channel())
    wired.subscriptions.put(graph_subscription())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logger.registered_handler, "stream", io.StringIO())
        wired.install(patch)
        patch.setitem(deps.__dict__, "push_tokens", pubsub)
        started = time.perf_counter()
        answer = handler(dict(event), Context())
        elapsed = (time.perf_counter() - started) * 1000
    assert answer["statusCode"] == EXPECTED[name], answer["body"]
    return elapsed
