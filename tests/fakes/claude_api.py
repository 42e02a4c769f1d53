"""The Messages API on loopback, as strict as the real one: messages, token counts, batches, models, limits, caching.

``serve()`` runs it inside a test; ``python -m tests.fakes.claude_api --port 8090 --latency-ms 400`` on its own, where
POST /_double/script takes ``{"faults": ["overloaded", ...]}``. It differs from the real API in what it answers (see
claude_answers), in how it counts tokens (``estimated_tokens``), and in that it neither streams nor calls tools.
"""

import argparse
import json
import re
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from typing import Literal

from assistant.domain.llm_tokens import estimated_tokens
from assistant.ports.runtime import Clock
from assistant.runtime.clock import SystemClock
from tests.fakes.claude_answers import answer
from tests.fakes.claude_rules import (
    API_VERSION,
    MODELS,
    THINKING_TOKENS,
    Body,
    LimitBuckets,
    Limits,
    PromptCache,
    Refused,
    ServedModel,
    check_batch,
    check_message,
    input_tokens,
    invalid,
    last_text,
    not_found,
    thinks,
    wanted_schema,
)
from tests.fakes.loopback_http import Answer, loopback_server, running

KEY = "double-key"
OVERLOADED_STATUS = 529
BATCH_EXPIRES = timedelta(hours=24)

type Outcome = Literal["expired", "canceled", "errored"]


class FaultKind(StrEnum):
    """What may go wrong with a message."""

    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    INTERNAL = "internal"
    SLOW = "slow"
    DROPPED = "dropped"
    CUT_STREAM = "cut_stream"
    CUT_JSON = "cut_json"
    WRONG_SCHEMA = "wrong_schema"
    REFUSAL = "refusal"
    UNAUTHORIZED = "unauthorized"
    NO_JSON = "no_json"


@dataclass(frozen=True, slots=True)
class ScriptedFault:
    """A fault of one message; ``seconds`` is retry-after, or how long a slow answer takes."""

    kind: FaultKind
    seconds: float = 0.0


@dataclass
class Batch:
    """A message batch, with the state its requests are in once it ends."""

    id: str
    requests: list[Body]
    created_at: datetime
    ends_at: datetime
    results: list[Body] = field(default_factory=list)


_NOTHING_TO_SAY = "I have read the text."


class ClaudeApi:
    """The state of the double; every attribute without underscore may be set while it serves."""

    def __init__(self, clock: Clock | None = None, limits: Limits | None = None) -> None:
        self.url = ""
        self.keys = {KEY}
        self.obedient = False
        self.latency = 0.0
        self.batch_seconds = 0.0
        self.batch_outcomes: dict[str, Outcome] = {}
        self.cut_results = False
        self.answers: deque[str] = deque()
        self.faults: deque[ScriptedFault] = deque()
        self.requests: list[Body] = []
        self.refusals: list[str] = []
        self.busiest = 0
        self._busy = 0
        self._clock = clock or SystemClock()
        self._limits = LimitBuckets(limits or Limits())
        self._cache = PromptCache()
        self._batches: dict[str, Batch] = {}
        self._lock = threading.Lock()

    def fail(self, kind: str, *, times: int = 1, seconds: float = 0.0) -> None:
        """Let the next messages fail, in the order of these calls."""
        self.faults.extend([ScriptedFault(FaultKind(kind), seconds)] * times)

    def handle(self, method: str, path: str, headers: Mapping[str, str], sent: bytes) -> Answer:
        """Answer one HTTP request."""
        request_id = f"req_{secrets.token_hex(12)}"
        try:
            answered = self._route(method, path.partition("?")[0], headers, sent)
        except Refused as refused:
            with self._lock:
                self.refusals.append(refused.message)
            answered = _json(refused.status, refused.body | {"request_id": request_id}, refused.headers)
        return replace(answered, headers={**answered.headers, "request-id": request_id})

    def _route(self, method: str, path: str, headers: Mapping[str, str], sent: bytes) -> Answer:
        if (method, path) == ("POST", "/_double/script"):
            return self._script(_parsed(sent))
        self._check_headers(headers)
        for verb, pattern, handler in self._routes():
            found = re.fullmatch(pattern, path)
            if found and verb == method:
                return handler(found[1] if found.groups() else "", sent)
        raise not_found(f"{method} {path}")

    def _routes(self) -> tuple[tuple[str, str, Callable[[str, bytes], Answer]], ...]:
        return (
            ("POST", r"/v1/messages", lambda _, sent: self._message(_parsed(sent))),
            ("POST", r"/v1/messages/count_tokens", lambda _, sent: self._count(_parsed(sent))),
            ("POST", r"/v1/messages/batches", lambda _, sent: self._create_batch(_parsed(sent))),
            (
                "GET",
                r"/v1/messages/batches/([^/]+)",
                lambda one, _: _json(HTTPStatus.OK, self._shown(self._batch(one))),
            ),
            ("GET", r"/v1/messages/batches/([^/]+)/results", lambda one, _: self._batch_results(one)),
            ("GET", r"/v1/models/([^/]+)", lambda one, _: _json(HTTPStatus.OK, _model_info(one))),
        )

    def _check_headers(self, headers: Mapping[str, str]) -> None:
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or key not in self.keys:
            raise Refused(HTTPStatus.UNAUTHORIZED, "authentication_error", "invalid bearer token")
        if headers.get("anthropic-version") != API_VERSION:
            raise invalid(f"anthropic-version: {API_VERSION} is needed")

    def _script(self, script: Body) -> Answer:
        for kind in script.get("faults", []):
            self.fail(kind, seconds=script.get("seconds", 0.0))
        self.obedient = script.get("mode", "obedient" if self.obedient else "sensible") == "obedient"
        self.latency = script.get("latency_ms", self.latency * 1000) / 1000
        return _json(HTTPStatus.OK, {"faults": len(self.faults)})

    def _message(self, body: Body) -> Answer:
        model = check_message(body)
        with self._lock:
            self.requests.append(body)
            fault = self.faults.popleft() if self.faults else None
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
        try:
            time.sleep(fault.seconds if fault and fault.kind is FaultKind.SLOW else self.latency)
            return self._answered(body, model, fault)
        finally:
            with self._lock:
                self._busy -= 1

    def _answered(self, body: Body, model: ServedModel, fault: ScriptedFault | None) -> Answer:
        now = self._clock.now()
        need = {"requests": 1, "input_tokens": input_tokens(body), "output_tokens": body["max_tokens"]}
        with self._lock:
            wait = self._limits.take(now, need)
            limits = self._limits.headers(now)
        if wait:
            fault = ScriptedFault(FaultKind.RATE_LIMITED, wait)
        if fault:
            _fail(fault, limits)
        if fault and fault.kind is FaultKind.NO_JSON:
            return Answer(HTTPStatus.OK, b"<html>Please log in</html>", {"content-type": "text/html"})
        message = self._written(body, model, fault.kind if fault else None, now)
        sent = {FaultKind.DROPPED: 0.0, FaultKind.CUT_STREAM: 0.5}.get(fault.kind, 1.0) if fault else 1.0
        return replace(_json(HTTPStatus.OK, message), headers=limits, sent=sent)

    def _written(self, body: Body, model: ServedModel, fault: FaultKind | None, now: datetime) -> Body:
        text = self._text(body)
        if fault is FaultKind.WRONG_SCHEMA:
            text = json.dumps({"unexpected": True})
        if fault is FaultKind.CUT_JSON:
            text = text[: len(text) // 2]
        thought = THINKING_TOKENS if thinks(body) else 0
        tokens = thought + estimated_tokens(text)
        cut = tokens > body["max_tokens"] or fault is FaultKind.CUT_JSON
        if tokens > body["max_tokens"]:
            text = text[: max(0, body["max_tokens"] - thought) * 3]
        refused = fault is FaultKind.REFUSAL
        with self._lock:
            usage = self._cache.bill(body, now)
        usage["output_tokens"] = 1 if refused else min(tokens, body["max_tokens"])
        usage["output_tokens_details"] = {"thinking_tokens": min(thought, usage["output_tokens"])}
        thinking = [{"type": "thinking", "thinking": "", "signature": secrets.token_hex(16)}] if thought else []
        return {
            "id": f"msg_{secrets.token_hex(12)}",
            "type": "message",
            "role": "assistant",
            "model": model.id,
            "content": [] if refused else [*thinking, {"type": "text", "text": text}],
            "stop_reason": "refusal" if refused else "max_tokens" if cut else "end_turn",
            "stop_sequence": None,
            "stop_details": {"type": "refusal", "category": None, "explanation": None} if refused else None,
            "usage": usage,
        }

    def _text(self, body: Body) -> str:
        with self._lock:
            if self.answers:
                return self.answers.popleft()
        schema = wanted_schema(body)
        if schema is None:
            return _NOTHING_TO_SAY
        filled = answer(schema, last_text(body), obedient=self.obedient)
        return json.dumps(filled, ensure_ascii=False, separators=(",", ":"))

    def _count(self, body: Body) -> Answer:
        check_message({"max_tokens": 1, **body})
        return _json(HTTPStatus.OK, {"input_tokens": input_tokens(body)})

    def _create_batch(self, body: Body) -> Answer:
        requests = check_batch(body)
        now = self._clock.now()
        ends = now + timedelta(seconds=self.batch_seconds)
        batch = Batch(f"msgbatch_{secrets.token_hex(12)}", requests, now, ends)
        with self._lock:
            self._batches[batch.id] = batch
        return _json(HTTPStatus.OK, self._shown(batch))

    def _batch(self, batch_id: str) -> Batch:
        with self._lock:
            batch = self._batches.get(batch_id)
        if batch is None:
            raise not_found(f"batch: {batch_id}")
        if not batch.results and self._clock.now() >= batch.ends_at:
            # Results come in another order than the requests.
            batch.results = [self._batch_result(request) for request in reversed(batch.requests)]
        return batch

    def _batch_result(self, request: Body) -> Body:
        custom_id = request["custom_id"]
        outcome = self.batch_outcomes.get(custom_id)
        failed: Body = {"type": "errored", "error": invalid("scripted").body}
        if outcome:
            return {"custom_id": custom_id, "result": failed if outcome == "errored" else {"type": outcome}}
        try:
            model = check_message(request.get("params", {}))
        except Refused as refused:
            return {"custom_id": custom_id, "result": failed | {"error": refused.body}}
        with self._lock:
            self.requests.append(request["params"])
        message = self._written(request["params"], model, None, self._clock.now())
        message["usage"]["service_tier"] = "batch"
        return {"custom_id": custom_id, "result": {"type": "succeeded", "message": message}}

    def _shown(self, batch: Batch) -> Body:
        kinds = [result["result"]["type"] for result in batch.results]
        counts = {kind: kinds.count(kind) for kind in ("succeeded", "errored", "canceled", "expired")}
        ended = bool(batch.results)
        return {
            "id": batch.id,
            "type": "message_batch",
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": {"processing": 0 if ended else len(batch.requests), **counts},
            "created_at": batch.created_at.isoformat(),
            "expires_at": (batch.created_at + BATCH_EXPIRES).isoformat(),
            "ended_at": batch.ends_at.isoformat() if ended else None,
            "results_url": f"{self.url}/v1/messages/batches/{batch.id}/results" if ended else None,
        }

    def _batch_results(self, batch_id: str) -> Answer:
        batch = self._batch(batch_id)
        if not batch.results:
            raise not_found(f"batch {batch_id} has no results yet")
        lines = "".join(json.dumps(result) + "\n" for result in batch.results)
        sent = 0.5 if self.cut_results else 1.0
        return Answer(HTTPStatus.OK, lines.encode(), {"content-type": "application/x-jsonl"}, sent)


def retry_after(seconds: float) -> str:
    """Return the header's value."""
    return f"{seconds:.3f}"


def _fail(fault: ScriptedFault, limits: Mapping[str, str]) -> None:
    """Raise what the API answers instead of a message, if the fault is of that kind."""
    match fault.kind:
        case FaultKind.RATE_LIMITED:
            wait = {"retry-after": retry_after(fault.seconds)}
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_error", "Over the rate limit", {**limits, **wait})
        case FaultKind.OVERLOADED:
            raise Refused(OVERLOADED_STATUS, "overloaded_error", "Overloaded")
        case FaultKind.INTERNAL:
            raise Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "api_error", "Internal server error")
        case FaultKind.UNAUTHORIZED:
            raise Refused(HTTPStatus.UNAUTHORIZED, "authentication_error", "invalid bearer token")


def _model_info(model_id: str) -> Body:
    model = MODELS.get(model_id)
    if model is None:
        raise not_found(f"model: {model_id}")
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.id.replace("-", " ").title(),
        "created_at": datetime(2026, 9, 1, tzinfo=UTC).isoformat(),
        "lifecycle": "retired" if model.retired else "active",
    }


def _parsed(sent: bytes) -> Body:
    try:
        body = json.loads(sent)
    except ValueError:
        raise invalid("The request body is not valid JSON") from None
    if not isinstance(body, dict):
        raise invalid("The request body is not an object")
    return body


def _json(status: int, body: Body, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(body, ensure_ascii=False).encode(), headers or {})


def server_of(api: ClaudeApi, port: int = 0) -> ThreadingHTTPServer:
    """Return a server of the double, bound to loopback."""
    server = loopback_server(api.handle, port)
    api.url = f"http://127.0.0.1:{server.server_port}"
    return server


@contextmanager
def serve(clock: Clock | None = None, limits: Limits | None = None) -> Iterator[ClaudeApi]:
    """Serve until the block ends."""
    api = ClaudeApi(clock, limits)
    with running(server_of(api)):
        yield api


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A double of the Messages API.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--batch-seconds", type=float, default=60.0)
    parser.add_argument("--mode", choices=("sensible", "obedient"), default="sensible")
    given = parser.parse_args()
    api = ClaudeApi()
    api.latency, api.batch_seconds = given.latency_ms / 1000, given.batch_seconds
    api.obedient = given.mode == "obedient"
    with server_of(api, given.port) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
