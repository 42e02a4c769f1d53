"""Connected accounts, the tokens that open them, and the providers that issue those."""

from collections.abc import Sequence
from datetime import datetime
from typing import Never, Protocol

from assistant.domain.connections import Connection
from assistant.domain.providers import Provider
from assistant.domain.tokens import Consent, GivenConsent, KeptTokens, PendingConsent, TokenSet


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

    def delete(self, connection: Connection) -> None:
        """Forget the connection and its tokens; one that is gone is no error."""
        ...


class TokenVault(Protocol):
    """Tokens of connections, encrypted. Every method raises Unavailable while it is down."""

    def read(self, connection: Connection) -> KeptTokens | None:
        """Return the tokens, read consistently, None where there are none."""
        ...

    def put(self, connection: Connection, tokens: TokenSet) -> None:
        """Keep the tokens of a new consent, whatever was kept before."""
        ...

    def lease(self, connection: Connection, *, version: int, until: datetime) -> bool:
        """Reserve the renewal of this version until then; False while it is reserved, and when the version changed."""
        ...

    def release(self, connection: Connection, *, version: int) -> None:
        """End the reservation of this version early."""
        ...

    def replace(self, connection: Connection, tokens: TokenSet, *, expected_version: int) -> bool:
        """Keep renewed tokens and end the reservation; False when the kept version is another."""
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

    def give_up(self, connection: Connection, refused: str) -> Never:
        """Break the connection, as the provider refuses a token that was just renewed.

        Raises:
            ConnectionBroken: always, but where
            Unavailable: the user consented anew meanwhile, or where tokens are kept is down.

        """
        ...


class PendingConsents(Protocol):
    """Consents that were asked for. Every method raises Unavailable while it is down."""

    def keep(self, state: str, pending: PendingConsent) -> None:
        """Remember what the state stands for."""
        ...

    def take(self, state: str) -> PendingConsent | None:
        """Return what the state stands for, once; None when it is unknown, taken or expired."""
        ...


class GivenConsents(Protocol):
    """Consents that wait to be confirmed, encrypted. Every method raises Unavailable while it is down."""

    def keep(self, code: str, given: GivenConsent) -> None:
        """Remember what the code stands for."""
        ...

    def take(self, user_id: str, code: str) -> GivenConsent | None:
        """Return what the code stands for, once; None when it is unknown, another user's, taken or expired."""
        ...


class AuthorizationServer(Protocol):
    """A provider's OAuth endpoints. Every method raises Unavailable while a provider that it asks is down."""

    def authorization_url(self, state: str, pending: PendingConsent) -> str:
        """Return where the user is asked; raises Conflict where the provider is not set up."""
        ...

    def exchange(self, code: str, pending: PendingConsent) -> Consent:
        """Return what the user granted; raises ConsentGone for a code that is wrong, used or expired."""
        ...

    def refresh(self, tokens: TokenSet) -> TokenSet:
        """Return renewed tokens, with the old refresh token where there is no new one; raises ConsentGone."""
        ...

    def revoke(self, tokens: TokenSet) -> bool:
        """End the consent at the provider; False where it has no way to. Tokens that are dead already are no error."""
        ...


class AuthorizationServers(Protocol):
    """The providers."""

    def of(self, provider: Provider) -> AuthorizationServer:
        """Return the endpoints of a provider, without a call to it."""
        ...
