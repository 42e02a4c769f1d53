"""The models the product knows: list prices (2026-11), retirement, and the least thinking each accepts."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from assistant.domain.llm import LlmTask, TokenUsage

type LeastThinking = Literal["disabled", "between_tools"]

NANODOLLARS = 1_000_000_000
SOON = timedelta(days=60)
# Message Batches are billed at half the list price.
BATCH_SHARE = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars a million tokens; ``cache_write`` is the five-minute cache."""

    input: Decimal
    output: Decimal
    cache_write: Decimal
    cache_read: Decimal

    def nanodollars(self, usage: TokenUsage, *, batch: bool = False) -> int:
        """Return what the tokens cost in billionths of a dollar, rounded up."""
        dollars_a_million = (
            self.input * usage.input
            + self.output * usage.output
            + self.cache_write * usage.cache_write
            + self.cache_read * usage.cache_read
        )
        share = BATCH_SHARE if batch else Decimal(1)
        return math.ceil(dollars_a_million * share * NANODOLLARS / 1_000_000)


@dataclass(frozen=True, slots=True)
class LlmModel:
    """One model."""

    id: str
    prices: Prices
    thinking: LeastThinking


class UnusableModel(Exception):
    """A model id is unknown, or its model is retired; the message says which and what to do."""


def _prices(*dollars: str) -> Prices:
    return Prices(*map(Decimal, dollars))


_HAIKU = LlmModel("claude-haiku-5-5", _prices("0.10", "0.50", "0.125", "0.01"), "disabled")
_SONNET = LlmModel("claude-sonnet-5-5", _prices("2", "10", "2.50", "0.10"), "between_tools")
_OPUS = LlmModel("claude-opus-5-5", _prices("4", "20", "5", "0.20"), "between_tools")

MODELS: Mapping[str, LlmModel] = {model.id: model for model in (_HAIKU, _SONNET, _OPUS)}
# Dates on which models retire, or did: from then on the provider answers 404.
RETIREMENTS: Mapping[str, date] = {
    "claude-3-5-sonnet-20241022": date(2025, 10, 28),
    "claude-mythos-preview": date(2026, 6, 30),
    "claude-sonnet-4-5": date(2026, 11, 30),
    "claude-sonnet-4-5-20250929": date(2026, 11, 30),
}
DEFAULT_MODELS: Mapping[LlmTask, str] = {
    LlmTask.TRIAGE: _HAIKU.id,
    LlmTask.TASKS: _HAIKU.id,
    LlmTask.CALENDAR: _HAIKU.id,
    LlmTask.BRIEFING: _SONNET.id,
    LlmTask.DRAFT: _SONNET.id,
}

_DATED = re.compile(r"-\d{8}$")


def models_by_task(
    override: str | None, priced: Mapping[str, LlmModel], today: date
) -> tuple[Mapping[LlmTask, LlmModel], tuple[str, ...]]:
    """Return the model of each task, and a warning for each that retires within 60 days.

    ``override`` replaces every default; ``priced`` are the models whose prices were given in the settings.

    Raises:
        UnusableModel: an id has no known price, or its model is retired.
    """
    known = {**MODELS, **priced}
    ids = dict.fromkeys(LlmTask, override) if override else DEFAULT_MODELS
    chosen = {task: _usable(model, known, today) for task, model in ids.items()}
    days = {model: RETIREMENTS[model] for model in ids.values() if model in RETIREMENTS}
    soon = {model: day for model, day in days.items() if day - today <= SOON}
    return chosen, tuple(f"{model} retires on {day}: choose another model" for model, day in soon.items())


def billed_as(answered_by: str, models: Mapping[str, LlmModel]) -> LlmModel | None:
    """Return the model an answer names: an alias is answered by its dated snapshot."""
    return models.get(answered_by) or models.get(_DATED.sub("", answered_by))


def _usable(model: str, known: Mapping[str, LlmModel], today: date) -> LlmModel:
    retired = RETIREMENTS.get(model)
    if retired and retired <= today:
        raise UnusableModel(f"{model} is retired since {retired}; {_choices()}")
    if model not in known:
        raise UnusableModel(f"{model} is not a known model; {_choices()} or give its prices in CLAUDE_PRICES")
    return known[model]


def _choices() -> str:
    return f"choose one of {', '.join(MODELS)}"
