"""Pub/Sub's push deliveries, signed as Google signs them, and Google's keys on loopback."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from tests.fakes.loopback_http import Answer
from tests.fakes.runtime import ManualClock

AUDIENCE = "https://assistant.company.com/api/v1/webhooks/gmail"
SENDER = "push@company.iam.gserviceaccount.com"


@cache
def private_key(key_id: str) -> RSAPrivateKey:
    assert key_id
    return generate_private_key(65537, 2048)


def public_key(key_id: str) -> dict[str, Any]:
    described: dict[str, Any] = RSAAlgorithm.to_jwk(private_key(key_id).public_key(), as_dict=True)
    return described | {"kid": key_id, "alg": "RS256", "use": "sig"}


@dataclass
class Keys:
    """Google's keys on loopback."""

    known: tuple[str, ...] = ("key1",)
    max_age: str = "public, max-age=3600, must-revalidate"
    broken: Answer | None = None
    fetched: int = 0
    url: str = ""

    def handle(self, *_: object) -> Answer:
        self.fetched += 1
        body = json.dumps({"keys": [public_key(one) for one in self.known]}).encode()
        return self.broken or Answer(200, body, {"cache-control": self.max_age})


@dataclass
class Sender:
    """Pub/Sub: signs what it sends."""

    clock: ManualClock
    claims: dict[str, Any] = field(default_factory=dict)

    def token(self, key_id: str = "key1", headers: Mapping[str, Any] | None = None, **claims: Any) -> str:
        now = int(self.clock.now().timestamp())
        usual = {
            "aud": AUDIENCE,
            "azp": "113774264463038321964",
            "email": SENDER,
            "email_verified": True,
            "exp": now + 3600,
            "iat": now,
            "iss": "https://accounts.google.com",
            "sub": "113774264463038321964",
        }
        given = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(given, private_key(key_id), "RS256", {"kid": key_id, **(headers or {})})

    def __call__(self, key_id: str = "key1", **claims: Any) -> str:
        return f"Bearer {self.token(key_id, **claims)}"
