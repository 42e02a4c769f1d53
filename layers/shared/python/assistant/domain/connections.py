"""A user's account at a provider, which the assistant may act in."""

from enum import StrEnum
from hashlib import sha256

from pydantic import AwareDatetime, BaseModel, ConfigDict

from assistant.domain.providers import Provider


class ConnectionStatus(StrEnum):
    """Whether the assistant may still act in it: ``broken`` once the provider refuses to renew the consent."""

    ACTIVE = "active"
    BROKEN = "broken"


class ConsentGone(Exception):
    """The provider refuses a code or a refresh token for good (RFC 6749, 5.2: ``invalid_grant``)."""


class Connection(BaseModel):
    """One connected account; its tokens are kept apart.

    ``account`` is what the provider's webhooks name it by: the address of a mailbox, in lower case, or the id of a
    workspace; ``member`` is who the user is in one that others share (Slack's ``authed_user``), and ``tenant`` the
    organisation that notifications of Microsoft name (``tid`` of its ID token). ``scopes`` are those really granted
    (RFC 6749, 3.3). ``version`` goes up with each change.
    """

    model_config = ConfigDict(frozen=True)

    user_id: str
    id: str
    provider: Provider
    account: str
    tenant: str | None = None
    member: str | None = None
    name: str
    scopes: frozenset[str]
    status: ConnectionStatus = ConnectionStatus.ACTIVE
    connected_at: AwareDatetime
    broken_at: AwareDatetime | None = None
    version: int = 1


def connection_id(provider: Provider, account: str, tenant: str | None = None) -> str:
    """Return the id an account has for each of its users, so that connecting it again changes the same connection."""
    digest = sha256(f"{account}\n{tenant or ''}".encode()).hexdigest()
    return f"{provider}-{digest[:16]}"
