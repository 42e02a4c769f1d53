"""How much one lesson weighs and how it fades: to half in 180 days, whatever taught it.

With one half-life for all lessons their proportions never change, so time can only make what was learned too weak to
act on: it never turns a lesson into its opposite.

Sums are kept by forward decay (Cormode et al. 2009): a lesson adds its weight grown since a fixed day, a reader divides
by the growth until now. Adding is then one atomic addition, and taking a lesson back subtracts exactly what it added.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from enum import StrEnum
from typing import Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from assistant.domain.triage.decision import Category

HALF_LIFE: Final = timedelta(days=180)
REPLIES: Final = "replies"
# One correction is heard for the 180 days in which it fades to half.
ENOUGH_TO_RAISE: Final = 0.5
_CORRECTION: Final = 1.0
# Behaviour may have other reasons: it takes four such signs to weigh as much as the user's word.
_BEHAVIOUR: Final = 0.25
_LANDMARK: Final = datetime(2025, 1, 1, tzinfo=UTC)
_STORED: Final = Decimal("1e-9")
# Of a number in DynamoDB: enough for sums until 2070.
_DIGITS: Final = Context(prec=38)
_SHOWN_DIGITS: Final = 6


class Behaviour(StrEnum):
    """What the user did with a mail, the least telling first."""

    ARCHIVED = "archived"
    MOVED = "moved"
    REPLIED = "replied"

    @property
    def strength(self) -> int:
        """How telling it is: of one mail the most telling behaviour counts."""
        return list(Behaviour).index(self)


_SPEAKS_FOR: Final = {
    Behaviour.ARCHIVED: Category.ARCHIVE.value,
    Behaviour.MOVED: Category.ROUTINE.value,
    Behaviour.REPLIED: REPLIES,
}


@dataclass(frozen=True, slots=True)
class Lesson:
    """One thing learned from one mail: ``speaks_for`` is a category, or replies, which speak for at least important.

    ``counted`` is what the user sees counted; ``at`` is aware.
    """

    speaks_for: str
    weight: float
    at: datetime
    counted: Category | Behaviour


def lesson_of_correction(category: Category, at: datetime) -> Lesson:
    """Return what the user's word about a mail teaches."""
    return Lesson(category.value, _CORRECTION, at, category)


def lesson_of_behaviour(behaviour: Behaviour, at: datetime) -> Lesson:
    """Return what the user's dealing with a mail teaches."""
    return Lesson(_SPEAKS_FOR[behaviour], _BEHAVIOUR, at, behaviour)


def grown(lesson: Lesson) -> Decimal:
    """Return what the lesson adds to a stored sum."""
    return Decimal(lesson.weight * 2 ** ((lesson.at - _LANDMARK) / HALF_LIFE)).quantize(_STORED, context=_DIGITS)


def faded(stored: Decimal, now: datetime) -> float:
    """Return what a stored sum weighs at this aware time."""
    return round(float(stored) / 2 ** ((now - _LANDMARK) / HALF_LIFE), _SHOWN_DIGITS)


class LearnedRecord(BaseModel):
    """What was learned for one key: a sender, a mailing list or a topic.

    Corrections are counted by the category the user chose, behaviours by what they did. ``weights`` and ``replies`` are
    what is left of them at the time of reading; without weights every correction counts in full. Of a topic ``word`` is
    how it was last written, and ``sources`` how many senders or lists taught it, 2 at most.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    corrections: Mapping[Category, int] = {}
    behaviours: Mapping[Behaviour, int] = {}
    weights: Mapping[Category, float] | None = None
    replies: float = 0.0
    last_at: AwareDatetime | None = None
    word: str = ""
    sources: int = 0

    @property
    def votes(self) -> Mapping[Category, float]:
        """How much speaks for each category, replies aside."""
        return self.corrections if self.weights is None else self.weights

    def corrected(self, category: Category) -> Self:
        """Return the record with one more correction to ``category``."""
        counts = {**self.corrections, category: self.corrections.get(category, 0) + 1}
        weights = {**self.votes, category: self.votes.get(category, 0) + 1}
        return self.model_copy(update={"corrections": counts, "weights": weights})

    @property
    def speaks(self) -> bool:
        """Whether enough was learned to be heard at all."""
        return max(self.replies, *self.votes.values(), 0.0) >= ENOUGH_TO_RAISE

    def confirms(self, category: Category) -> bool:
        """Whether what was learned is enough to be sure of the category."""
        return self.votes.get(category, 0) >= ENOUGH_TO_RAISE
