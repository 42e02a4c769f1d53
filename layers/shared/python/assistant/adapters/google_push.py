"""Tokens of Pub/Sub's push deliveries (OpenID Connect, RS256), verified against Google's keys.

Google's own library checks neither who issued a token nor for whom, and fetches the keys for each.
"""

import http.client
import json
import logging
import re
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

import jwt

from assistant.domain.errors import NotAuthentic, Unavailable
from assistant.ports.runtime import Clock

logger = logging.getLogger(__name__)

FETCH_SECONDS: Final = 2.0
_ISSUERS: Final = frozenset({"https://accounts.google.com", "accounts.google.com"})
_LEAST_AGE: Final = 60.0
_MOST_AGE: Final = 86_400.0
# A key nobody knows makes them be fetched, but a forger cannot make every delivery do so.
_BETWEEN_FETCHES: Final = 60.0
_CLOCK_SKEW: Final = 10.0
_LARGEST_KEYS: Final = 100_000


class GoogleKeys:
    """Google's public keys by id, kept as long as their ``max-age`` says, and longer while they cannot be had."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fresh_until = float("-inf")
        self._fetched_at = float("-inf")

    def key(self, key_id: str) -> jwt.PyJWK | None:
        """Return the key, None where Google has no such key; raises Unavailable where none could be had yet."""
        now = self._clock.monotonic()
        rotated = key_id not in self._keys and now - self._fetched_at >= _BETWEEN_FETCHES
        if now >= self._fresh_until or rotated:
            self._fetch(now)
        return self._keys.get(key_id)

    def _fetch(self, now: float) -> None:
        try:
            with urllib.request.urlopen(self._url, timeout=FETCH_SECONDS) as answer:  # noqa: S310 a setting, http(s)
                document = json.loads(answer.read(_LARGEST_KEYS))
                age = _max_age(answer.headers.get("cache-control", ""))
            keys = {one["kid"]: jwt.PyJWK(one) for one in document["keys"]}
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
            logger.warning("google's keys cannot be had: %s", type(error).__name__)
            if not self._keys:
                raise Unavailable("The keys that prove notifications cannot be had right now.") from error
            # What was good a moment ago proves deliveries until Google answers again.
            self._fresh_until = now + _BETWEEN_FETCHES
            self._fetched_at = now
            return
        self._keys, self._fetched_at = keys, now
        self._fresh_until = now + age


class GooglePushTokens:
    """Implements ``ports.PushTokens`` for one ``audience`` and one ``sender``, the subscription's service account."""

    def __init__(self, keys: GoogleKeys, clock: Clock, *, audience: str | None, sender: str | None) -> None:
        self._keys = keys
        self._clock = clock
        self._audience = audience
        self._sender = sender

    def verify(self, authorization: str) -> None:
        """Check the signature, then issuer, audience, time and sender."""
        if not (self._audience and self._sender):
            raise NotAuthentic("This deployment takes no notifications of Gmail.")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise NotAuthentic("This needs the token of the push subscription.")
        claims = self._claims(token.strip())
        now = self._clock.now().timestamp()
        verified = (
            claims["iss"] in _ISSUERS,
            claims["email"] == self._sender,
            claims["email_verified"] is True,
            now < _seconds(claims["exp"]) + _CLOCK_SKEW,
            _seconds(claims["iat"]) <= now + _CLOCK_SKEW,
        )
        if not all(verified):
            raise NotAuthentic("The token is not of the push subscription.")

    def _claims(self, token: str) -> Mapping[str, Any]:
        required = ["aud", "email", "email_verified", "exp", "iat", "iss"]
        try:
            key = self._keys.key(str(jwt.get_unverified_header(token).get("kid", "")))
            if key is None:
                raise NotAuthentic("The token is signed with a key that Google does not have.")
            # Time is checked by the clock of the product.
            options = {"require": required, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
            return jwt.decode(token, key.key, algorithms=["RS256"], audience=self._audience, options=options)  # type: ignore[arg-type]  # PyJWT types them as a whole
        except (jwt.PyJWTError, ValueError) as error:
            raise NotAuthentic("The token is not of the push subscription.") from error


def _seconds(claim: object) -> float:
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        raise NotAuthentic("The token is not of the push subscription.")
    return float(claim)


def _max_age(cache_control: str) -> float:
    found = re.search(r"max-age=(\d{1,9})", cache_control)
    return min(_MOST_AGE, max(_LEAST_AGE, float(found[1]))) if found else _LEAST_AGE
