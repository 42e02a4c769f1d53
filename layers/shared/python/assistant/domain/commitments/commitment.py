"""A commitment as somebody made it."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from assistant.domain.sources import Source


class Direction(StrEnum):
    """Who owes: the user, or the other person."""

    MINE = "mine"
    THEIRS = "theirs"


class Commitment(BaseModel):
    """Something promised or asked for that is not done yet.

    ``due`` is aware, UTC; ``text`` is what is to be done, in the words of the source.
    """

    model_config = ConfigDict(frozen=True)

    direction: Direction
    counterpart: str
    """Address of the other person, lower case."""
    text: str
    due: datetime | None
    made_at: datetime | None
    source: Source
    confidence: float
    """From 0 to 1."""
