"""What the OAuth 2.0 endpoints of providers have in common."""

import binascii
import json
from abc import ABC, abstractmethod
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from assistant.adapters.oauth_clients import OAuthClient, OAuthClients
from assistant.adapters.oauth_http import Json, OAuthHttp
from assistant.domain.errors import Unavailable
from assistant.domain.providers import Provider
from assistant.domain.tokens import Consent, PendingConsent, TokenSet
from assistant.ports.runtime import Clock


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the providers are."""

    google_accounts: str = "https://accounts.google.com"
    google_oauth: str = "https://oauth2.googleapis.com"
    microsoft_login: str = "https://login.microsoftonline.com"
    microsoft_graph: str = "https://graph.microsoft.com"
    slack: str = "https://slack.com"
    notion: str = "https://api.notion.com"


class Server:
    """What all of them have in common."""

    def __init__(
        self, provider: Provider, clients: OAuthClients, clock: Clock, addresses: Addresses, http: OAuthHttp
    ) -> None:
        self.provider = provider
        self._clients = clients
        self._clock = clock
        self._at = addresses
        self._http = http

    @property
    def _client(self) -> OAuthClient:
        return self._clients.of(self.provider)

    @property
    def _credentials(self) -> dict[str, str | None]:
        client = self._client
        return {"client_id": client.client_id, "client_secret": client.client_secret}

    def _url(self, endpoint: str, state: str, pending: PendingConsent, **more: str | None) -> str:
        asked = {
            "client_id": self._client.client_id,
            "redirect_uri": pending.redirect_uri,
            "response_type": "code",
            "state": state,
            **more,
        }
        return f"{endpoint}?{urlencode({name: value for name, value in asked.items() if value})}"

    def _tokens(self, answer: Json, earlier: str | None = None) -> TokenSet:
        try:
            seconds = answer.get("expires_in")
            expires_at = self._clock.now() + timedelta(seconds=float(seconds)) if seconds else None
            return TokenSet(str(answer["access_token"]), answer.get("refresh_token") or earlier, expires_at)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise self._unreadable() from error

    def _unreadable(self) -> Unavailable:
        return Unavailable(f"{self.provider.row.label} gave an answer that cannot be read. Please try again.")


class StandardServer(Server, ABC):
    """A provider that keeps to RFC 6749 with a form, client_secret_post and PKCE (RFC 7636)."""

    @abstractmethod
    def _token_url(self) -> str: ...

    @abstractmethod
    def _consent(self, answer: Json, tokens: TokenSet, pending: PendingConsent) -> Consent: ...

    def exchange(self, code: str, pending: PendingConsent) -> Consent:
        """Exchange the code, and read whose account it is."""
        answer = self._granted(
            grant_type="authorization_code",
            code=code,
            redirect_uri=pending.redirect_uri,
            code_verifier=pending.verifier,
        )
        return self._consent(answer, self._tokens(answer), pending)

    def refresh(self, tokens: TokenSet) -> TokenSet:
        """Renew; a provider that does not rotate sends no refresh token."""
        answer = self._granted(grant_type="refresh_token", refresh_token=tokens.refresh)
        return self._tokens(answer, tokens.refresh)

    def _granted(self, **form: str | None) -> Json:
        return self._http.post(self._token_url(), self._credentials | form)

    def _asked(self, endpoint: str, state: str, pending: PendingConsent, **more: str | None) -> str:
        return self._url(
            endpoint,
            state,
            pending,
            scope=" ".join(sorted(pending.scopes)),
            code_challenge=pending.challenge,
            code_challenge_method="S256",
            login_hint=pending.login_hint,
            **more,
        )


def claims_of(answer: Json) -> dict[str, Any]:
    """Return what the ID token says; it came from the provider itself over TLS (OpenID Connect Core, 3.1.3.7, 6)."""
    try:
        part = str(answer["id_token"]).split(".")[1]
        claims = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (KeyError, IndexError, ValueError, binascii.Error):
        return {}
    return claims if isinstance(claims, dict) else {}


def text_or_none(value: object) -> str | None:
    """Return an id as text; None for none."""
    return str(value) if value else None
