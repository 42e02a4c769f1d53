"""The emulator of Graph, with batches of reads: it has only those that move messages."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

from tests.fakes.loopback_http import Answer, loopback_server, running

_BATCH = "/v1.0/$batch"


@contextmanager
def with_batches(emulator: str) -> Iterator[str]:
    """Serve the emulator until the block ends, each read of a batch as a request of its own; yield the address."""

    def handle(method: str, target: str, headers: Mapping[str, str], sent: bytes) -> Answer:
        if target != _BATCH:
            return _asked(emulator, method, target, headers, sent)
        answers = []
        for one in json.loads(sent)["requests"]:
            answer = _asked(emulator, one["method"], f"/v1.0{one['url']}", headers, b"")
            answers.append({"id": one["id"], "status": answer.status, "body": json.loads(answer.body)})
        return Answer(HTTPStatus.OK, json.dumps({"responses": answers}).encode())

    with running(loopback_server(handle, 0)) as address:
        yield address


def _asked(emulator: str, method: str, target: str, headers: Mapping[str, str], sent: bytes) -> Answer:
    passed = {name: value for name, value in headers.items() if name in ("authorization", "content-type", "prefer")}
    request = urllib.request.Request(emulator + target, sent or None, passed, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return Answer(answer.status, answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(refused.code, refused.read())
