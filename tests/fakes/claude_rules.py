"""What the Messages API refuses, and how it bills a request: the rules of the double."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from assistant.domain.llm_tokens import estimated_tokens

type Body = dict[str, Any]

API_VERSION = "2026-10-21"
SMALLEST_CACHED_PREFIX = 512
MOST_BREAKPOINTS = 4
MOST_INPUT_TOKENS = 200_000
# What a message and a request cost beyond their text.
MESSAGE_TOKENS = 4
SCHEMA_TOKENS = 60
THINKING_TOKENS = 1_500


class Refused(Exception):
    """The API answers with an error."""

    def __init__(self, status: int, kind: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.headers = headers or {}
        self.status = status
        self.kind = kind
        self.message = message

    @property
    def body(self) -> Body:
        return {"type": "error", "error": {"type": self.kind, "message": self.message}}


def invalid(message: str) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, "invalid_request_error", message)


def not_found(message: str) -> Refused:
    return Refused(HTTPStatus.NOT_FOUND, "not_found_error", message)


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model of the API; a retired one is still in the catalogue."""

    id: str
    thinking: frozenset[str] = frozenset({"adaptive", "between_tools"})
    forced_tools: bool = False
    retired: bool = False


MODELS = {
    model.id: model
    for model in (
        ServedModel("claude-haiku-5-5", frozenset({"adaptive", "enabled", "disabled"}), forced_tools=True),
        ServedModel("claude-sonnet-5-5"),
        ServedModel("claude-opus-5-5"),
        ServedModel("claude-3-5-sonnet-20241022", retired=True),
    )
}

_PARAMETERS = {
    "model", "messages", "max_tokens", "system", "metadata", "output_config", "service_tier", "stop_sequences",
    "stream", "thinking", "tool_choice", "tools", "cache_control",
}  # fmt: skip
_SAMPLING = ("temperature", "top_p", "top_k")
_EFFORTS = {"low", "medium", "high", "xhigh", "max", None}
_SCHEMA_KEYWORDS = {
    "$defs", "$ref", "additionalProperties", "allOf", "anyOf", "const", "default", "description", "enum", "format",
    "items", "minItems", "properties", "required", "title", "type",
}  # fmt: skip


def check_message(body: Body) -> ServedModel:
    """Return the model asked for; raises Refused where the API would."""
    model = _model(body)
    _check_parameters(body)
    _check_turns(body)
    _check_thinking(body, model)
    _check_tools(body, model)
    _check_output(body.get("output_config"))
    _check_blocks(body)
    return model


def _model(body: Body) -> ServedModel:
    asked = body.get("model")
    if not isinstance(asked, str):
        raise invalid("model: Field required")
    model = MODELS.get(asked)
    if model is None or model.retired:
        raise not_found(f"model: {asked}")
    return model


def _check_parameters(body: Body) -> None:
    for name in _SAMPLING:
        if name in body:
            raise invalid(f"{name}: is not supported by this model")
    unknown = sorted(body.keys() - _PARAMETERS)
    if unknown:
        raise invalid(f"{unknown[0]}: Extra inputs are not permitted")
    most = body.get("max_tokens")
    if not isinstance(most, int) or isinstance(most, bool):
        raise invalid("max_tokens: Field required")
    if most < 1:
        raise invalid("max_tokens: must be greater than or equal to 1")
    if body.get("stream"):
        raise invalid("stream: the double does not stream")


def _check_turns(body: Body) -> None:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise invalid("messages: at least one message is required")
    roles = [message.get("role") for message in messages]
    if set(roles) - {"user", "assistant"}:
        raise invalid("messages: roles are user and assistant")
    if roles[0] != "user":
        raise invalid("messages: first message must use the user role")
    if roles[-1] == "assistant":
        raise invalid("messages: this model does not support assistant message prefill")


def _check_thinking(body: Body, model: ServedModel) -> None:
    if "thinking" not in body:
        return
    kind = (body["thinking"] or {}).get("type")
    if kind not in model.thinking:
        raise invalid(f"thinking.type: {kind} is not supported by {model.id}")


def _check_tools(body: Body, model: ServedModel) -> None:
    choice = (body.get("tool_choice") or {}).get("type", "auto")
    if choice in {"any", "tool"} and not model.forced_tools:
        raise invalid(f"tool_choice: {choice} is not supported by {model.id}")
    if choice != "auto" and not body.get("tools"):
        raise invalid("tool_choice: needs tools")


def _check_output(config: Body | None) -> None:
    if config is None:
        return
    if config.keys() - {"effort", "format"} or config.get("effort") not in _EFFORTS:
        raise invalid("output_config: is not as it should be")
    wanted = config.get("format")
    if wanted is None:
        return
    if wanted.get("type") != "json_schema" or not isinstance(wanted.get("schema"), dict):
        raise invalid("output_config.format: type json_schema with a schema is needed")
    _check_schema(wanted["schema"])


def _check_schema(schema: Body) -> None:
    unsupported = sorted(schema.keys() - _SCHEMA_KEYWORDS)
    if unsupported:
        raise invalid(f"output_config.format.schema: {unsupported[0]} is not supported")
    if schema.get("minItems", 0) not in {0, 1}:
        raise invalid("output_config.format.schema: minItems other than 0 and 1 is not supported")
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        raise invalid("output_config.format.schema: additionalProperties must be false")
    for inner in _inner_schemas(schema):
        _check_schema(inner)


def _inner_schemas(schema: Body) -> Iterator[Body]:
    for several in ("$defs", "properties"):
        yield from schema.get(several, {}).values()
    for several in ("anyOf", "allOf"):
        yield from schema.get(several, [])
    if "items" in schema:
        yield schema["items"]


def _check_blocks(body: Body) -> None:
    blocks = [*_blocks(body.get("system")), *(block for turn in body["messages"] for block in _blocks(turn["content"]))]
    if any(block.get("type") == "text" and not block.get("text", "").strip() for block in blocks):
        raise invalid("text content blocks must be non-empty")
    breakpoints = [block["cache_control"] for block in blocks if block.get("cache_control")]
    if len(breakpoints) > MOST_BREAKPOINTS:
        raise invalid(f"cache_control: at most {MOST_BREAKPOINTS} blocks")
    if any(one.get("type") != "ephemeral" or one.get("ttl", "5m") not in _LIFETIMES for one in breakpoints):
        raise invalid("cache_control: type ephemeral with ttl 5m or 1h")
    if input_tokens(body) > MOST_INPUT_TOKENS:
        raise invalid(f"prompt is too long: more than {MOST_INPUT_TOKENS} tokens")


def _blocks(content: object) -> list[Body]:
    if content is None:
        return []
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        raise invalid("content: text or a list of content blocks")
    return content


def last_text(body: Body) -> str:
    """Return the text of the last message."""
    return "".join(block.get("text", "") for block in _blocks(body["messages"][-1]["content"]))


def wanted_schema(body: Body) -> Body | None:
    """Return the schema the answer has to fit, if one was given."""
    wanted = (body.get("output_config") or {}).get("format")
    return wanted["schema"] if wanted else None


def thinks(body: Body) -> bool:
    """Whether the model thinks first: it does unless told not to."""
    return (body.get("thinking") or {"type": "adaptive"})["type"] in {"adaptive", "enabled"}


@dataclass(frozen=True, slots=True)
class _Segment:
    text: str
    tokens: int
    lifetime: str | None = None


def _segments(body: Body) -> list[_Segment]:
    """Return the request in the order in which it is cached: schema and tools, system, messages."""
    schema = wanted_schema(body)
    segments = []
    for fixed, overhead in ((schema, SCHEMA_TOKENS), (body.get("tools"), 0)):
        if fixed:
            text = json.dumps(fixed, ensure_ascii=False)
            segments.append(_Segment(text, estimated_tokens(text) + overhead))
    for overhead, blocks in (
        (0, _blocks(body.get("system"))),
        *((MESSAGE_TOKENS, _blocks(turn["content"])) for turn in body["messages"]),
    ):
        for block in blocks:
            text = block.get("text") or json.dumps(block, ensure_ascii=False)
            control = block.get("cache_control")
            lifetime = control.get("ttl", "5m") if control else None
            segments.append(_Segment(text, estimated_tokens(text) + overhead, lifetime))
    if body.get("cache_control"):
        last = segments[-1]
        segments[-1] = _Segment(last.text, last.tokens, body["cache_control"].get("ttl", "5m"))
    return segments


def input_tokens(body: Body) -> int:
    """Return the tokens of the whole request."""
    return sum(segment.tokens for segment in _segments(body))


_LIFETIMES: Mapping[str, timedelta] = {"5m": timedelta(minutes=5), "1h": timedelta(hours=1)}


@dataclass
class PromptCache:
    """Prefixes by their hash; one is there for later requests once the request that wrote it is answered."""

    _until: dict[str, tuple[datetime, timedelta]] = field(default_factory=dict)

    def bill(self, body: Body, now: datetime) -> Body:
        """Return the input side of ``usage``, keep what this request writes and renew what it reads."""
        segments = _segments(body)
        keys, totals = _prefixes(str(body["model"]), segments)
        marks = [
            index
            for index, segment in enumerate(segments)
            if segment.lifetime and totals[index] >= SMALLEST_CACHED_PREFIX
        ]
        if not marks:
            return _usage(totals[-1])
        last = marks[-1]
        found = next((index for index in range(last, -1, -1) if self._alive(keys[index], now)), None)
        read = totals[found] if found is not None else 0
        lifetimes = {index: _LIFETIMES[segments[index].lifetime or "5m"] for index in marks}
        for index, lifetime in lifetimes.items():
            self._until[keys[index]] = (now + lifetime, lifetime)
        if found is not None:
            lifetime = self._until[keys[found]][1]
            self._until[keys[found]] = (now + lifetime, lifetime)
        long = segments[last].lifetime == "1h"
        return _usage(totals[-1] - totals[last], written=totals[last] - read, read=read, long=long)

    def _alive(self, key: str, now: datetime) -> bool:
        return key in self._until and self._until[key][0] > now


def _prefixes(model: str, segments: list[_Segment]) -> tuple[list[str], list[int]]:
    running, keys, totals, total = hashlib.sha256(model.encode()), [], [], 0
    for segment in segments:
        running.update(hashlib.sha256(segment.text.encode()).digest())
        total += segment.tokens
        keys.append(running.hexdigest())
        totals.append(total)
    return keys, totals


def _usage(plain: int, *, written: int = 0, read: int = 0, long: bool = False) -> Body:
    return {
        "input_tokens": plain,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": 0 if long else written,
            "ephemeral_1h_input_tokens": written if long else 0,
        },
        "service_tier": "standard",
    }


@dataclass(frozen=True, slots=True)
class Limits:
    """Rate limits a minute; buckets refill steadily."""

    requests: int = 4_000
    input_tokens: int = 4_000_000
    output_tokens: int = 800_000


@dataclass
class LimitBuckets:
    """What is left of the limits."""

    limits: Limits
    _left: dict[str, float] = field(default_factory=dict)
    _at: datetime | None = None

    def take(self, now: datetime, need: Mapping[str, int]) -> float:
        """Take what a request needs and return 0, or take nothing and return the seconds until there is enough."""
        self._refill(now)
        waits = [
            (amount - self._left[kind]) / self._limit(kind) * 60
            for kind, amount in need.items()
            if amount > self._left[kind]
        ]
        if waits:
            return max(waits)
        for kind, amount in need.items():
            self._left[kind] -= amount
        return 0.0

    def headers(self, now: datetime) -> dict[str, str]:
        """Return the ``anthropic-ratelimit-*`` headers."""
        self._refill(now)
        headers: dict[str, str] = {}
        for kind, left in self._left.items():
            name, limit = kind.replace("_", "-"), self._limit(kind)
            full = now + timedelta(seconds=(limit - left) / limit * 60)
            headers |= {
                f"anthropic-ratelimit-{name}-limit": str(limit),
                f"anthropic-ratelimit-{name}-remaining": str(int(left)),
                f"anthropic-ratelimit-{name}-reset": full.isoformat().replace("+00:00", "Z"),
            }
        return headers

    def _refill(self, now: datetime) -> None:
        seconds = (now - self._at).total_seconds() if self._at else 60
        self._at = now
        for kind in ("requests", "input_tokens", "output_tokens"):
            limit = self._limit(kind)
            self._left[kind] = min(limit, self._left.get(kind, 0) + limit * seconds / 60)

    def _limit(self, kind: str) -> int:
        limit: int = getattr(self.limits, kind)
        return limit


CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MOST_BATCH_REQUESTS = 100_000


def check_batch(body: Body) -> list[Body]:
    """Return the requests of a batch; their parameters are checked later, one by one."""
    requests = body.get("requests")
    if not isinstance(requests, list) or not 1 <= len(requests) <= MOST_BATCH_REQUESTS:
        raise invalid(f"requests: between 1 and {MOST_BATCH_REQUESTS}")
    ids = [request.get("custom_id", "") for request in requests]
    if not all(CUSTOM_ID.fullmatch(one) for one in ids):
        raise invalid("requests: custom_id must match ^[a-zA-Z0-9_-]{1,64}$")
    if len(set(ids)) < len(ids):
        raise invalid("requests: custom_id must be unique")
    return requests
