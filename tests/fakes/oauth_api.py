"""OAuth endpoints of all providers on loopback, as their documentation shows them, with faults."""

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tests.fakes.loopback_http import Answer, loopback_server, running

type Json = dict[str, Any]

CLIENT = {"client_id": "our-client", "client_secret": "our-secret"}


def id_token(**claims: object) -> str:
    """An ID token; who gets it from the token endpoint need not check its signature."""
    parts = ({"alg": "RS256"}, {"aud": CLIENT["client_id"], **claims})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join((*encoded, "signature"))


GOOGLE: Json = {
    "access_token": "ya29.access",
    "expires_in": 3599,
    "refresh_token": "1//refresh",
    "scope": "openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/gmail.modify",
    "token_type": "Bearer",
    "id_token": id_token(email="Ann@Example.com", email_verified=True, sub="1"),
}
MICROSOFT: Json = {
    "token_type": "Bearer",
    "scope": "Mail.ReadWrite Mail.Send User.Read profile openid email",
    "expires_in": 4731,
    "access_token": "eyJ0.access",
    "refresh_token": "0.refresh",
    "id_token": id_token(tid="tenant1", oid="oid1"),
}
ME: Json = {"id": "oid1", "mail": None, "userPrincipalName": "Ann@contoso.onmicrosoft.com"}
SLACK: Json = {
    "ok": True,
    "access_token": "xoxb-1",
    "token_type": "bot",
    "scope": "chat:write,im:write",
    "bot_user_id": "U0BOT",
    "app_id": "A01",
    "team": {"name": "Example", "id": "T01"},
    "enterprise": None,
    "authed_user": {"id": "U01"},
}
NOTION: Json = {
    "access_token": "ntn_1",
    "refresh_token": "nrt_1",
    "token_type": "bearer",
    "bot_id": "b3414d65-1224-4ade-b3e1-9a1c0a1c0a1c",
    "workspace_id": "25a6b9f0-8d4f-4b1c-9d0e-6b1d2c3e4f50",
    "workspace_name": "Example",
    "owner": {"type": "user", "user": {"object": "user", "id": "92a680bb-6970-4726-952b-4f4c03bff617"}},
}
OPENID: Json = {
    "access_token": "opaque",
    "expires_in": 300,
    "refresh_token": "of-the-company",
    "token_type": "Bearer",
}
WELL_KNOWN = "/.well-known/openid-configuration"
ROUTES: Mapping[str, Json] = {
    "/openid/token": OPENID,
    "/openid/revoke": {},
    "/oauth/token": GOOGLE,
    "/oauth/revoke": {},
    "/common/oauth2/v2.0/token": MICROSOFT,
    "/v1.0/me": ME,
    "/api/oauth.v2.access": SLACK,
    "/api/auth.revoke": {"ok": True, "revoked": True},
    "/v1/oauth/token": NOTION,
    "/v1/oauth/revoke": {},
}


@dataclass
class OAuthApi:
    """The server's script: answers by path that differ from the usual, faults in their order, and what it was sent.

    What an OpenID provider publishes is no request of those: nobody asks for it but on first use.
    """

    url: str = ""
    answers: dict[str, Json] = field(default_factory=dict)
    faults: list[Answer] = field(default_factory=list)
    silent: threading.Event | None = None
    requests: list[tuple[str, Json, str]] = field(default_factory=list)
    published: int = 0

    @property
    def metadata(self) -> Json:
        """What it publishes as an OpenID provider."""
        names = {"authorization": "authorize", "token": "token", "revocation": "revoke"}
        endpoints = {f"{name}_endpoint": f"{self.url}/openid/{path}" for name, path in names.items()}
        return {"issuer": self.url, "response_types_supported": ["code"], **endpoints}

    def answers_with(self, **claims: object) -> None:
        """Let the OpenID provider say this of who consented."""
        told = {"iss": self.url, "email": "Ann@Company.com", **claims}
        self.answers["/openid/token"] = OPENID | {"id_token": id_token(**told)}

    def handle(self, _: str, path: str, headers: Mapping[str, str], sent: bytes) -> Answer:
        """Answer a request."""
        route = path.partition("?")[0]
        if route == WELL_KNOWN:
            self.published += 1
            return Answer(200, json.dumps(self.answers.get(route, self.metadata)).encode())
        if headers.get("content-type") == "application/json":
            body = json.loads(sent)
        else:
            body = {name: values[0] for name, values in parse_qs(sent.decode()).items()}
        self.requests.append((route, body, headers.get("authorization", "")))
        if self.silent:
            self.silent.wait(30)
        if self.faults:
            return self.faults.pop(0)
        return Answer(200, json.dumps(self.answers.get(route, ROUTES[route])).encode())


def fault(status: int, body: Json | bytes = b"", **headers: str) -> Answer:
    """An answer that is not the usual one; ``retry_after`` becomes Retry-After."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, sent, {name.replace("_", "-"): value for name, value in headers.items()})


@contextmanager
def serve_oauth() -> Iterator[OAuthApi]:
    """Serve until the block ends."""
    api = OAuthApi()
    with running(loopback_server(api.handle, 0)) as api.url:
        yield api
