"""Calls of the running assistant's HTTP API by the local commands."""

import json
import time
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

from infra.local.console import LocalFailure
from infra.local.layout import LOOPBACK

TIMEOUT_SECONDS = 60.0
MAX_ATTEMPTS = 6
MAX_WAIT_SECONDS = 60.0


class ApiClient:
    """Sends and gets JSON with a token; waits as Retry-After says when the API is busy."""

    def __init__(self, port: int, token: Callable[[], str], *, wait: Callable[[float], None] = time.sleep) -> None:
        self._port = port
        self._wait = wait
        self._new_token = token
        self._token = token()

    def post(self, path: str, document: dict[str, Any]) -> dict[str, Any]:
        """Post ``document`` and return the JSON answer; raises as ``call``."""
        return self.call("POST", path, document)

    def call(self, method: str, path: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send ``document`` and return the JSON answer.

        Raises:
            LocalFailure: the API refuses, stays busy, or does not answer; carries its words.

        """
        return self._read(path, *self._answer(method, path, document))

    def find(self, path: str) -> dict[str, Any] | None:
        """Return what lies at the address, None where nothing does; raises as ``call``."""
        status, content = self._answer("GET", path, None)
        return None if status == HTTPStatus.NOT_FOUND else self._read(path, status, content)

    def _read(self, path: str, status: int, content: bytes) -> dict[str, Any]:
        if status == HTTPStatus.OK:
            return dict(json.loads(content))
        raise LocalFailure(f"the assistant answers {status} to {path}: {_explain(content)}")

    def _answer(self, method: str, path: str, document: dict[str, Any] | None) -> tuple[int, bytes]:
        body = json.dumps(document, ensure_ascii=False).encode() if document is not None else None
        for _ in range(MAX_ATTEMPTS):
            status, retry_after, content = self._send(method, path, body)
            if status == HTTPStatus.UNAUTHORIZED:
                self._token = self._new_token()
            elif status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
                self._wait(min(float(retry_after), MAX_WAIT_SECONDS))
            else:
                break
        return status, content

    def _send(self, method: str, path: str, body: bytes | None) -> tuple[int, str, bytes]:
        connection = HTTPConnection(LOOPBACK, self._port, timeout=TIMEOUT_SECONDS)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Retry-After", "1"), answer.read()
        except (OSError, HTTPException) as error:
            raise LocalFailure(f"the assistant does not answer on port {self._port}: {error}") from error
        finally:
            connection.close()


def _explain(content: bytes) -> str:
    try:
        problem = json.loads(content)
        fields = [f"{broken['field']}: {broken['detail']}" for broken in problem.get("errors", [])]
        return "; ".join((problem["detail"], *fields))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "no problem document"
