"""Message Batches: many prompts at half the price, answered within 24 hours."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import BaseModel

from assistant.adapters.anthropic_calls import CallFailed
from assistant.adapters.anthropic_llm import ModelsInUse
from assistant.adapters.secrets import ApiKey
from assistant.domain.errors import Unavailable
from assistant.domain.llm import Prompt
from assistant.ports.claude import BatchResult

if TYPE_CHECKING:
    from assistant.adapters.anthropic_client import MessagesClient

logger = logging.getLogger(__name__)

_SECONDS = 20.0


class AnthropicBatches:
    """Implements ``ports.LlmBatches``. Retries nothing: whoever is scheduled comes again, and a lost answer is paid."""

    def __init__(self, connect: Callable[[], "MessagesClient"], key: ApiKey, models: ModelsInUse) -> None:
        self._connect = connect
        self._key = key
        self._models = models

    def submit[Answer: BaseModel](self, prompts: Mapping[str, Prompt[Answer]]) -> str:
        """Hand the prompts over by id (at most 64 of ``[a-zA-Z0-9_-]``); return the id of the batch."""
        chosen = {custom_id: (prompt, self._models.by_task[prompt.task]) for custom_id, prompt in prompts.items()}
        with _unavailable():
            return self._connect().create_batch(chosen, key=self._secret(), seconds=_SECONDS)

    def ended(self, batch_id: str) -> bool:
        """Whether every prompt of the batch has an outcome."""
        with _unavailable():
            return self._connect().batch_ended(batch_id, key=self._secret(), seconds=_SECONDS)

    def results[Answer: BaseModel](self, batch_id: str, answer: type[Answer]) -> Iterator[BatchResult[Answer]]:
        """Yield the outcomes of an ended batch, in any order."""
        with _unavailable():
            outcomes = self._connect().batch_outcomes(batch_id, answer, key=self._secret(), seconds=_SECONDS)
            for custom_id, outcome in outcomes:
                yield BatchResult(custom_id, outcome)

    def _secret(self) -> str:
        key = self._key.value()
        if key is None:
            raise Unavailable("There is no key for Claude.")
        return key


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except CallFailed as failed:
        logger.warning("claude's batches did not answer: %s", failed.reason)
        raise Unavailable("Claude does not answer right now.") from failed
