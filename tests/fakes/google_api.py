"""An API of Google on loopback, from its own description: addresses, parameters, bodies and answers are held to the
discovery document that google-api-python-client carries. It serves faults on request, in order.
"""

import json
import re
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

import googleapiclient
from jsonschema import Draft202012Validator

from assistant.ports.runtime import Clock
from tests.fakes.loopback_http import Answer, loopback_server, running

type Json = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What a call is answered instead: a status with a reason, a truncated answer, or silence.

    ``after`` faults strike when the call was done already.
    """

    status: HTTPStatus = HTTPStatus.OK
    reason: str = ""
    retry_after: str | None = None
    sent: float = 1.0
    hangs: bool = False
    after: bool = False


class Refused(Exception):
    """What Google does not do: the status and reason of its answer."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass
class GoogleApi(ABC):
    """The server: the tokens it takes, the faults it will serve, and what it was asked."""

    api: ClassVar[str]
    """Name and version of the description."""

    clock: Clock
    url: str = ""
    tokens: set[str] = field(default_factory=lambda: {"token-1"})
    faults: deque[Fault] = field(default_factory=deque)
    calls: list[str] = field(default_factory=list)
    silence: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._lock = threading.RLock()

    @abstractmethod
    def carry_out(self, called: str, arguments: Json, headers: Mapping[str, str]) -> Json:
        """Return the answer to a call by the name of its method, like ``events.get``; raises Refused."""

    def handle(self, method: str, path: str, headers: Mapping[str, str], sent: bytes) -> Answer:
        """Answer a request as the description says, or with the next fault."""
        fault = self.faults.popleft() if self.faults else Fault()
        if fault.after:
            answer = self._answer(method, path, headers, sent)
            return self._broken(fault) or answer
        return self._broken(fault) or replace(self._answer(method, path, headers, sent), sent=fault.sent)

    def _broken(self, fault: Fault) -> Answer | None:
        if fault.hangs:
            self.silence.wait(60)
            return Answer(HTTPStatus.OK, b"", sent=0)
        if fault.status is not HTTPStatus.OK:
            return _error(fault.status, fault.reason, fault.retry_after)
        return None

    def _answer(self, method: str, path: str, headers: Mapping[str, str], sent: bytes) -> Answer:
        if headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return _error(HTTPStatus.UNAUTHORIZED, "authError")
        try:
            return Answer(HTTPStatus.OK, json.dumps(self._served(method, path, headers, sent)).encode())
        except Refused as refused:
            return _error(refused.status, refused.reason)
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            return _error(HTTPStatus.BAD_REQUEST, repr(error))

    def _served(self, method: str, path: str, headers: Mapping[str, str], sent: bytes) -> Json:
        called, in_path = _method(self.api, method, urlsplit(path).path)
        query = _parameters(called, parse_qs(urlsplit(path).query))
        body = json.loads(sent) if sent else {}
        if "request" in called:
            _validate(self.api, called["request"]["$ref"], body)
        name = called["id"].partition(".")[2]
        with self._lock:
            self.calls.append(name)
            given = {**in_path, **query, **({"body": body} if "request" in called else {})}
            answer = self.carry_out(name, given, headers)
        if "response" in called:
            _validate(self.api, called["response"]["$ref"], answer)
        return answer


@contextmanager
def serve[Api: GoogleApi](api: Api, port: int = 0) -> Iterator[Api]:
    """Serve until the block ends."""
    with running(loopback_server(api.handle, port)) as url:
        api.url = url
        yield api
        api.silence.set()


def _error(status: HTTPStatus, reason: str, retry_after: str | None = None) -> Answer:
    detail = {"domain": "global", "reason": reason, "message": reason}
    body = {"error": {"code": status, "message": reason, "errors": [detail]}}
    return Answer(status, json.dumps(body).encode(), {"retry-after": retry_after} if retry_after else {})


@cache
def _description(api: str) -> Json:
    documents = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    description: Json = json.loads((documents / f"{api}.json").read_text(encoding="utf-8"))
    return description


def _every_method(resource: Json) -> Iterator[Json]:
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from _every_method(inner)


@cache
def _methods(api: str) -> Sequence[tuple[str, re.Pattern[str], Json]]:
    description = _description(api)
    root = f"/{description['servicePath']}"
    return [
        (one["httpMethod"], re.compile(root + re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", one["path"])), one)
        for one in _every_method(description)
        if "+" not in one["path"]
    ]


def _method(api: str, method: str, path: str) -> tuple[Json, dict[str, str]]:
    for wanted, pattern, called in _methods(api):
        match = pattern.fullmatch(path)
        if wanted == method and match:
            return called, {name: unquote(value) for name, value in match.groupdict().items()}
    raise Refused(HTTPStatus.NOT_FOUND, "notFound")


def _parameters(called: Json, given: Mapping[str, Sequence[str]]) -> Json:
    """Return the query parameters as the description types them; one it does not know is refused."""
    typed: Json = {}
    for name, values in given.items():
        if name == "alt":
            continue
        if name not in called.get("parameters", {}):
            raise Refused(HTTPStatus.BAD_REQUEST, "badRequest")
        known = called["parameters"][name]
        converted = [_converted(known["type"], value) for value in values]
        typed[name] = converted if known.get("repeated") else converted[0]
    return typed


def _converted(kind: str, value: str) -> Any:
    match kind:
        case "integer":
            return int(value)
        case "boolean":
            return value == "true"
        case _:
            return value


@cache
def _validator(api: str, schema: str) -> Draft202012Validator:
    definitions = {name: _json_schema(one) for name, one in _description(api)["schemas"].items()}
    return Draft202012Validator({"$ref": f"#/$defs/{schema}", "$defs": definitions})


def _json_schema(described: Json) -> Json:
    """Return a schema of the description as JSON Schema; fields it does not name are refused."""
    if "$ref" in described:
        return {"$ref": f"#/$defs/{described['$ref']}"}
    schema: Json = {"type": described["type"]}
    if "properties" in described:
        schema["properties"] = {name: _json_schema(one) for name, one in described["properties"].items()}
        schema["additionalProperties"] = False
    if "additionalProperties" in described:
        schema["additionalProperties"] = _json_schema(described["additionalProperties"])
    if "items" in described:
        schema["items"] = _json_schema(described["items"])
    if "enum" in described:
        schema["enum"] = described["enum"]
    if described.get("format") in ("int64", "uint64"):
        schema["pattern"] = r"^-?\d+$"
    return schema


def _validate(api: str, schema: str, document: Json) -> None:
    problems = [error.message for error in _validator(api, schema).iter_errors(document)]
    assert not problems, problems
