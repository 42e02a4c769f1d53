"""HTTP requests of the sandbox to what runs beside it on this machine."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from urllib3 import BaseHTTPResponse, PoolManager
from urllib3.exceptions import HTTPError

from infra.local.console import LocalFailure

_HTTP = PoolManager(retries=False, timeout=30.0)


def ask(
    method: str,
    url: str,
    *,
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    json: Mapping[str, Any] | None = None,
) -> BaseHTTPResponse:
    """Send a request, with a form or JSON, and return the answer whatever its status; redirects are not followed.

    Raises:
        LocalFailure: nothing answers there.

    """
    sent = dict(headers or {}) | ({"Authorization": f"Bearer {token}"} if token else {})
    sent |= {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
    body = urlencode(form) if form is not None else None
    try:
        return _HTTP.request(method, url, body=body, json=json, headers=sent, redirect=False)
    except HTTPError as error:
        raise LocalFailure(f"{url.partition('?')[0]} does not answer: {error}") from error
