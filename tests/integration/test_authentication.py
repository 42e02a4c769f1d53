"""The JWT authorizer of the deployed API: who is let in, and to whose data."""

import base64
import http.server
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from infra.local.layout import LOOPBACK, REGION
from infra.local.ministack import CREDENTIALS
from tests.integration.assistant_process import Assistant

PREFERENCES = "/api/v1/users/user123/preferences"
KEY_ID = "test-key"


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _integer(value: int) -> str:
    return _encode(value.to_bytes((value.bit_length() + 7) // 8))


@dataclass(frozen=True)
class Issuer:
    """An OIDC issuer on loopback with a key of its own."""

    address: str
    key: rsa.RSAPrivateKey

    def token(self, *, key: rsa.RSAPrivateKey | None = None, **claims: Any) -> str:
        now = int(time.time())
        merged = {
            "iss": self.address,
            "client_id": "client",
            "username": "user123",
            "iat": now - 60,
            "exp": now + 600,
            **claims,
        }
        signed = ".".join(_encode(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": KEY_ID}, merged))
        signature = (key or self.key).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_encode(signature)}"


@pytest.fixture
def issuer(assistant: Assistant) -> Iterator[Issuer]:
    """Let the deployed authorizer trust a loopback issuer instead of Cognito, whose tokens cannot be made to expire."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    server = _key_server(key)
    address = f"http://{LOOPBACK}:{server.server_port}"
    gateway = boto3.Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"], aws_secret_access_key="local", region_name=REGION
    ).client("apigatewayv2", endpoint_url=f"http://{LOOPBACK}:{assistant.running['aws_port']}")
    (api,) = gateway.get_apis()["Items"]
    (authorizer,) = gateway.get_authorizers(ApiId=api["ApiId"])["Items"]
    ids = {"ApiId": api["ApiId"], "AuthorizerId": authorizer["AuthorizerId"]}
    gateway.update_authorizer(**ids, JwtConfiguration={"Issuer": address, "Audience": ["client"]})
    try:
        yield Issuer(address, key)
    finally:
        gateway.update_authorizer(**ids, JwtConfiguration=authorizer["JwtConfiguration"])
        server.shutdown()
        server.server_close()


def _key_server(key: rsa.RSAPrivateKey) -> http.server.HTTPServer:
    numbers = key.public_key().public_numbers()
    keys = {"keys": [{"kty": "RSA", "kid": KEY_ID, "n": _integer(numbers.n), "e": _integer(numbers.e)}]}

    class Keys(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/.well-known/jwks.json"
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(json.dumps(keys).encode() if known else b"{}")

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Keep the test output quiet."""

    server = http.server.HTTPServer((LOOPBACK, 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _status(assistant: Assistant, token: str | None, path: str = PREFERENCES) -> int:
    answer = assistant.request("GET", path, token=token)
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status
    return answer.status


def test_no_token_is_unauthorized(assistant: Assistant) -> None:
    answer = assistant.request("GET", PREFERENCES)

    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert _status(assistant, "") == 401
    assert _status(assistant, "not-a-token") == 401
    assert assistant.request("GET", "/metrics").status == 401


def test_changed_claims_are_unauthorized(assistant: Assistant, token: str) -> None:
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    forged = _encode(json.dumps({**claims, "username": "user456"}).encode())

    assert _status(assistant, token) == 200
    assert _status(assistant, f"{header}.{forged}.{signature}", "/api/v1/users/user456/preferences") == 401
    unsigned = _encode(json.dumps({"alg": "none", "kid": KEY_ID}).encode())
    assert _status(assistant, f"{unsigned}.{payload}.") == 401


def test_expired_foreign_and_misdirected_tokens_are_unauthorized(assistant: Assistant, issuer: Issuer) -> None:
    other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    assert _status(assistant, issuer.token()) == 200
    assert _status(assistant, issuer.token(exp=int(time.time()) - 1)) == 401
    assert _status(assistant, issuer.token(key=other_key)) == 401
    assert _status(assistant, issuer.token(client_id="other")) == 401
    assert _status(assistant, issuer.token(iss="https://elsewhere.example")) == 401


def test_another_user_is_forbidden_whether_they_exist_or_not(assistant: Assistant, token: str) -> None:
    assistant.request("PUT", PREFERENCES, {}, token=token)

    def refuse(user: str) -> Mapping[str, Any]:
        answer = assistant.request("GET", f"/api/v1/users/{user}/preferences", token=token)
        assert answer.status == 403
        return {name: value for name, value in answer.json().items() if name != "instance"}

    assert refuse("user456") == refuse("nobody")
    triage = {"user_id": "user456", "emails": [{"id": "1", "from": "a@example.com"}]}
    assert assistant.request("POST", "/api/v1/email/triage", triage, token=token).status == 403
