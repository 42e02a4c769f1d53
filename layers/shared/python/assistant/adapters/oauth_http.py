"""Requests to OAuth endpoints, within two attempts and a deadline; answers as JSON.

urllib3 comes with boto3, so that no function pays for another HTTP client.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from urllib3 import BaseHTTPResponse, PoolManager, Timeout, make_headers
from urllib3.exceptions import HTTPError

from assistant.domain.connections import ConsentGone
from assistant.domain.errors import Unavailable
from assistant.domain.providers import Provider

logger = logging.getLogger(__name__)

type Json = dict[str, Any]

CONNECT_SECONDS: Final = 1.0
READ_SECONDS: Final = 2.5
# A fault that took longer is not tried again: a user waits.
FAST_SECONDS: Final = 0.5
LONGEST_PAUSE: Final = 1.0
_ATTEMPTS: Final = 2
_LARGEST_ANSWER: Final = 1 << 18
_TRY_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
# RFC 6749, 5.2, what Google says to the revocation of a token that is expired or revoked, and what Microsoft says where
# the user has to sign in again.
_GONE: Final = frozenset(
    {"invalid_grant", "invalid_token", "interaction_required", "consent_required", "login_required"}
)


class OAuthHttp:
    """Speaks to one provider; ``read_seconds`` is how long an answer may stay away."""

    def __init__(
        self,
        provider: Provider,
        *,
        read_seconds: float = READ_SECONDS,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._provider = provider
        self._pause = pause
        self._pool = PoolManager(timeout=Timeout(connect=CONNECT_SECONDS, read=read_seconds), retries=False)

    def post(self, url: str, form: Mapping[str, str | None], *, attempts: int = _ATTEMPTS) -> Json:
        """Send a form and return the answer.

        Raises:
            ConsentGone: the provider refuses the code or token for good.
            Unavailable: it does not answer, not in time, not with JSON, or refuses the assistant's registration.
        """
        body = urlencode({name: value for name, value in form.items() if value is not None})
        headers = _headers("application/x-www-form-urlencoded", None)
        return self._answer("POST", url, body.encode(), headers, attempts=attempts)

    def post_json(self, url: str, document: Mapping[str, str], *, basic: tuple[str, str]) -> Json:
        """Send a JSON document; raises as ``post``."""
        return self._answer("POST", url, json.dumps(document).encode(), _headers("application/json", basic))

    def get(self, url: str, token: str | None = None) -> Json:
        """Read, with an access token where it takes one, in one attempt; raises as ``post``."""
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        return self._answer("GET", url, None, headers, attempts=1)

    def _answer(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], *, attempts: int = _ATTEMPTS
    ) -> Json:
        status, text = self._tried(method, url, body, headers, attempts)
        document = _object(text)
        if status < HTTPStatus.BAD_REQUEST:
            # RFC 7009, 2.2: the answer to a revocation has no body that means anything.
            if document is None and text.strip():
                raise self._down("an answer that is no JSON")
            return document or {}
        code = str((document or {}).get("error"))
        if status < HTTPStatus.INTERNAL_SERVER_ERROR and code in _GONE:
            raise ConsentGone
        raise self._down(f"{status} {code if code.isidentifier() else ''}".strip())

    def _tried(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], attempts: int
    ) -> tuple[int, bytes]:
        for left in reversed(range(attempts)):
            started = time.monotonic()
            try:
                response = self._pool.request(
                    method, url, body=body, headers=headers, redirect=False, preload_content=False
                )
                text = _read(response)
            except HTTPError as error:
                if not left or time.monotonic() - started > FAST_SECONDS:
                    raise self._down(type(error).__name__) from error
                continue
            pause = _retry_after(response.headers.get("Retry-After"))
            if response.status not in _TRY_AGAIN or not left or pause > LONGEST_PAUSE:
                return response.status, text
            self._pause(pause)
        raise AssertionError("the last attempt returns or raises")

    def _down(self, why: str) -> Unavailable:
        logger.warning("%s did not answer: %s", self._provider, why)
        return Unavailable(f"{self._provider.row.label} does not answer right now. Please try again shortly.")


def _headers(media_type: str, basic: tuple[str, str] | None) -> dict[str, str]:
    credentials = make_headers(basic_auth=":".join(basic)) if basic else {}
    return {"Accept": "application/json", "Content-Type": media_type, **credentials}


def _read(response: BaseHTTPResponse) -> bytes:
    try:
        return bytes(response.read(_LARGEST_ANSWER, decode_content=True))
    finally:
        response.release_conn()


def _object(text: bytes) -> Json | None:
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _retry_after(value: str | None) -> float:
    """Return the pause in seconds; a date counts as too long."""
    if value is None:
        return 0.5
    return float(value) if value.isdecimal() else LONGEST_PAUSE + 1
