"""Google's REST APIs through google-api-python-client: where they are, who asks, how long, how often.

Only this module imports the client, which takes a quarter of a second: import this one on first use. A call is tried
again while Google throttles (429, or 403 with a reason of its quota) or is down, with full jitter and never before
``Retry-After``, until its time is over; one that may have done something is tried again only where doing it twice
changes nothing.
"""

import http.client
import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import googleapiclient
import httplib2
from googleapiclient.discovery import Resource, build_from_document
from googleapiclient.http import HttpRequest

from assistant.domain.connections import Connection
from assistant.domain.errors import (
    AssistantError,
    Conflict,
    Forbidden,
    NotFound,
    PreconditionFailed,
    Unavailable,
)
from assistant.ports.connections import AccessTokens
from assistant.ports.runtime import Clock

type Json = Mapping[str, Any]
type Service = Resource
type Request = HttpRequest

logger = logging.getLogger(__name__)
# At debug level it logs addresses with what is searched for.
logging.getLogger("googleapiclient").setLevel(logging.WARNING)

# The longest a call takes with all its tries, and the longest one try waits for the next bytes, in seconds.
CALL_SECONDS: Final = 20.0
TRY_SECONDS: Final = 8.0
_LEAST_SECONDS: Final = 0.5
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 8.0
_QUOTA_REASONS: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"})
# The status of an answer that did not come.
_NOTHING: Final = 0
_DOWN: Final = "Google does not answer right now. Please try again shortly."
_GONE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
# What breaks on the way: no connection, silence, or an answer that ends before its end.
_LOST: Final = (OSError, httplib2.HttpLib2Error, http.client.HTTPException)


@cache
def google_service(name: str, version: str, base_url: str | None) -> Service:
    """Return an API as its bundled description says, at ``base_url`` where one is given; it holds no connection.

    The description is rewritten because uploads and batches ignore the client's ``api_endpoint``.
    """
    documents = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    description = json.loads((documents / f"{name}.{version}.json").read_text(encoding="utf-8"))
    if base_url:
        root = f"{base_url.rstrip('/')}/"
        description |= {"rootUrl": root, "baseUrl": root + description.get("servicePath", "")}
        description.pop("mtlsRootUrl", None)
    return build_from_document(description, http=_NoHttp())


class _NoHttp:
    """Stands where the client wants a connection of its own; each call brings one."""

    def request(self, *_: object, **__: object) -> None:
        raise AssertionError("a call brings its own connection")

    def close(self) -> None:
        """Nothing is open."""


class GoogleCalls:
    """Makes calls in the name of one connection, each at most ``CALL_SECONDS`` long; for one thread at a time."""

    def __init__(
        self, connection: Connection, tokens: AccessTokens, clock: Clock, *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._connection = connection
        self._tokens = tokens
        self._clock = clock
        self._pause = pause
        self._http = httplib2.Http(timeout=TRY_SECONDS)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def until(self) -> float:
        """Return when a call that begins now ends, for several that have that time together."""
        return self._clock.monotonic() + CALL_SECONDS

    def __call__(self, request: Request, *, repeatable: bool = True, until: float | None = None) -> Json:
        """Return the answer; ``repeatable`` calls change nothing when they are made twice.

        Raises:
            ConnectionBroken: the consent is gone.
            Forbidden: a scope is missing, or Google allows it to nobody.
            NotFound: the thing is gone.
            Conflict: it is there already.
            PreconditionFailed: it has another version than the request names.
            Unavailable: Google throttles, is down, or says what cannot be read; or it is past ``until``.
        """
        until = self.until() if until is None else until
        if self._clock.monotonic() > until:
            raise Unavailable(_DOWN)
        token = self._tokens.token(self._connection)
        renewed = False
        tries = 0
        while True:
            answer = self._try(request, token, until)
            if answer.status == HTTPStatus.UNAUTHORIZED:
                if renewed:
                    self._tokens.give_up(self._connection, token)
                token, renewed = self._tokens.renew(self._connection, token), True
                continue
            if not answer.passing or (answer.uncertain and not repeatable):
                return answer.document()
            tries += 1
            pause = max(answer.retry_after, random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**tries)))  # noqa: S311 spreads load
            if self._clock.monotonic() + pause + _LEAST_SECONDS > until:
                return answer.document()
            self._pause(pause)

    def _try(self, request: Request, token: str, until: float) -> "_Answer":
        """Send the request once; HttpRequest.execute would put up with less, and hide when to come back."""
        self._http.timeout = min(TRY_SECONDS, max(_LEAST_SECONDS, until - self._clock.monotonic()))
        headers = {**request.headers, "authorization": f"Bearer {token}"}
        body = request.body
        if body is not None:
            headers |= {"content-length": str(len(body))}
        try:
            response, content = self._http.request(request.uri, method=request.method, body=body, headers=headers)
        except _LOST as error:
            # A connection that broke may hold what is left of the answer.
            self._http.close()
            logger.warning("google did not answer: %s", type(error).__name__)
            return _Answer(_NOTHING, b"")
        return _Answer(response.status, content, response)


class _Answer:
    """What came back, whole or not at all."""

    def __init__(self, status: int, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self._headers = headers or {}
        self._content = content
        self._json = _parsed(content)

    @property
    def reasons(self) -> frozenset[str]:
        """Why Google refuses, in its words."""
        error = (self._json or {}).get("error")
        errors = error.get("errors") if isinstance(error, dict) else None
        return frozenset(str(one.get("reason")) for one in errors or () if isinstance(one, dict))

    @property
    def throttled(self) -> bool:
        """Whether Google asks for a pause; nothing was done."""
        forbidden_for_now = self.status == HTTPStatus.FORBIDDEN and self.reasons & _QUOTA_REASONS
        return self.status == HTTPStatus.TOO_MANY_REQUESTS or bool(forbidden_for_now)

    @property
    def uncertain(self) -> bool:
        """Whether it may have been done although no answer says so."""
        unreadable = self.status == HTTPStatus.OK and self._json is None
        return self.status == _NOTHING or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR or unreadable

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed a little later."""
        return self.throttled or self.uncertain

    @property
    def retry_after(self) -> float:
        """Seconds Google wants to be left alone; 0 where it does not say."""
        given = self._headers.get("retry-after", "")
        return float(given) if given.isdecimal() else 0.0

    def document(self) -> Json:
        """Return the answer's JSON; raises what the status says."""
        if HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES and self._json is not None:
            return self._json
        if self.passing:
            raise Unavailable(_DOWN)
        logger.warning("google refused: %s %s", self.status, ", ".join(sorted(self.reasons)))
        raise _refusal(self.status)


def _parsed(content: bytes) -> Json | None:
    try:
        parsed = json.loads(content) if content else {}
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _refusal(status: int) -> AssistantError:
    if status == HTTPStatus.FORBIDDEN:
        return Forbidden("Google does not allow this with what the connection was given. Please connect it again.")
    if status in _GONE:
        return NotFound("It is not there any more.")
    if status == HTTPStatus.CONFLICT:
        return Conflict("It changed meanwhile.")
    if status == HTTPStatus.PRECONDITION_FAILED:
        return PreconditionFailed("It changed meanwhile.")
    return AssistantError("Google refuses the request.")
