"""OAuth 2.0 at Google, Microsoft, Slack and Notion in their own ways, elsewhere by OpenID Connect.

Google and Microsoft keep to RFC 6749 and RFC 7636. Slack answers 200 with ``ok: false``, has no PKCE for apps that hold
a secret, and by default tokens that never expire. Notion takes JSON and Basic authentication, and has no scopes.
"""

from collections.abc import Callable, Mapping
from typing import Final

from assistant.adapters.oauth_clients import OAuthClients
from assistant.adapters.oauth_http import Json, OAuthHttp
from assistant.adapters.oauth_server import Addresses, Server, StandardServer, claims_of, text_or_none
from assistant.adapters.openid import OpenIdProvider
from assistant.domain.access import granted_scopes
from assistant.domain.connections import ConsentGone
from assistant.domain.providers import Provider
from assistant.domain.tokens import Consent, PendingConsent, TokenSet
from assistant.ports.connections import AuthorizationServer
from assistant.ports.runtime import Clock

# What Slack calls a code or token that is dead: https://docs.slack.dev/reference/methods/oauth.v2.access
_SLACK_GONE: Final = frozenset(
    {
        "account_inactive",
        "code_already_used",
        "code_expired",
        "invalid_auth",
        "invalid_code",
        "invalid_refresh_token",
        "token_expired",
        "token_revoked",
    }
)


class Google(StandardServer):
    """Implements ``ports.AuthorizationServer``."""

    def authorization_url(self, state: str, pending: PendingConsent) -> str:
        """Ask for what was granted before too, and each time for a refresh token."""
        return self._asked(
            f"{self._at.google_accounts}/o/oauth2/v2/auth",
            state,
            pending,
            access_type="offline",
            include_granted_scopes="true",
            prompt="consent",
        )

    def revoke(self, tokens: TokenSet) -> bool:
        """End the consent, with every token of it."""
        try:
            self._http.post(f"{self._at.google_oauth}/revoke", {"token": tokens.refresh or tokens.access})
        except ConsentGone:
            return True
        return True

    def _token_url(self) -> str:
        return f"{self._at.google_oauth}/token"

    def _consent(self, answer: Json, tokens: TokenSet, pending: PendingConsent) -> Consent:  # noqa: ARG002 as others have it
        claims = claims_of(answer)
        address = claims.get("email")
        if not address or claims.get("aud") != self._client.client_id or claims.get("email_verified") is not True:
            raise self._unreadable()
        scopes = granted_scopes(self.provider, str(answer.get("scope", "")).split())
        return Consent(str(address).lower(), str(address), scopes, tokens)


class Microsoft(StandardServer):
    """Implements ``ports.AuthorizationServer``."""

    def authorization_url(self, state: str, pending: PendingConsent) -> str:
        """Ask; scopes granted before need not be asked for again, but may."""
        prompt = None if pending.login_hint else "select_account"
        return self._asked(f"{self._login}/authorize", state, pending, response_mode="query", prompt=prompt)

    def revoke(self, tokens: TokenSet) -> bool:  # noqa: ARG002 as the port has it
        """Microsoft has no endpoint for it."""
        return False

    def _token_url(self) -> str:
        return f"{self._login}/token"

    @property
    def _login(self) -> str:
        return f"{self._at.microsoft_login}/{self._client.tenant}/oauth2/v2.0"

    def _consent(self, answer: Json, tokens: TokenSet, pending: PendingConsent) -> Consent:  # noqa: ARG002 as others have it
        claims = claims_of(answer)
        if claims.get("aud") != self._client.client_id:
            raise self._unreadable()
        me = self._http.get(f"{self._at.microsoft_graph}/v1.0/me?$select=id,mail,userPrincipalName", tokens.access)
        address = me.get("mail") or me.get("userPrincipalName")
        if not address:
            raise self._unreadable()
        # A refresh token shows what the list of scopes leaves out.
        offline = ("offline_access",) if tokens.refresh else ()
        scopes = granted_scopes(self.provider, (*str(answer.get("scope", "")).split(), *offline, "openid"))
        return Consent(
            str(address).lower(),
            str(address),
            scopes,
            tokens,
            tenant=text_or_none(claims.get("tid")),
            member=text_or_none(me.get("id")),
        )


class Slack(Server):
    """Implements ``ports.AuthorizationServer``."""

    def authorization_url(self, state: str, pending: PendingConsent) -> str:
        """Ask for scopes of the bot."""
        scope = ",".join(sorted(pending.scopes))
        return self._url(f"{self._at.slack}/oauth/v2/authorize", state, pending, scope=scope)

    def exchange(self, code: str, pending: PendingConsent) -> Consent:
        """Exchange the code; the account is the workspace, the member who installed the app in it."""
        answer = self._called("oauth.v2.access", code=code, redirect_uri=pending.redirect_uri)
        team, member = answer.get("team") or {}, answer.get("authed_user") or {}
        if not isinstance(team, dict) or not team.get("id"):
            raise self._unreadable()
        scopes = granted_scopes(self.provider, str(answer.get("scope", "")).split(","))
        name = str(team.get("name") or team["id"])
        return Consent(str(team["id"]), name, scopes, self._tokens(answer), member=text_or_none(member.get("id")))

    def refresh(self, tokens: TokenSet) -> TokenSet:
        """Renew, where the app has token rotation on."""
        answer = self._called("oauth.v2.access", grant_type="refresh_token", refresh_token=tokens.refresh)
        return self._tokens(answer, tokens.refresh)

    def revoke(self, tokens: TokenSet) -> bool:
        """Revoke the bot's token; one that has expired is renewed for that, as what renews it would live on."""
        try:
            answer = self._revoked(tokens)
            if answer.get("error") == "token_expired" and tokens.refresh:
                answer = self._revoked(self.refresh(tokens))
            self._checked(answer)
        except ConsentGone:
            return True
        return True

    def _revoked(self, tokens: TokenSet) -> Json:
        # It may take three calls, and the user waits: one attempt.
        return self._http.post(f"{self._at.slack}/api/auth.revoke", {"token": tokens.access}, attempts=1)

    def _called(self, method: str, **form: str | None) -> Json:
        return self._checked(self._http.post(f"{self._at.slack}/api/{method}", self._credentials | form))

    def _checked(self, answer: Json) -> Json:
        if answer.get("ok") is True:
            return answer
        if answer.get("error") in _SLACK_GONE:
            raise ConsentGone
        raise self._unreadable()


class Notion(Server):
    """Implements ``ports.AuthorizationServer``."""

    def authorization_url(self, state: str, pending: PendingConsent) -> str:
        """Ask; the user picks the pages."""
        return self._url(f"{self._at.notion}/v1/oauth/authorize", state, pending, owner="user")

    def exchange(self, code: str, pending: PendingConsent) -> Consent:
        """Exchange the code; the account is the workspace."""
        answer = self._called(
            "token", {"grant_type": "authorization_code", "code": code, "redirect_uri": pending.redirect_uri}
        )
        if not answer.get("workspace_id"):
            raise self._unreadable()
        owner = answer.get("owner") or {}
        member = (owner.get("user") or {}).get("id")
        name = str(answer.get("workspace_name") or "Notion")
        return Consent(
            str(answer["workspace_id"]), name, frozenset(), self._tokens(answer), member=text_or_none(member)
        )

    def refresh(self, tokens: TokenSet) -> TokenSet:
        """Renew; the old pair is dead from then on."""
        answer = self._called("token", {"grant_type": "refresh_token", "refresh_token": tokens.refresh or ""})
        return self._tokens(answer, tokens.refresh)

    def revoke(self, tokens: TokenSet) -> bool:
        """Revoke the token."""
        try:
            self._called("revoke", {"token": tokens.access})
        except ConsentGone:
            return True
        return True

    def _called(self, endpoint: str, document: dict[str, str]) -> Json:
        client = self._client
        url = f"{self._at.notion}/v1/oauth/{endpoint}"
        return self._http.post_json(url, document, basic=(client.client_id, client.client_secret))


_OWN_WAYS: Final[Mapping[Provider, Callable[..., AuthorizationServer]]] = {
    Provider.GOOGLE: Google,
    Provider.MICROSOFT: Microsoft,
    Provider.SLACK: Slack,
    Provider.NOTION: Notion,
}


class OAuthProviders:
    """Implements ``ports.AuthorizationServers``."""

    def __init__(
        self,
        clients: OAuthClients,
        clock: Clock,
        addresses: Addresses,
        *,
        http: Callable[[Provider], OAuthHttp] = OAuthHttp,
    ) -> None:
        self._clients = clients
        self._clock = clock
        self._addresses = addresses
        self._http = http
        self._known: dict[Provider, AuthorizationServer] = {}

    def of(self, provider: Provider) -> AuthorizationServer:
        """Return the endpoints of a provider."""
        if provider not in self._known:
            kind = _OWN_WAYS.get(provider, OpenIdProvider)
            http = self._http(provider)
            self._known[provider] = kind(provider, self._clients, self._clock, self._addresses, http)
        return self._known[provider]
