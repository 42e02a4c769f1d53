"""Users, as the access token names them."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from assistant.domain.errors import Forbidden

UserId = Annotated[str, Field(min_length=1, max_length=128, examples=["user123"])]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls, as the verified access token says, and in which request."""

    user_id: str
    request_id: str

    def must_be(self, user_id: str) -> None:
        """Raise Forbidden unless the caller is this user; a foreign and an unknown user look the same."""
        if user_id != self.user_id:
            raise Forbidden("You can reach only your own user.")
