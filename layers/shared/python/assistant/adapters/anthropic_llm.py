"""Claude: key, circuit, rate limits, deadline and retries around single calls; the first call imports the SDK."""

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from http import HTTPStatus
from json import dumps
from threading import Lock
from typing import TYPE_CHECKING

from pydantic import BaseModel

from assistant.adapters.anthropic_calls import Answered, CallFailed, ServiceDown, ServiceSilent
from assistant.adapters.anthropic_limits import NOTHING, Need, RateLimits
from assistant.adapters.dynamo_circuit import SharedCircuit
from assistant.adapters.retry_after import retry_after
from assistant.adapters.secrets import ApiKey
from assistant.domain.errors import Unavailable
from assistant.domain.llm import LlmTask, Prompt, Reply, TokenUsage, Unanswered, Unheard
from assistant.domain.llm_models import LlmModel, billed_as
from assistant.domain.llm_tokens import most_tokens
from assistant.ports.runtime import Clock

if TYPE_CHECKING:
    from assistant.adapters.anthropic_client import MessagesClient

logger = logging.getLogger(__name__)

_ATTEMPTS = 3
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 3600.0
# A call cannot be expected to answer faster.
_LEAST_SECONDS = 0.3
# Who gives a call less time than this learns nothing about the service from its timeout.
_FAIR_SECONDS = 5.0
_REFUSED_KEY_SECONDS = 60.0
# What the service adds to a request: the wrapping of messages, and of the schema.
_ADDED_TOKENS = 200

_AWAY = "Claude does not answer right now."


@dataclass(frozen=True, slots=True)
class ModelsInUse:
    """The model of each task, and the prices of all that may have answered."""

    by_task: Mapping[LlmTask, LlmModel]
    priced: Mapping[str, LlmModel]


class AnthropicLlm:
    """Implements ``ports.Llm``. ``pause`` sleeps; ``connect`` builds the client, once."""

    def __init__(
        self,
        connect: Callable[[], "MessagesClient"],
        key: ApiKey,
        models: ModelsInUse,
        circuit: SharedCircuit,
        clock: Clock,
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connect = connect
        self._key = key
        self._models = models
        self._circuit = circuit
        self._clock = clock
        self._pause = pause
        self._limits = RateLimits(clock)
        self._client: MessagesClient | None = None
        self._refused: tuple[str, float] | None = None
        self._lock = Lock()

    def configured(self) -> bool:
        """Whether a key is set; a secret that cannot be read counts as one. Never raises."""
        try:
            return self._key.value() is not None
        except Unavailable:
            return True

    def available(self) -> bool:
        """Whether asking makes sense now: a key is set, the circuit is closed and the rate limits leave room."""
        try:
            key = self._key.value()
        except Unavailable:
            return False
        usable = key is not None and not self._is_refused(key)
        return usable and not self._limits.wait(NOTHING) and self._circuit.lets_through()

    def prime(self) -> None:
        """Import the SDK and build its client: a snapshot can keep both."""
        self._messages().prepare()

    def worst_cost(self, prompt: Prompt[BaseModel]) -> int:
        """Return the most one call with this prompt can cost, in nanodollars, before it is made."""
        need = _need(prompt)
        written = TokenUsage(cache_write=need.input_tokens, output=need.output_tokens)
        plain = TokenUsage(input=need.input_tokens, output=need.output_tokens)
        prices = self._models.by_task[prompt.task].prices
        return max(prices.nanodollars(written), prices.nanodollars(plain))

    def cost(self, reply: Reply[BaseModel] | Unanswered, *, batch: bool = False) -> int:
        """Return what an answer cost, in nanodollars; of a model without a known price, at the highest known."""
        model = billed_as(reply.model, self._models.priced)
        if model is None:
            model = max(self._models.priced.values(), key=_output_price)
        return model.prices.nanodollars(reply.usage, batch=batch)

    def ask[Answer: BaseModel](self, prompt: Prompt[Answer], *, seconds: float) -> Reply[Answer]:
        """Return the answer, within ``seconds`` in all and with retries inside them.

        Raises:
            Unavailable: no key, the service is down or too slow, the circuit is open, or a rate limit stands.
            Unanswered: the model refused, or its answer is cut off or breaks the schema; never retried here.
        """
        deadline = self._clock.monotonic() + seconds
        outcome = self._circuit.call(lambda: self._outcome(prompt, deadline, fair=seconds >= _FAIR_SECONDS))
        if isinstance(outcome, Unanswered):
            raise outcome
        return outcome

    def _outcome[Answer: BaseModel](
        self, prompt: Prompt[Answer], deadline: float, *, fair: bool
    ) -> Reply[Answer] | Unanswered:
        """Try until an answer comes, no further try can help, or the time is too short for another."""
        key, client = self._usable_key(), self._messages()
        for attempt in range(_ATTEMPTS):
            try:
                return self._call(client, prompt, key, deadline).outcome
            except CallFailed as failed:
                logger.warning("claude did not answer: %s", failed.reason)
                if failed.status == HTTPStatus.UNAUTHORIZED:
                    key = self._key_after(key)
                elif not failed.retry or attempt == _ATTEMPTS - 1:
                    raise _given_up(failed, fair=fair) from failed
                else:
                    self._wait(self._pause_after(failed, attempt), deadline, failed, fair=fair)
        raise ServiceDown(_AWAY)

    def _call[Answer: BaseModel](
        self, client: "MessagesClient", prompt: Prompt[Answer], key: str, deadline: float
    ) -> Answered[Answer]:
        need = _need(prompt)
        self._make_room(need, deadline)
        headers: Mapping[str, str] = {}
        started = self._clock.monotonic()
        model = self._models.by_task[prompt.task]
        try:
            answered = client.create(prompt, model, key=key, seconds=deadline - started)
            headers = answered.headers
        except CallFailed as failed:
            headers = failed.headers
            raise
        finally:
            self._limits.give_back(need, headers)
        _log(prompt.task, answered, self._clock.monotonic() - started)
        return answered

    def _make_room(self, need: Need, deadline: float) -> None:
        """Wait until the rate limits have room for a call, if that leaves time for it; raises Unavailable."""
        if self._is_late(deadline):
            raise Unavailable(_AWAY)
        while wait := self._limits.take(need):
            if self._is_late(deadline, after=wait):
                raise Unavailable("Claude's rate limit is reached.")
            self._pause(wait)

    def _is_late(self, deadline: float, *, after: float = 0.0) -> bool:
        return self._clock.monotonic() + after + _LEAST_SECONDS > deadline

    def _pause_after(self, failed: CallFailed, attempt: int) -> float:
        """Return how long to wait: what the service asked for, else 0.5, 1 ... seconds less up to half as jitter."""
        told = retry_after(failed.headers.get("retry-after", ""), self._clock.now())
        asked = min(told, _LONGEST_PAUSE) if told else None
        if asked and failed.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._limits.block(asked)
        return asked or _FIRST_PAUSE * 2**attempt * (1000 - secrets.randbelow(500)) / 1000

    def _wait(self, seconds: float, deadline: float, failed: CallFailed, *, fair: bool) -> None:
        if self._is_late(deadline, after=seconds):
            raise _given_up(failed, fair=fair) from failed
        self._pause(seconds)

    def _usable_key(self) -> str:
        key = self._key.value()
        if key is None or self._is_refused(key):
            raise Unavailable("There is no key that Claude takes.")
        return key

    def _key_after(self, refused: str) -> str:
        """Return the key that replaced a refused one; raises ServiceDown where none did."""
        current = self._key.value(fresh=True)
        if current is None or current == refused:
            self._refused = (refused, self._clock.monotonic() + _REFUSED_KEY_SECONDS)
            raise ServiceDown("Claude refuses the key.")
        return current

    def _is_refused(self, key: str) -> bool:
        refused = self._refused
        return refused is not None and refused[0] == key and self._clock.monotonic() < refused[1]

    def _messages(self) -> "MessagesClient":
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client


def _given_up(failed: CallFailed, *, fair: bool) -> Unavailable:
    if failed.down and fair:
        return ServiceSilent(_AWAY) if failed.sent else ServiceDown(_AWAY)
    return Unheard(_AWAY) if failed.sent else Unavailable(_AWAY)


def _need(prompt: Prompt[BaseModel]) -> Need:
    data = most_tokens(dumps(prompt.data, ensure_ascii=False))
    return Need(_prefix_tokens(prompt.policy, prompt.profile, prompt.answer) + data + _ADDED_TOKENS, prompt.max_tokens)


@lru_cache(maxsize=256)
def _prefix_tokens(policy: str, profile: str, answer: type[BaseModel]) -> int:
    return sum(map(most_tokens, (policy, profile, dumps(answer.model_json_schema()))))


def _output_price(model: LlmModel) -> Decimal:
    return model.prices.output


def _log(task: LlmTask, answered: Answered[BaseModel], seconds: float) -> None:
    outcome = answered.outcome
    usage = outcome.usage
    logger.info(
        "claude answered: task %s, model %s, request %s, %d ms, tokens in %d, out %d, cached %d, written %d",
        task.value,
        outcome.model,
        answered.request_id,
        seconds * 1000,
        usage.input,
        usage.output,
        usage.cache_read,
        usage.cache_write,
    )
