"""Wishes reach the function that has Claude, and whatever comes back instead of an answer is Unavailable."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread

import pytest

from assistant.adapters.lambda_wishes import LambdaWishes, lambda_client
from assistant.domain.calendar.wishes.interpreting import InterpretedWishes, WishesToInterpret
from assistant.domain.errors import Unavailable
from tests.fakes.loopback_http import Answer, loopback_server

pytestmark = pytest.mark.network

FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:understand"
ASKED = WishesToInterpret(
    user_id="user123",
    request_id="request1",
    wishes=("Zeit für einen Kaffee", "let me breathe"),
    answer_by=datetime(2025, 1, 15, 10, tzinfo=UTC),
)
FOUND = InterpretedWishes(not_understood=ASKED.wishes, degraded=("claude",))
RAISED = {"errorMessage": "boom", "errorType": "ValidationError"}


@contextmanager
def answering(answer: Answer) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Serve the answer as Lambda; yield its address and the requests it sees."""
    seen: list[tuple[str, bytes]] = []

    def handle(_method: str, path: str, _headers: object, sent: bytes) -> Answer:
        seen.append((path, sent))
        return answer

    server = loopback_server(handle, 0)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_function_named_is_told_everything_and_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(Answer(200, FOUND.model_dump_json().encode())) as (address, seen):
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        assert LambdaWishes(FUNCTION, lambda_client()).interpret(ASKED) == FOUND
    ((path, sent),) = seen
    assert (
        path
        == "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012%3Afunction%3Aunderstand/invocations"
    )
    assert WishesToInterpret.model_validate_json(sent) == ASKED


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, json.dumps(RAISED).encode(), {"X-Amz-Function-Error": "Unhandled"}),
        Answer(200, b"null"),
        Answer(200, b'{"understood": [{"wish": "let me breathe"'),
        Answer(429, b"{}", {"X-Amzn-ErrorType": "TooManyRequestsException"}),
        Answer(403, b"{}", {"X-Amzn-ErrorType": "AccessDeniedException"}),
        Answer(500, b"{}"),
        Answer(200, b"", sent=0.0),
        Answer(200, FOUND.model_dump_json().encode(), sent=0.5),
    ],
    ids=["raised", "no answer", "no JSON", "throttled", "denied", "broken", "dropped", "cut"],
)
def test_whatever_else_comes_back_is_unavailable_at_once(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(answer) as (address, seen):
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(Unavailable):
            LambdaWishes(FUNCTION, lambda_client()).interpret(ASKED)
    assert len(seen) == 1


def test_the_wishes_are_in_no_log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    quoting = json.dumps({"errorMessage": "let me breathe is no wish"}).encode()
    with answering(Answer(200, quoting, {"X-Amz-Function-Error": "Unhandled"})) as (address, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(Unavailable):
            LambdaWishes(FUNCTION, lambda_client()).interpret(ASKED)
    assert "Unhandled" in caplog.text
    assert "breathe" not in caplog.text
