"""What webhook handlers share: bytes as they were sent, and an answer whatever happens."""

import base64
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from assistant.domain import metric_names
from assistant.domain.errors import NotAuthentic, RateLimited
from assistant.runtime.webhook import LARGEST_DELIVERY, Delivery, WebhookAnswer, answer_webhook
from tests.fakes.runtime import ManualClock, MemoryMeter


class Gate:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.meter = MemoryMeter()


def event(body: str | None, **fields: Any) -> dict[str, Any]:
    return {
        "routeKey": "POST /api/v1/webhooks/gmail",
        "requestContext": {"requestId": "request1"},
        "headers": {"Authorization": "Bearer x"},
        "body": body,
        **fields,
    }


def answered(sent: dict[str, Any], receive: Callable[[Delivery], WebhookAnswer], gate: Gate | None = None) -> Any:
    return answer_webhook(sent, receive, gate or Gate())


def test_the_body_comes_as_the_bytes_that_were_signed() -> None:
    seen: list[Delivery] = []

    def receive(delivery: Delivery) -> WebhookAnswer:
        seen.append(delivery)
        return WebhookAnswer()

    raw = b'{ "a":\xff1 }'
    answered(event(base64.b64encode(raw).decode(), isBase64Encoded=True, rawQueryString="q=a%3a+b&none="), receive)
    answered(event('{ "a": "ü" }'), receive)
    answered(event(None), receive)
    assert [one.body for one in seen] == [raw, '{ "a": "ü" }'.encode(), b""]
    assert (seen[0].headers, seen[0].query) == ({"authorization": "Bearer x"}, {"q": "a: b"})


def test_an_answer_is_sent_and_measured() -> None:
    gate = Gate()
    answer = answered(event("{}"), lambda _: WebhookAnswer(HTTPStatus.OK, "challenge"), gate)
    assert (answer["statusCode"], answer["body"]) == (200, "challenge")
    assert answer["headers"]["Content-Type"].startswith("text/plain")
    assert answer["headers"]["X-Content-Type-Options"] == "nosniff"
    assert gate.meter.total(metric_names.REQUESTS, endpoint="/api/v1/webhooks/gmail", status="200") == 1
    assert "Content-Type" not in answered(event("{}"), lambda _: WebhookAnswer())["headers"]


@pytest.mark.parametrize(
    ("error", "status"),
    [(NotAuthentic("no"), 401), (RateLimited("slow", retry_after_seconds=7), 429), (ZeroDivisionError("secret"), 500)],
)
def test_errors_leave_as_problems(error: Exception, status: int) -> None:
    def receive(_: Delivery) -> WebhookAnswer:
        raise error

    answer = answered(event("{}"), receive)
    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["status"], problem["instance"]) == (status, status, "request1")
    assert "secret" not in answer["body"]
    assert answer["headers"].get("Retry-After") == ("7" if status == 429 else None)


@pytest.mark.parametrize(
    ("body", "encoded", "status"), [("%%%", True, 400), ("x" * (LARGEST_DELIVERY + 1), False, 413)]
)
def test_what_is_no_delivery_reaches_nobody(body: str, encoded: bool, status: int) -> None:
    answer = answered(event(body, isBase64Encoded=encoded), lambda _: WebhookAnswer())
    assert answer["statusCode"] == status
