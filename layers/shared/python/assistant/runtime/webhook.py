"""What every webhook handler shares: the delivery as the provider sent it, answers, errors and metrics.

Without the resolver of the API: what providers call has no user, and they count an answer that is slow to start as one
that never came.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qsl

from assistant.domain import metric_names
from assistant.domain.errors import AssistantError
from assistant.ports.runtime import Clock, Meter
from assistant.runtime.observability import logger
from assistant.runtime.problem import HEADERS, PROBLEM_JSON, HttpError, problem_document

# No provider's notification is larger; what is says nothing worth reading.
LARGEST_DELIVERY = 256_000


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request as its sender signed it: ``body`` in bytes, ``headers`` by lower-case name, ``query`` decoded."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What the provider is answered."""

    status: HTTPStatus = HTTPStatus.NO_CONTENT
    body: str = ""
    media_type: str = "text/plain; charset=utf-8"


class WebhookGate(Protocol):
    """What counts and times deliveries."""

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def meter(self) -> Meter:
        """Where deliveries are counted and timed."""
        ...


def answer_webhook(
    event: Mapping[str, Any], receive: Callable[[Delivery], WebhookAnswer], gate: WebhookGate
) -> dict[str, Any]:
    """Hand a delivery to ``receive`` and return what API Gateway sends; errors leave as problem documents."""
    started = gate.clock.monotonic()
    request_id = str(event["requestContext"]["requestId"])
    try:
        answered = receive(_delivery(event))
        headers = {"Content-Type": answered.media_type} if answered.body else {}
        status, body = int(answered.status), answered.body
    except AssistantError as error:
        status, body, headers = _refused(error, request_id)
    except Exception as error:  # noqa: BLE001 whatever breaks leaves as a problem document too
        logger.error("unexpected error", extra={"error": type(error).__name__})
        status, body, headers = _refused(AssistantError("Something went wrong on our side."), request_id)
    endpoint = str(event["routeKey"]).rpartition(" ")[2]
    gate.meter.count(metric_names.REQUESTS, endpoint=endpoint, status=str(status))
    gate.meter.observe(metric_names.REQUEST_DURATION, gate.clock.monotonic() - started, endpoint=endpoint)
    return {
        "statusCode": status,
        "headers": HEADERS | {"X-Request-Id": request_id} | headers,
        "body": body,
        "isBase64Encoded": False,
    }


def _delivery(event: Mapping[str, Any]) -> Delivery:
    raw = str(event.get("body") or "").encode("utf-8", "surrogatepass")
    if event.get("isBase64Encoded"):
        try:
            raw = base64.b64decode(raw, validate=True)
        except binascii.Error:
            raise HttpError(HTTPStatus.BAD_REQUEST, "The body is not what API Gateway sends.") from None
    if len(raw) > LARGEST_DELIVERY:
        raise HttpError(HTTPStatus.CONTENT_TOO_LARGE, "The notification is larger than any of a provider.")
    headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    return Delivery(headers, dict(parse_qsl(event.get("rawQueryString") or "")), raw)


def _refused(error: AssistantError, request_id: str) -> tuple[int, str, dict[str, str]]:
    body, headers = problem_document(error, instance=request_id)
    return int(error.status), body, {"Content-Type": PROBLEM_JSON} | headers
