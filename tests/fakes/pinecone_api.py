"""Pinecone's data plane on loopback: upsert, query and delete by namespace, with the shapes of its API 2025-10.

What it answers is decoded by the SDK's own models, strictly; what it is sent has to be what the API takes. It serves on
request: 401, 429 with a long Retry-After, 500, and silence.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from tests.fakes.loopback_http import Answer, loopback_server, running

DIMENSIONS = 256
MOST_IN_UPSERT = 100
MOST_IN_DELETE = 1000
MOST_FOUND = 10_000

type Json = dict[str, Any]


@dataclass
class PineconeApi:
    """The server's state: vectors by namespace and id, the key it takes, what it answers instead, what it was sent."""

    url: str = ""
    key: str = "pc-key"
    failure: HTTPStatus | None = None
    retry_after: str | None = None
    silent: threading.Event | None = None
    namespaces: dict[str, dict[str, Json]] = field(default_factory=lambda: defaultdict(dict))
    requests: list[tuple[str, Json]] = field(default_factory=list)

    def handle(self, _: str, path: str, headers: Mapping[str, str], sent: bytes) -> Answer:
        """Answer a request; one the API would refuse is a 400 that says why."""
        body = json.loads(sent or b"{}")
        self.requests.append((path, body))
        if self.silent:
            self.silent.wait(30)
        if headers["api-key"] != self.key:
            return _error(HTTPStatus.UNAUTHORIZED, "Invalid API Key")
        if self.failure:
            return _error(self.failure, self.failure.phrase, self.retry_after)
        routes = {"/vectors/upsert": self._upsert, "/query": self._query, "/vectors/delete": self._delete}
        try:
            return routes[path](body)
        except (AssertionError, KeyError, TypeError) as error:
            return _error(HTTPStatus.BAD_REQUEST, repr(error))

    def _upsert(self, body: Json) -> Answer:
        assert set(body) == {"vectors", "namespace"}
        assert 0 < len(body["vectors"]) <= MOST_IN_UPSERT
        for vector in body["vectors"]:
            assert set(vector) == {"id", "values", "metadata"}
            _check(vector["values"])
            assert all(isinstance(value, str | list) for value in vector["metadata"].values())
            self.namespaces[body["namespace"]][vector["id"]] = vector
        return _json({"upsertedCount": len(body["vectors"])})

    def _query(self, body: Json) -> Answer:
        assert set(body) <= {"vector", "topK", "namespace", "filter", "includeValues", "includeMetadata"}
        assert 1 <= body["topK"] <= MOST_FOUND
        _check(body["vector"])
        kept = self.namespaces.get(body["namespace"], {}).values()
        matches = [
            {"id": one["id"], "score": _cosine(one["values"], body["vector"]), "values": []}
            for one in kept
            if _passes(one["metadata"], body.get("filter") or {})
        ]
        matches.sort(key=lambda match: -match["score"])
        answer = {"results": [], "matches": matches[: body["topK"]], "namespace": body["namespace"]}
        return _json(answer | {"usage": {"readUnits": 5}})

    def _delete(self, body: Json) -> Answer:
        assert set(body) in ({"namespace", "ids"}, {"namespace", "deleteAll"})
        if body["namespace"] not in self.namespaces:
            return _error(HTTPStatus.NOT_FOUND, "Namespace not found")
        if body.get("deleteAll"):
            del self.namespaces[body["namespace"]]
            return _json({})
        assert 0 < len(body["ids"]) <= MOST_IN_DELETE
        for one in body["ids"]:
            self.namespaces[body["namespace"]].pop(one, None)
        return _json({})


def _json(body: Json, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(body).encode(), headers or {})


def _error(status: HTTPStatus, message: str, retry_after: str | None = None) -> Answer:
    headers = {"retry-after": retry_after} if retry_after else {}
    return _json({"code": 3, "message": message, "details": []}, status, headers)


def _check(values: list[float]) -> None:
    assert len(values) == DIMENSIONS
    assert any(values), "a dense vector needs a value that is not zero"


def _passes(metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    for name, ((operator, value),) in ((name, tuple(condition.items())) for name, condition in wanted.items()):
        held = metadata.get(name)
        among = held if isinstance(held, list) else [held]
        assert operator in ("$eq", "$in")
        if not set(among) & set(value if operator == "$in" else [value]):
            return False
    return True


def _cosine(one: list[float], other: list[float]) -> float:
    lengths = sum(value * value for value in one) * sum(value * value for value in other)
    return float(sum(a * b for a, b in zip(one, other, strict=True)) / lengths**0.5)


@contextmanager
def serve() -> Iterator[PineconeApi]:
    """Serve until the block ends."""
    api = PineconeApi()
    with running(loopback_server(api.handle, 0)) as api.url:
        yield api
