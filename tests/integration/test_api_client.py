"""The local commands' HTTP client against a server that answers as it is told."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from infra.local.api_client import MAX_ATTEMPTS, ApiClient
from infra.local.console import LocalFailure
from infra.local.layout import LOOPBACK, free_port

PROBLEM = {"detail": "The batch is too large.", "errors": [{"field": "emails", "detail": "has 3 mails"}]}

type Scripted = tuple[int, dict[str, str], object]


@contextmanager
def _server(answers: Sequence[Scripted]) -> Iterator[tuple[int, list[str]]]:
    """Answer the requests one after the other; yield the port and the tokens seen, the last answer repeats."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, headers, document = answers[min(len(seen), len(answers) - 1)]
            seen.append(self.headers["Authorization"])
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Keep the test output quiet."""

    with HTTPServer((LOOPBACK, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, seen
        server.shutdown()


def test_a_busy_api_is_asked_again_when_it_says() -> None:
    waits: list[float] = []
    with _server([(429, {"Retry-After": "7"}, {}), (503, {}, {}), (200, {}, {"ok": True})]) as (port, _):
        answer = ApiClient(port, lambda: "token", wait=waits.append).post("/", {})

    assert answer == {"ok": True}
    assert waits == [7.0, 1.0]


def test_an_api_that_stays_busy_is_given_up() -> None:
    waits: list[float] = []
    with _server([(429, {"Retry-After": "3600"}, PROBLEM)]) as (port, seen), pytest.raises(LocalFailure, match="429"):
        ApiClient(port, lambda: "token", wait=waits.append).post("/", {})

    assert len(seen) == MAX_ATTEMPTS
    assert set(waits) == {60.0}


def test_an_expired_token_is_renewed() -> None:
    tokens = iter(("old", "new"))
    with _server([(401, {}, {}), (200, {}, {})]) as (port, seen):
        ApiClient(port, lambda: next(tokens)).post("/", {})

    assert seen == ["Bearer old", "Bearer new"]


def test_a_refusal_is_told_in_the_words_of_the_api() -> None:
    words = r"422 .*The batch is too large\.; emails: has 3 mails"
    with _server([(422, {}, PROBLEM)]) as (port, seen), pytest.raises(LocalFailure, match=words):
        ApiClient(port, lambda: "token").post("/", {})

    assert len(seen) == 1


def test_an_answer_that_is_no_problem_document_is_still_a_refusal() -> None:
    with _server([(500, {}, ["?"])]) as (port, _), pytest.raises(LocalFailure, match="500"):
        ApiClient(port, lambda: "token").post("/", {})


def test_nothing_listening_is_one_line() -> None:
    port = free_port()

    with pytest.raises(LocalFailure, match=f"does not answer on port {port}"):
        ApiClient(port, lambda: "token").post("/", {})
