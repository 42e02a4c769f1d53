"""Asking Claude, now or in batches, and what that may cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from pydantic import BaseModel

from assistant.domain.llm import Prompt, Reply, Unanswered
from assistant.domain.spending import Reservation, Usage, UsageOfDay


class Llm(Protocol):
    """Asks a language model, one prompt a call; safe to call from several threads."""

    def configured(self) -> bool:
        """Whether a key is set, so that an answer is owed; without one nothing is missing. Never raises."""
        ...

    def available(self) -> bool:
        """Whether asking makes sense now: a key is set, the circuit is closed and the rate limits leave room."""
        ...

    def worst_cost(self, prompt: Prompt[BaseModel]) -> int:
        """Return the most one call with this prompt can cost, in nanodollars, before it is made."""
        ...

    def cost(self, reply: Reply[BaseModel] | Unanswered, *, batch: bool = False) -> int:
        """Return what an answer cost, in nanodollars."""
        ...

    def ask[Answer: BaseModel](self, prompt: Prompt[Answer], *, seconds: float) -> Reply[Answer]:
        """Return the answer, within ``seconds`` in all and with retries inside them.

        Raises:
            Unavailable: no key, the service is down or too slow, the circuit is open, or a rate limit stands;
                ``Unheard`` where the question was sent and may be billed.
            Unanswered: the model refused, or its answer is cut off or breaks the schema; never retried here.
        """
        ...


@dataclass(frozen=True, slots=True)
class BatchResult[Answer: BaseModel]:
    """The outcome of one prompt of a batch, by the id it was submitted under."""

    id: str
    outcome: Reply[Answer] | Unanswered


class LlmBatches(Protocol):
    """Message Batches: many prompts at half the price, answered within 24 hours."""

    def submit[Answer: BaseModel](self, prompts: Mapping[str, Prompt[Answer]]) -> str:
        """Hand the prompts over by id (at most 64 of ``[a-zA-Z0-9_-]``); return the id of the batch."""
        ...

    def ended(self, batch_id: str) -> bool:
        """Whether every prompt of the batch has an outcome."""
        ...

    def results[Answer: BaseModel](self, batch_id: str, answer: type[Answer]) -> Iterator[BatchResult[Answer]]:
        """Yield the outcomes of an ended batch, in any order."""
        ...


class Spending(Protocol):
    """Money spent on Claude, by user and by all, held under the daily caps."""

    def reserve(self, user_id: str, day: date, *, calls: int, nanodollars_each: int) -> Reservation:
        """Put money aside for as many of the calls as fit under the caps of the user and of everyone."""
        ...

    def settle(self, reservation: Reservation, usages: Sequence[Usage]) -> None:
        """Replace what was put aside by what was spent, and add the usages to the user's day."""
        ...

    def usage(self, user_id: str, *, since: date, until: date) -> Sequence[UsageOfDay]:
        """Return the days with usage from ``since`` to ``until``, both included, oldest first."""
        ...
