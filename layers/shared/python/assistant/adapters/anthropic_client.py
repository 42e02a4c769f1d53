"""The Messages API through its SDK. Only this module imports it, which takes a second: import this one on first use."""

import json
import logging
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from threading import Lock

import httpx2
from anthropic import (
    Anthropic,
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    transform_schema,
)
from anthropic.resources.messages import Batches
from anthropic.types import Message, TextBlockParam
from anthropic.types import Usage as BilledUsage
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from anthropic.types.messages import MessageBatchResult
from anthropic.types.messages.batch_create_params import Request
from pydantic import BaseModel, ValidationError

from assistant.adapters.anthropic_calls import Answered, CallFailed
from assistant.domain.llm import Fault, Prompt, Reply, TokenUsage, Unanswered
from assistant.domain.llm_models import LlmModel

# At debug level they log what is sent.
for _name in ("anthropic", "httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)

# A request of a batch that no model answered; it costs nothing.
NO_MODEL = "none"
_NO_KEY = "none"
_LONGEST_CONNECT = 1.0
_RETRIED = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS})
# With these nobody's request is served: the key is refused, the bill not paid, the model gone.
_CLOSED_TO_ALL = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
)


class MessagesClient:
    """Creates messages and batches of them, without retries; safe to use from several threads."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._client: Anthropic | None = None
        self._lock = Lock()

    def prepare(self) -> None:
        """Build what the first call would build, its key aside."""
        self._with(_NO_KEY)

    def create[Answer: BaseModel](
        self, prompt: Prompt[Answer], model: LlmModel, *, key: str, seconds: float
    ) -> Answered[Answer]:
        """Ask once, for at most ``seconds``; raises CallFailed."""
        with _failures():
            response = self._with(key).messages.with_raw_response.create(
                **message_params(prompt, model), timeout=_timeout(seconds)
            )
            message = response.parse()
        if not isinstance(message, Message) or not isinstance(message.usage, BilledUsage):
            raise CallFailed("no message", retry=True, down=True, sent=True)
        return Answered(read_message(message, prompt.answer, model.id), response.request_id, dict(response.headers))

    def create_batch[Answer: BaseModel](
        self, prompts: Mapping[str, tuple[Prompt[Answer], LlmModel]], *, key: str, seconds: float
    ) -> str:
        """Hand prompts over by id and return the id of the batch; raises CallFailed."""
        requests = [
            Request(custom_id=custom_id, params=message_params(prompt, model))
            for custom_id, (prompt, model) in prompts.items()
        ]
        with _failures():
            return self._batches(key, seconds).create(requests=requests).id

    def batch_ended(self, batch_id: str, *, key: str, seconds: float) -> bool:
        """Whether every request of the batch has a result; raises CallFailed."""
        with _failures():
            return self._batches(key, seconds).retrieve(batch_id).processing_status == "ended"

    def batch_outcomes[Answer: BaseModel](
        self, batch_id: str, answer: type[Answer], *, key: str, seconds: float
    ) -> Iterator[tuple[str, Reply[Answer] | Unanswered]]:
        """Yield id and outcome of each request of an ended batch; raises CallFailed, also midway."""
        with _failures():
            for line in self._batches(key, seconds).results(batch_id):
                yield line.custom_id, _batch_outcome(line.result, answer)

    def _with(self, key: str) -> Anthropic:
        """Return the SDK's client for this key; a new key keeps the open connections."""
        with self._lock:
            if self._client is None:
                self._client = Anthropic(api_key=key, base_url=self._base_url, max_retries=0, open_telemetry=False)
                # The SDK's client is in cycles, which are collected in any order: a socket may go before its owner.
                weakref.finalize(self, self._client.close)
            elif self._client.api_key != key:
                self._client = self._client.with_options(api_key=key)
            return self._client

    def _batches(self, key: str, seconds: float) -> Batches:
        # Reading results asks for the batch first, and passes on neither the headers nor the timeout of the call.
        return self._with(key).with_options(timeout=_timeout(seconds)).messages.batches


def message_params(prompt: Prompt[BaseModel], model: LlmModel) -> MessageCreateParamsNonStreaming:
    """Return the request: the stable prefix first, with a cache breakpoint after each part, then the data as JSON."""
    data = json.dumps(prompt.data, ensure_ascii=False, separators=(",", ":"))
    # A mail may hold half of a surrogate pair, which UTF-8 cannot.
    sound = data.encode(errors="replace").decode()
    return {
        "model": model.id,
        "max_tokens": prompt.max_tokens,
        "system": [_cached(part) for part in (prompt.policy, prompt.profile) if part.strip()],
        "messages": [{"role": "user", "content": sound}],
        "thinking": {"type": "disabled"} if model.thinking == "disabled" else {"type": "between_tools"},
        "output_config": {"format": {"type": "json_schema", "schema": _schema(prompt.answer)}},
    }


def read_message[Answer: BaseModel](message: Message, answer: type[Answer], model: str) -> Reply[Answer] | Unanswered:
    """Return the answer, or why the message holds none; ``model`` is the id it is billed as."""
    usage = _usage(message.usage)
    match message.stop_reason:
        case "refusal":
            return Unanswered(Fault.REFUSAL, model=model, usage=usage)
        case "max_tokens" | "model_context_window_exceeded":
            return Unanswered(Fault.TRUNCATED, model=model, usage=usage)
    text = "".join(block.text for block in message.content if block.type == "text")
    try:
        return Reply(answer.model_validate_json(text), model, usage)
    except ValidationError:
        return Unanswered(Fault.MALFORMED, model=model, usage=usage)


def _batch_outcome[Answer: BaseModel](result: MessageBatchResult, answer: type[Answer]) -> Reply[Answer] | Unanswered:
    if result.type == "succeeded":
        return read_message(result.message, answer, result.message.model)
    fault = Fault.EXPIRED if result.type == "expired" else Fault.FAILED
    return Unanswered(fault, model=NO_MODEL, usage=TokenUsage())


@cache
def _schema(answer: type[BaseModel]) -> dict[str, object]:
    """Return the schema as the API takes it; making it costs two milliseconds."""
    return transform_schema(answer)


def _cached(text: str) -> TextBlockParam:
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}


def _usage(billed: BilledUsage) -> TokenUsage:
    details = billed.output_tokens_details
    return TokenUsage(
        input=billed.input_tokens,
        output=billed.output_tokens,
        thinking=details.thinking_tokens if details else 0,
        cache_write=billed.cache_creation_input_tokens or 0,
        cache_read=billed.cache_read_input_tokens or 0,
    )


def _timeout(seconds: float) -> httpx2.Timeout:
    """Split the time so that connecting, sending and waiting for the answer together stay within it."""
    short = min(_LONGEST_CONNECT, seconds / 8)
    return httpx2.Timeout(connect=short, write=short, pool=short, read=seconds - 3 * short)


@contextmanager
def _failures() -> Iterator[None]:
    """Turn what the SDK and the HTTP client raise into CallFailed."""
    try:
        yield
    except APITimeoutError as error:
        # Waiting for the answer took all the time there was; connecting did not.
        sent = not isinstance(error.__cause__, httpx2.ConnectTimeout | httpx2.PoolTimeout)
        raise CallFailed("timeout", retry=not sent, down=True, sent=sent) from error
    except APIConnectionError as error:
        sent = not isinstance(error.__cause__, httpx2.ConnectError)
        raise CallFailed("connection", retry=True, down=True, sent=sent) from error
    except APIStatusError as error:
        raise _refused(error) from error
    except (APIResponseValidationError, APIError, httpx2.HTTPError) as error:
        # A broken stream may come as the HTTP client's own error.
        raise CallFailed(type(error).__name__, retry=True, down=True, sent=True) from error


def _refused(error: APIStatusError) -> CallFailed:
    headers, status = dict(error.response.headers), error.status_code
    faulty = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    advised = headers.get("x-should-retry")
    return CallFailed(
        f"status {status} ({error.type}), request {error.request_id}",
        status=status,
        retry=advised == "true" or (advised != "false" and (faulty or status in _RETRIED)),
        down=faulty or status in _CLOSED_TO_ALL,
        headers=headers,
    )
