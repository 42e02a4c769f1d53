"""Wishes no rule understands, on their way from the function that plans to the one that has Claude, and back."""

from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from assistant.domain.calendar.wishes.reading import Wishes, WishesRead
from assistant.domain.users import UserId

# How long a plan may wait for them.
LONGEST_SECONDS: Final = 4.0


class WishesToInterpret(BaseModel):
    """The wishes of one user; after ``answer_by`` nobody listens any more, and nothing should be paid for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_id: UserId
    request_id: str
    wishes: Wishes
    answer_by: AwareDatetime


class InterpretedWishes(WishesRead):
    """Wishes after Claude was asked; ``degraded`` where it could not be, so that asking again may help."""

    degraded: tuple[Literal["claude"], ...] = ()
