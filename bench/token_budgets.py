"""The tasks of Claude, how often users need them, and the tokens of those that are only planned.

Planned figures are budgets that the later tasks have to keep, not measurements: tokens of one call after the cached
prefix, of the prefix itself, and of the answer with its thinking.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from assistant.domain.llm import LlmTask, TokenUsage

USERS = 5_000
OPERATIONS_A_DAY = 100
DAYS_A_MONTH = 30

MIX: Mapping[LlmTask, Decimal] = {
    LlmTask.TRIAGE: Decimal("0.85"),
    LlmTask.TASKS: Decimal("0.05"),
    LlmTask.CALENDAR: Decimal("0.04"),
    LlmTask.BRIEFING: Decimal("0.03"),
    LlmTask.DRAFT: Decimal("0.03"),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """One call of a task that is not built yet; ``batched`` is the share that can wait for a Message Batch."""

    usage: TokenUsage
    batched: Decimal = Decimal(0)


PLANNED: Mapping[LlmTask, Planned] = {
    LlmTask.DRAFT: Planned(TokenUsage(input=1_200, output=380, cache_read=1_500)),
}

# The first specification: every operation asks a Sonnet-class model, with 2,500 tokens and nothing cached. The split is
# the one at which its price ($3 and $15 a million) gives the $58.50 it comes to.
NAIVE = TokenUsage(input=1_500, output=1_000)
NAIVE_DOLLARS_A_MILLION = (Decimal(3), Decimal(15))
