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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

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

    def answer(self, path: str, body: Json) -> tuple[HTTPStatus, Json]:
        """Return status and body of an answer; a request the API would refuse is a 400 that says why."""
        routes = {"/vectors/upsert": self._upsert, "/query": self._query, "/vectors/delete": self._delete}
        if path not in routes:
            return HTTPStatus.NOT_FOUND, {"code": 5, "message": f"no route {path}", "details": []}
        try:
            return routes[path](body)
        except (AssertionError, KeyError, TypeError) as error:
            return HTTPStatus.BAD_REQUEST, {"code": 3, "message": repr(error), "details": []}

    def _upsert(self, body: Json) -> tuple[HTTPStatus, Json]:
        assert set(body) == {"vectors", "namespace"}
        assert 0 < len(body["vectors"]) <= MOST_IN_UPSERT
        for vector in body["vectors"]:
            assert set(vector) == {"id", "values", "metadata"}
            _check(vector["values"])
            assert all(isinstance(value, str | list) for value in vector["metadata"].values())
            self.namespaces[body["namespace"]][vector["id"]] = vector
        return HTTPStatus.OK, {"upsertedCount": len(body["vectors"])}

    def _query(self, body: Json) -> tuple[HTTPStatus, Json]:
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
        return HTTPStatus.OK, answer | {"usage": {"readUnits": 5}}

    def _delete(self, body: Json) -> tuple[HTTPStatus, Json]:
        assert set(body) in ({"namespace", "ids"}, {"namespace", "deleteAll"})
        if body["namespace"] not in self.namespaces:
            return HTTPStatus.NOT_FOUND, {"code": 5, "message": "Namespace not found", "details": []}
        if body.get("deleteAll"):
            del self.namespaces[body["namespace"]]
            return HTTPStatus.OK, {}
        assert 0 < len(body["ids"]) <= MOST_IN_DELETE
        for one in body["ids"]:
            self.namespaces[body["namespace"]].pop(one, None)
        return HTTPStatus.OK, {}


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

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            api.requests.append((self.path, body))
            if api.silent:
                api.silent.wait(30)
            if self.headers["Api-Key"] != api.key:
                self._send(HTTPStatus.UNAUTHORIZED, {"code": 16, "message": "Invalid API Key", "details": []})
            elif api.failure:
                self._send(api.failure, {"code": 13, "message": api.failure.phrase, "details": []})
            else:
                self._send(*api.answer(self.path, body))

        def _send(self, status: HTTPStatus, body: Json) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if api.retry_after:
                self.send_header("Retry-After", api.retry_after)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 named by http.server
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
