"""Delegations: a user lets another act for them, until a time or until they end it."""

from datetime import datetime
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from assistant.domain.errors import Forbidden
from assistant.domain.users import NOT_YOURS, Identity, UserId

MOST_DELEGATES: Final = 20


class Delegation(BaseModel):
    """Leave for one user, the delegate, to act for another; without ``expires_at`` until it is ended."""

    model_config = ConfigDict(frozen=True)

    user_id: UserId
    delegate_id: UserId
    given_at: AwareDatetime
    expires_at: AwareDatetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it is not over yet."""
        return self.expires_at is None or now < self.expires_at


def acting_for(user_id: str, caller: Identity, delegation: Delegation | None, now: datetime) -> Identity:
    """Return who the caller is for this request: the user, with the caller as their delegate.

    Raises Forbidden without a delegation that holds; that the user is unknown looks the same.
    """
    if delegation is None or not delegation.holds(now):
        raise Forbidden(NOT_YOURS)
    return Identity(user_id, caller.request_id, delegate_id=caller.user_id)
