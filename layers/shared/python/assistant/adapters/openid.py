"""A company's own OpenID provider: its endpoints are read from what it publishes (OpenID Connect Discovery 1.0).

For every provider that has no ways of its own. The address ``issuer`` of the registration is its name.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Final

from assistant.adapters.oauth_http import Json
from assistant.adapters.oauth_server import StandardServer, claims_of
from assistant.domain.access import granted_scopes
from assistant.domain.connections import ConsentGone
from assistant.domain.tokens import Consent, PendingConsent, TokenSet

_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_NEEDED: Final = ("authorization_endpoint", "token_endpoint")


class OpenIdProvider(StandardServer):
    """Implements ``ports.AuthorizationServer``."""

    def authorization_url(self, state: str, pending: PendingConsent) -> str:
        """Ask each time: a provider gives a refresh token for ``offline_access`` where the user is asked for it."""
        return self._asked(self._metadata["authorization_endpoint"], state, pending, prompt="consent")

    def revoke(self, tokens: TokenSet) -> bool:
        """End the consent where there is an endpoint for it (RFC 7009)."""
        endpoint = self._metadata.get("revocation_endpoint")
        if endpoint is None:
            return False
        try:
            # Where it is may have had to be read first, and the user waits: one attempt.
            self._http.post(endpoint, self._credentials | {"token": tokens.refresh or tokens.access}, attempts=1)
        except ConsentGone:
            return True
        return True

    def _token_url(self) -> str:
        return self._metadata["token_endpoint"]

    def _consent(self, answer: Json, tokens: TokenSet, pending: PendingConsent) -> Consent:
        claims = claims_of(answer)
        address = claims.get("email")
        ours = claims.get("aud") in (self._client.client_id, [self._client.client_id])
        if not address or not ours or claims.get("iss") != self._issuer or claims.get("email_verified") is False:
            raise self._unreadable()
        # RFC 6749, 5.1: scopes that are as they were asked for may be left out; a refresh token shows that one is.
        listed = str(answer["scope"]).split() if "scope" in answer else pending.scopes
        offline = ("offline_access",) if tokens.refresh else ()
        scopes = granted_scopes(self.provider, (*listed, *offline))
        return Consent(str(address).lower(), str(address), scopes, tokens)

    @property
    def _issuer(self) -> str:
        return self._client.address("issuer")

    @cached_property
    def _metadata(self) -> Mapping[str, str]:
        """What the provider publishes, read once; its endpoints are as safe as the issuer is."""
        issuer = self._issuer
        published = self._http.get(issuer.rstrip("/") + _WELL_KNOWN)
        scheme = issuer.partition("://")[0]
        endpoints = {name: str(url) for name, url in published.items() if name.endswith("_endpoint")}
        safe = all(url.startswith(f"{scheme}://") for url in endpoints.values())
        if published.get("issuer") != issuer or not safe or not endpoints.keys() >= set(_NEEDED):
            raise self._unreadable()
        return endpoints
