"""Microsoft Graph over HTTP: what mail and calendars share. Tokens, throttling, paging and errors of every call.

Graph takes four requests at once from an app for a mailbox, and tells with Retry-After when it wants fewer.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from itertools import count
from typing import Any, TypedDict, Unpack
from urllib.parse import quote

import httpx2

from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import (
    AssistantError,
    Conflict,
    ConnectionBroken,
    Forbidden,
    NotFound,
    PreconditionFailed,
    Unavailable,
)
from assistant.ports.connections import AccessTokens
from assistant.ports.runtime import Clock

logger = logging.getLogger(__name__)
# At debug level they log addresses, which hold what was searched for.
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)

CALL_SECONDS = 20.0
MOST_AT_ONCE = 4
MOST_IN_BATCH = 20
_ATTEMPTS = 4
_LONGEST_CONNECT = 3.0
_LONGEST_READ = 9.0
_SHORTEST_READ = 0.1
_FIRST_PAUSE = 0.5
_GONE_CODES = frozenset({"errorinvalididmalformed", "erroritemnotfound"})
_CURSOR_CODES = frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired"})
_IMMUTABLE_IDS = 'IdType="ImmutableId"'
_PLAIN: Mapping[str, str] = {}
_DOWN = "Microsoft 365 does not answer right now."
_BROKEN = "The Microsoft account has to be connected again."
_ERRORS: Mapping[int | None, tuple[type[AssistantError], str]] = {
    HTTPStatus.FORBIDDEN: (Forbidden, "The Microsoft account does not allow this."),
    HTTPStatus.NOT_FOUND: (NotFound, "It is not there any more."),
    HTTPStatus.CONFLICT: (Conflict, "It changed at Microsoft 365 meanwhile."),
    HTTPStatus.PRECONDITION_FAILED: (PreconditionFailed, "It changed at Microsoft 365 meanwhile."),
    HTTPStatus.TOO_MANY_REQUESTS: (Unavailable, "Microsoft 365 takes no more requests right now."),
}

type Json = dict[str, Any]


class _Sent(TypedDict, total=False):
    """Parameters and body of a request, as httpx names them."""

    params: Mapping[str, str] | None
    json: Json | None
    content: bytes


class Unsure(Unavailable):
    """Nothing, or a fault, came back of a call that may have been carried out and must not be repeated blindly."""


class SyncStateLost(NotFound):
    """Graph no longer knows what changed since the link; what is asked for by its id is gone."""


class GraphApi:
    """Calls Graph for all connections of a process, which share its open HTTP connections."""

    def __init__(
        self, base_url: str, tokens: AccessTokens, clock: Clock, *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self.clock = clock
        self.pause = pause
        self.tokens = tokens
        self.base = httpx2.URL(base_url.rstrip("/") + "/")
        self.client = httpx2.Client(limits=httpx2.Limits(max_connections=MOST_AT_ONCE), follow_redirects=False)

    def account(self, connection: Connection) -> "GraphAccount":
        """Return the calls of a connection."""
        return GraphAccount(self, connection)

    def close(self) -> None:
        """Close the HTTP connections."""
        self.client.close()


class GraphAccount:
    """Calls for one connection.

    Links are paths below the base address, or what Graph answered as the next page: relative or absolute, but always
    at that address. Raises as ``ports.MailBox``, Conflict on 409, PreconditionFailed on 412, SyncStateLost.
    """

    def __init__(self, api: GraphApi, connection: Connection) -> None:
        self._api = api
        self.connection = connection

    def get(self, link: str, params: Mapping[str, str] | None = None, *, prefer: str = "") -> Json:
        """Return a resource or a page of them."""
        return _json(self._call("GET", link, params=params, headers=_prefer(prefer)))

    def pages(self, link: str, params: Mapping[str, str] | None = None, *, prefer: str = "") -> Iterator[Json]:
        """Yield the resources of a collection, page after page."""
        page = self.get(link, params, prefer=prefer)
        yield from page["value"]
        while following := page.get("@odata.nextLink"):
            page = self.get(following, prefer=prefer)
            yield from page["value"]

    def patch(self, link: str, body: Json, *, if_match: str | None = None, prefer: str = "") -> Json:
        """Change a resource, of this version where one is named."""
        return _json(self._call("PATCH", link, json=body, headers={**_prefer(prefer), **_if_match(if_match)}))

    def post(self, link: str, body: Json | None = None, *, repeatable: bool = False, prefer: str = "") -> Json:
        """Create a resource or act; raises Unsure unless it is ``repeatable``."""
        return _json(self._call("POST", link, json=body, repeatable=repeatable, headers=_prefer(prefer)))

    def post_text(self, link: str, text: bytes) -> Json:
        """Create a resource of text/plain; raises Unsure."""
        return _json(self._call("POST", link, content=text, headers={"Content-Type": "text/plain"}, repeatable=False))

    def delete(self, link: str, *, if_match: str | None = None) -> None:
        """Delete a resource, of this version where one is named; one that is gone is no error."""
        with suppress(NotFound):
            self._call("DELETE", link, headers=_if_match(if_match))

    def batch(self, links: Mapping[str, str], *, prefer: str = "") -> Mapping[str, Json]:
        """Return the resources, at most 20, by their keys; those that do not exist are left out."""
        # Each request of a batch has headers of its own.
        asked = {"method": "GET", "headers": {"Prefer": _IMMUTABLE_IDS, **_prefer(prefer)}}
        requests = [{"id": key, "url": f"/{link}", **asked} for key, link in links.items()]
        answers = self.post("$batch", {"requests": requests}, repeatable=True)["responses"]
        found = {one["id"]: one["body"] for one in answers if one["status"] == HTTPStatus.OK}
        missing = [one["id"] for one in answers if one["status"] == HTTPStatus.NOT_FOUND]
        if len(found) + len(missing) < len(links):
            raise Unavailable(_DOWN)
        return found

    def _call(
        self,
        method: str,
        link: str,
        *,
        headers: Mapping[str, str] = _PLAIN,
        repeatable: bool = True,
        **request: Unpack[_Sent],
    ) -> httpx2.Response:
        if self.connection.status is ConnectionStatus.BROKEN:
            raise ConnectionBroken(_BROKEN)
        address = self._address(link)
        ends = self._api.clock.monotonic() + CALL_SECONDS
        token = self._api.tokens.token(self.connection)
        renewed = False
        for attempt in count():
            response = self._try(method, address, {**headers, "Authorization": f"Bearer {token}"}, ends, request)
            if response is not None and response.is_success:
                return response
            if response is not None and response.status_code == HTTPStatus.UNAUTHORIZED:
                if renewed:
                    self._api.tokens.give_up(self.connection, token)
                token, renewed = self._api.tokens.renew(self.connection, token), True
                continue
            pause = _pause(response, attempt, repeatable=repeatable)
            if pause is None or self._api.clock.monotonic() + pause >= ends:
                break
            self._api.pause(pause)
        raise _failure(response, repeatable=repeatable)

    def _try(
        self, method: str, address: httpx2.URL, headers: Mapping[str, str], ends: float, request: _Sent
    ) -> httpx2.Response | None:
        """Return the answer; None where none came, or not the whole of it."""
        left = max(ends - self._api.clock.monotonic(), _SHORTEST_READ)
        timeout = httpx2.Timeout(min(left, _LONGEST_READ), connect=min(left, _LONGEST_CONNECT))
        asked = {"Prefer": _IMMUTABLE_IDS, **headers}
        try:
            return self._api.client.request(method, address, headers=asked, timeout=timeout, **request)
        except httpx2.RequestError as error:
            logger.warning("graph did not answer: %s", type(error).__name__)
            return None

    def _address(self, link: str) -> httpx2.URL:
        """Return the address of a link; one to anywhere else would take the token there."""
        base = self._api.base
        address = base.join(link)
        if (address.scheme, address.host, address.port) != (base.scheme, base.host, base.port):
            raise Unavailable("Microsoft 365 answered with a link to another place.")
        return address


def segment(name: str) -> str:
    """Return an id as one segment of a path."""
    return quote(name, safe="")


def literal(text: str) -> str:
    """Return a string of an OData expression, in quotes."""
    return "'{}'".format(text.replace("'", "''"))


def _prefer(preference: str) -> Mapping[str, str]:
    return {"Prefer": f"{_IMMUTABLE_IDS}, {preference}"} if preference else {}


def _if_match(version: str | None) -> Mapping[str, str]:
    return {"If-Match": version} if version else _PLAIN


def _pause(response: httpx2.Response | None, attempt: int, *, repeatable: bool) -> float | None:
    """Return the seconds before another try, None for no other."""
    if attempt + 1 == _ATTEMPTS:
        return None
    backoff = _FIRST_PAUSE * 2**attempt * (1 + secrets.randbelow(1000) / 1000)
    if response is None:
        return backoff if repeatable else None
    # What is throttled was not carried out; of other faults nobody knows.
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS or (repeatable and response.is_server_error):
        told = response.headers.get("retry-after", "")
        return float(told) if told.isdecimal() else backoff
    return None


def _failure(response: httpx2.Response | None, *, repeatable: bool) -> AssistantError:
    """Return what to raise; the log names the status and Graph's code only."""
    status = response.status_code if response is not None else None
    code = _code(response) if response is not None else ""
    logger.warning("graph refused: %s %s", status, code)
    if status == HTTPStatus.GONE or code in _CURSOR_CODES:
        return SyncStateLost("Microsoft 365 no longer knows what changed since then.")
    if code in _GONE_CODES:
        return NotFound("It is not there any more.")
    if status in _ERRORS:
        kind, detail = _ERRORS[status]
        return kind(detail)
    if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(_DOWN) if repeatable else Unsure(_DOWN)
    return AssistantError(f"Microsoft 365 refused this ({status}).")


def _code(response: httpx2.Response) -> str:
    try:
        return str(response.json()["error"]["code"]).casefold()
    except (ValueError, KeyError, TypeError):
        return ""


def _json(response: httpx2.Response) -> Json:
    if not response.content:
        return {}
    try:
        answer: Json = response.json()
    except ValueError:
        raise Unavailable(_DOWN) from None
    return answer
