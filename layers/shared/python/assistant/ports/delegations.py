"""Who may act for whom."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # Named only: every function that answers users knows this port.
    from assistant.domain.delegations import Delegation


class DelegationStore(Protocol):
    """Delegations of users; every read sees what was written before it. All raise Unavailable."""

    def find(self, user_id: str, delegate_id: str) -> "Delegation | None":
        """Return the delegation of a user to another; one that is over may be returned or not."""
        ...

    def of_user(self, user_id: str) -> "Sequence[Delegation]":
        """Return the delegations of a user, by delegate; those that are over may be among them."""
        ...

    def to_delegate(self, delegate_id: str, *, after: str | None, limit: int) -> "Sequence[Delegation]":
        """Return delegations to a user, by who gave them, past ``after``; those that are over may be among them."""
        ...

    def put(self, delegation: "Delegation") -> None:
        """Keep it, in place of an earlier one to the same delegate."""
        ...

    def delete(self, user_id: str, delegate_id: str) -> None:
        """Forget it; one that is unknown is no error."""
        ...
