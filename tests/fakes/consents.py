"""Consents that users are asked for, and the assistant's registrations at the providers."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from assistant.adapters.oauth_clients import OAuthClients
from assistant.adapters.secrets import ApiKey
from assistant.domain.access import asked_scopes
from assistant.domain.providers import Provider
from assistant.domain.tokens import PendingConsent
from assistant.ports.connections import AuthorizationServer
from assistant.ports.runtime import Clock


def clients(text: str | None) -> OAuthClients:
    """The registrations of a document."""
    return OAuthClients(ApiKey(SecretStr(text) if text else None, None))


def pending(provider: Provider, clock: Clock) -> PendingConsent:
    """A consent to all that the provider has."""
    return PendingConsent(
        user_id="user123",
        provider=provider,
        redirect_uri=f"https://assistant.example/api/v1/connections/{provider}/callback",
        scopes=asked_scopes(provider, provider.row.parts),
        verifier="v" * 43 if provider.row.pkce else None,
        expires_at=clock.now() + timedelta(minutes=10),
    )


def asked(server: AuthorizationServer, consent: PendingConsent) -> dict[str, str]:
    """What the user's browser is sent to the provider with."""
    url = urlsplit(server.authorization_url("the-state", consent))
    return {name: value for name, (value,) in parse_qs(url.query).items()}
