"""Users, as the access token names them."""

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from assistant.domain.errors import Forbidden

LONGEST_USER_ID: Final = 128
NOT_YOURS: Final = "You can reach only your own user, and users who made you their delegate."

UserId = Annotated[str, Field(min_length=1, max_length=LONGEST_USER_ID, examples=["user123"])]


@dataclass(frozen=True, slots=True)
class Identity:
    """For whom a request is made, as the verified access token or a delegation says, and in which request."""

    user_id: str
    request_id: str
    delegate_id: str | None = None
    """Who acts for the user; None where it is the user."""

    def must_be(self, user_id: str) -> None:
        """Raise Forbidden unless the request is made for this user; a foreign and an unknown user look the same."""
        if user_id != self.user_id:
            raise Forbidden(NOT_YOURS)
