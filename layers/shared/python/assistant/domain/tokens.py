"""Tokens of a connected account, and how a user's consent is asked for (RFC 6749, RFC 7636)."""

import secrets
from base64 import b32encode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from assistant.domain.connections import Connection
from assistant.domain.providers import Provider

# A token that expires sooner is renewed; one that lasts for the least time is still handed out while that fails.
RENEWED_AHEAD: Final = timedelta(minutes=5)
LEAST: Final = timedelta(minutes=1)
PENDING_FOR: Final = timedelta(minutes=10)
_RANDOM_BYTES: Final = 32
# 80 bits are 16 characters of base32 (RFC 4648, 6).
_CODE_BYTES: Final = 10
_GROUP: Final = 4


@dataclass(frozen=True, slots=True)
class TokenSet:
    """An access token with what renews it; ``expires_at`` is None where the provider does not say."""

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None

    def lasts(self, until: datetime) -> bool:
        """Whether the access token is good until then, as far as is known."""
        return self.expires_at is None or self.expires_at >= until


@dataclass(frozen=True, slots=True)
class KeptTokens:
    """Tokens as kept; ``version`` goes up with each change."""

    tokens: TokenSet
    version: int


class PendingConsent(BaseModel):
    """What is remembered of a consent that was asked for until the provider sends the user back.

    ``verifier`` is the secret of RFC 7636, None where the provider knows no PKCE; ``redirect_uri`` is asked for again
    when the code is exchanged.
    """

    model_config = ConfigDict(frozen=True)

    user_id: str
    provider: Provider
    redirect_uri: str
    scopes: frozenset[str]
    verifier: str | None = None
    login_hint: str | None = None
    expires_at: AwareDatetime

    @property
    def challenge(self) -> str | None:
        """The S256 code challenge (RFC 7636, 4.2)."""
        if self.verifier is None:
            return None
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Consent:
    """What a user granted: the account as in a ``Connection``, the scopes really granted, and the tokens."""

    account: str
    name: str
    scopes: frozenset[str]
    tokens: TokenSet
    tenant: str | None = None
    member: str | None = None


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """A consent that was given and is not confirmed: the connection as it would be, and its tokens."""

    connection: Connection
    tokens: TokenSet
    expires_at: datetime


def unguessable() -> str:
    """Return 256 random bits as 43 letters, digits, ``-`` and ``_``: a state, or a verifier of RFC 7636."""
    return secrets.token_urlsafe(_RANDOM_BYTES)


def confirmation_code() -> str:
    """Return 80 random bits as 16 letters and digits that are not mistaken for one another."""
    return b32encode(secrets.token_bytes(_CODE_BYTES)).decode()


def in_groups(code: str) -> str:
    """Return a code as it is shown, in groups of four."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def out_of_groups(typed: str) -> str:
    """Return a code as it was made, whatever was typed between its groups and in whatever case."""
    return "".join(filter(str.isalnum, typed)).upper()
