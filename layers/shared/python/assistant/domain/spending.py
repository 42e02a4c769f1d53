"""What Claude costs: usage by day, user, task and model, and the daily caps. Days are UTC; money is nanodollars."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from uuid import UUID, uuid4

from assistant.domain.llm import LlmTask, TokenUsage

type Cap = Literal["user", "everyone"]


@dataclass(frozen=True, slots=True)
class Usage:
    """What one task cost on one model: calls, tokens and nanodollars."""

    task: LlmTask
    model: str
    calls: int
    tokens: TokenUsage
    nanodollars: int


@dataclass(frozen=True, slots=True)
class UsageOfDay:
    """A user's usage of one UTC day."""

    day: date
    usages: tuple[Usage, ...]

    @property
    def nanodollars(self) -> int:
        """What the day cost."""
        return sum(usage.nanodollars for usage in self.usages)


@dataclass(frozen=True, slots=True)
class DailyCaps:
    """The most that may be spent on one UTC day, in nanodollars: by one user, and by all users together."""

    user: int
    everyone: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money put aside for calls about to be made; ``calls`` of those asked for fit under the caps (0: none).

    ``capped`` is the cap that fewer fit under than were asked for, ``id`` makes settling it happen once.
    """

    user_id: str
    day: date
    calls: int
    nanodollars: int
    capped: Cap | None = None
    id: UUID = field(default_factory=uuid4)
