"""The models the product knows: list prices (2026-11), retirement, and the least thinking each accepts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from assistant.domain.llm import LlmTask, TokenUsage

type LeastThinking = Literal["disabled", "between_tools"]

NANODOLLARS = 1_000_000_000
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
        return -int(-(dollars_a_million * share * NANODOLLARS / 1_000_000) // 1)


@dataclass(frozen=True, slots=True)
class LlmModel:
    """One model; from ``retires`` on the provider answers 404."""

    id: str
    prices: Prices
    thinking: LeastThinking
    retires: date | None = None


def _prices(*dollars: str) -> Prices:
    return Prices(*map(Decimal, dollars))


_HAIKU = LlmModel("claude-haiku-5-5", _prices("0.10", "0.50", "0.125", "0.01"), "disabled")
_SONNET = LlmModel("claude-sonnet-5-5", _prices("2", "10", "2.50", "0.10"), "between_tools")
_OPUS = LlmModel("claude-opus-5-5", _prices("4", "20", "5", "0.20"), "between_tools")

MODELS: Mapping[str, LlmModel] = {model.id: model for model in (_HAIKU, _SONNET, _OPUS)}
RETIRED: Mapping[str, date] = {
    "claude-3-5-sonnet-20241022": date(2025, 10, 28),
    "claude-sonnet-4-5": date(2026, 11, 30),
}
DEFAULT_MODELS: Mapping[LlmTask, str] = {
    LlmTask.TRIAGE: _HAIKU.id,
    LlmTask.TASKS: _HAIKU.id,
    LlmTask.CALENDAR: _HAIKU.id,
    LlmTask.BRIEFING: _SONNET.id,
    LlmTask.DRAFT: _SONNET.id,
}
