"""Microsoft Graph on loopback: what mail and calendars share, and the faults it answers with on request.

Everything it answers has to be what Microsoft's own types say (schemas/microsoft_graph.json).
"""

import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit
from uuid import uuid4

from jsonschema import Draft7Validator

from tests.fakes.loopback_http import Answer, loopback_server, running

type Json = dict[str, Any]

IMMUTABLE_IDS = 'IdType="ImmutableId"'
MOST_AT_ONCE = 4
LONGEST_CLIENT_STATE = 128
_ROOT = "/v1.0"
_SCHEMA = json.loads((Path(__file__).parent / "schemas/microsoft_graph.json").read_text())
_PAGE_SIZE = re.compile(r"odata\.maxpagesize=(\d+)")


class Refusal(Exception):
    """What Graph does not do: the status and code of its answer."""

    def __init__(self, status: HTTPStatus, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass
class Fault:
    """An answer instead of the right one, for requests whose method and path match, as often as said.

    ``after`` lets the request be carried out first; ``sent`` is the share of the answer that gets through.
    """

    matching: str
    status: HTTPStatus = HTTPStatus.OK
    retry_after: str | None = None
    after: bool = False
    sent: float = 1.0
    hang: threading.Event | None = None
    times: int = 1


@dataclass
class Request:
    """A request as the routes see it: ``path`` below the version, and the page size that was preferred."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        document: Json = json.loads(self.body)
        return document

    @property
    def page_size(self) -> int:
        preferred = _PAGE_SIZE.search(self.headers.get("prefer", ""))
        return int(self.parameters.get("$top") or (preferred[1] if preferred else 10))


type Route = Callable[[Request, Mapping[str, str]], tuple[HTTPStatus, Json | None]]


@dataclass
class GraphServer:
    """The server's state: its routes, the token it takes, faults to come, the requests it saw, links that lead on.

    Where it ``calls_back``, a subscription is made only if its address answers as Graph wants it, and is notified.
    """

    url: str = ""
    token: str = "graph-token"
    relative_links: bool = False
    foreign_links: bool = False
    calls_back: bool = False
    faults: list[Fault] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    busiest: int = 0

    def __post_init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Route]] = []
        self._links: dict[str, Callable[[], Json]] = {}
        self._under_way = 0
        self._lock = threading.Lock()
        self.subscriptions: dict[str, Json] = {}
        self.route("POST", r"\$batch", self._batch)
        self.route("POST", r"subscriptions", self._subscribe)
        self.route("PATCH", r"subscriptions/(?P<id>[\w-]+)", self._renew)
        self.route("DELETE", r"subscriptions/(?P<id>[\w-]+)", self._unsubscribe)

    @property
    def address(self) -> str:
        """Where the server is, without the version of Graph."""
        return self.url.removesuffix(_ROOT)

    def route(self, method: str, path: str, route: Route) -> None:
        """Answer requests to a path, a regular expression whose groups the route gets."""
        self._routes.append((method, re.compile(path), route))

    def link(self, kind: str, make: Callable[[], Json]) -> str:
        """Return a link whose page is made when it is asked for."""
        token = f"{kind}{len(self._links)}"
        self._links[token] = make
        host = "https://elsewhere.example" if self.foreign_links else self.address
        return f"{'' if self.relative_links else host}{_ROOT}/links?${kind}={token}"

    def page(
        self, entity: str, items: Sequence[Json], request: Request, last: Json | None = None, start: int = 0
    ) -> Json:
        """Return a page of a collection, with ``last`` on the last one."""
        end = start + request.page_size
        page = [validated(entity, item) for item in items[start:end]]
        if end < len(items):
            following = self.link("skiptoken", lambda: self.page(entity, items, request, last, end))
            return {"value": page, "@odata.nextLink": following}
        return {"value": page, **(last or {})}

    def handle(self, method: str, target: str, headers: Mapping[str, str], sent: bytes) -> Answer:
        with self._lock:
            self._under_way += 1
            self.busiest = max(self.busiest, self._under_way)
        try:
            return self._handle(method, target, headers, sent)
        finally:
            with self._lock:
                self._under_way -= 1

    def _handle(self, method: str, target: str, headers: Mapping[str, str], sent: bytes) -> Answer:
        fault = self._fault(f"{method} {target}")
        if fault and fault.hang:
            fault.hang.wait(30)
        if fault and fault.status != HTTPStatus.OK and not fault.after:
            return _refused(fault.status, "fault", fault.retry_after)
        with self._lock:
            answer = self._answer(method, target, headers, sent)
        if fault and fault.status != HTTPStatus.OK:
            return _refused(fault.status, "fault", fault.retry_after)
        return Answer(answer.status, answer.body, answer.headers, fault.sent) if fault else answer

    def _answer(self, method: str, target: str, headers: Mapping[str, str], sent: bytes) -> Answer:
        parts = urlsplit(target)
        request = Request(method, parts.path.removeprefix(f"{_ROOT}/"), dict(parse_qsl(parts.query)), headers, sent)
        self.requests.append(request)
        if headers.get("authorization") != f"Bearer {self.token}":
            return _refused(HTTPStatus.UNAUTHORIZED, "InvalidAuthenticationToken")
        if IMMUTABLE_IDS not in headers.get("prefer", ""):
            return _refused(HTTPStatus.BAD_REQUEST, "without this, ids change")
        try:
            status, answered = self._routed(request)
        except Refusal as refusal:
            return _refused(refusal.status, refusal.code)
        return Answer(status, b"" if answered is None else json.dumps(answered).encode())

    def _routed(self, request: Request) -> tuple[HTTPStatus, Json | None]:
        if request.path == "links":
            (token,) = request.parameters.values()
            return HTTPStatus.OK, self._links[token]()
        for method, pattern, route in self._routes:
            found = pattern.fullmatch(request.path)
            if found and method == request.method:
                return route(request, {name: unquote(value) for name, value in found.groupdict().items()})
        raise Refusal(HTTPStatus.BAD_REQUEST, f"BadRequest {request.method} {request.path}")

    def _batch(self, request: Request, _: Mapping[str, str]) -> tuple[HTTPStatus, Json | None]:
        asked = request.json["requests"]
        assert len(asked) <= 20
        answers = []
        for one in asked:
            parts = urlsplit(one["url"])
            headers = {name.lower(): value for name, value in one["headers"].items()}
            assert IMMUTABLE_IDS in headers["prefer"]
            inner = Request(one["method"], parts.path.lstrip("/"), dict(parse_qsl(parts.query)), headers, b"")
            try:
                status, body = self._routed(inner)
            except Refusal as refusal:
                status, body = refusal.status, {"error": {"code": refusal.code, "message": ""}}
            answers.append({"id": one["id"], "status": status, "body": body})
        return HTTPStatus.OK, {"responses": answers}

    def _subscribe(self, request: Request, _: Mapping[str, str]) -> tuple[HTTPStatus, Json | None]:
        made = {"id": str(uuid4()), **request.json}
        if self.calls_back and not _is_reachable(made["notificationUrl"]):
            raise Refusal(HTTPStatus.BAD_REQUEST, "ValidationError")
        assert self.calls_back or made["notificationUrl"].startswith("https://")
        assert len(made["clientState"]) <= LONGEST_CLIENT_STATE
        self.subscriptions[made["id"]] = validated("subscription", made)
        # The secret is not told again.
        return HTTPStatus.CREATED, {**made, "clientState": None}

    def _renew(self, request: Request, given: Mapping[str, str]) -> tuple[HTTPStatus, Json | None]:
        if given["id"] not in self.subscriptions:
            raise Refusal(HTTPStatus.NOT_FOUND, "ResourceNotFound")
        self.subscriptions[given["id"]] |= request.json
        return HTTPStatus.OK, validated("subscription", {**self.subscriptions[given["id"]], "clientState": None})

    def _unsubscribe(self, _: Request, given: Mapping[str, str]) -> tuple[HTTPStatus, Json | None]:
        if self.subscriptions.pop(given["id"], None) is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "ResourceNotFound")
        return HTTPStatus.NO_CONTENT, None

    def _fault(self, asked: str) -> Fault | None:
        for fault in self.faults:
            if re.search(fault.matching, unquote(asked)):
                fault.times -= 1
                if fault.times == 0:
                    self.faults.remove(fault)
                return fault
        return None


def notification(subscription: Json, tenant: str, **fields: object) -> Json:
    """Return what Graph tells of a subscription."""
    return {
        "subscriptionId": subscription["id"],
        "subscriptionExpirationDateTime": subscription["expirationDateTime"],
        "clientState": subscription["clientState"],
        "tenantId": tenant,
        **fields,
    }


def notify(subscription: Json, tenant: str, **fields: object) -> int:
    """Send a notification as Graph does; return the status it is answered with."""
    told = {"value": [notification(subscription, tenant, **fields)]}
    return _called_back(subscription["notificationUrl"], json.dumps(told).encode())[0]


def _called_back(address: str, body: bytes, media_type: str = "application/json") -> tuple[int, str, Mapping[str, str]]:
    """Post to an address; return the status, the text and the headers of its answer."""
    request = urllib.request.Request(address, body, {"Content-Type": media_type}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode(), dict(refused.headers)


def _is_reachable(address: str) -> bool:
    """https://learn.microsoft.com/graph/change-notifications-delivery-webhooks#notificationurl-validation."""
    token = f"Validation: Testing client application reachability for subscription Request-Id: {uuid4()}"
    asked = f"{address}?{urlencode({'validationToken': token})}"
    status, text, headers = _called_back(asked, b"", "text/plain; charset=utf-8")
    return (status, text, headers["Content-Type"].partition(";")[0]) == (HTTPStatus.OK, token, "text/plain")


def selected(item: Json, request: Request) -> Json:
    """Return the properties that were asked for."""
    if "$select" not in request.parameters:
        return item
    names = {"id", "@odata.etag", "@removed", *request.parameters["$select"].split(",")}
    return {name: value for name, value in item.items() if name in names}


def validated(entity: str, item: Json) -> Json:
    """Return the resource, which has to be as Microsoft's types say."""
    _validator(entity).validate({name: value for name, value in item.items() if not name.startswith("@")})
    return item


@cache
def _validator(entity: str) -> Draft7Validator:
    shape = _SCHEMA["definitions"]["Answers"]["properties"][entity]
    return Draft7Validator({**shape, "definitions": _SCHEMA["definitions"]})


def _refused(status: HTTPStatus, code: str, retry_after: str | None = None) -> Answer:
    body = {"error": {"code": code, "message": ""}}
    return Answer(status, json.dumps(body).encode(), {"retry-after": retry_after} if retry_after else {})


@contextmanager
def serve() -> Iterator[GraphServer]:
    """Serve until the block ends."""
    server = GraphServer()
    with running(loopback_server(server.handle, 0)) as url:
        server.url = url + _ROOT
        yield server
