"""Connected accounts and the tokens that open them."""

from collections.abc import Sequence
from typing import Protocol

from assistant.domain.connections import Connection, Provider


class ConnectionStore(Protocol):
    """Connected accounts. Every method raises Unavailable while it is down."""

    def of_user(self, user_id: str) -> Sequence[Connection]:
        """Return the accounts of a user, the oldest first."""
        ...

    def find(self, user_id: str, connection_id: str) -> Connection | None:
        """Return the account unless it is unknown or disconnected."""
        ...

    def of_account(self, provider: Provider, account: str) -> Sequence[Connection]:
        """Return the connections to an account as a webhook names it, whoever made them."""
        ...

    def of_provider(self, provider: Provider) -> Sequence[Connection]:
        """Return the connections of all users to a provider, for what is done on schedule."""
        ...

    def replace(self, connection: Connection, *, expected_version: int) -> bool:
        """Store as version ``expected_version + 1``, 0 where it is new; False when the stored version is another."""
        ...


class AccessTokens(Protocol):
    """Access tokens of connections, renewed before they expire."""

    def token(self, connection: Connection) -> str:
        """Return a token that is good for a minute at least.

        Raises:
            ConnectionBroken: the provider no longer renews the consent.
            Unavailable: the provider, or where tokens are kept, is down.

        """
        ...

    def renew(self, connection: Connection, refused: str) -> str:
        """Return a token other than the one the provider refused with 401; raises as ``token``."""
        ...
