"""The HTTP address of the local assistant: forwards every request to the HTTP API of the embedded AWS.

It stands where API Gateway's edge stands in an account: the 6 MB limit, the integration timeout, and errors
that no function wrote (missing token, throttle, crash), which it renders as RFC 9457 problem documents.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from io import BytesIO

import aiohttp
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from infra.local.layout import LOOPBACK

MAX_BODY_BYTES = 6 * 1024 * 1024
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html: integration timeout.
TIMEOUT_SECONDS = 30.0
CONNECT_SECONDS = 2.0
# The embedded AWS starts a worker per concurrent request and degrades above this.
MAX_CONCURRENT = 8

# RFC 9110, 7.6.1, and what the next hop computes itself.
_NOT_FORWARDED = frozenset(
    {
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_DETAILS = {
    HTTPStatus.UNAUTHORIZED: "A valid access token is needed: Authorization: Bearer <token>.",
    HTTPStatus.FORBIDDEN: "The access token does not allow this.",
    HTTPStatus.NOT_FOUND: "Nothing lives at this address.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"A request may have {MAX_BODY_BYTES} bytes.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests at once.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The assistant is not ready.",
    HTTPStatus.GATEWAY_TIMEOUT: "No answer in time.",
}


class _TooLarge(Exception):
    """The body has more than MAX_BODY_BYTES."""


class FrontDoor:
    """Forwards requests to ``upstream``, at most MAX_CONCURRENT at once; the others wait.

    A request that has no answer after ``seconds``, waiting included, is answered 504.
    """

    def __init__(self, upstream: str, session: aiohttp.ClientSession, seconds: float) -> None:
        self._upstream = upstream
        self._session = session
        self._seconds = seconds
        self._slots = asyncio.Semaphore(MAX_CONCURRENT)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request; failures on the way become 413, 502, 503 or 504."""
        try:
            async with asyncio.timeout(self._seconds):
                body = await _read(request)
                async with self._slots:
                    return await self._forward(request, body)
        except _TooLarge:
            return _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except TimeoutError:
            return _problem(HTTPStatus.GATEWAY_TIMEOUT)
        except aiohttp.ClientConnectorError:
            return _problem(HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "1"})
        except aiohttp.ClientError:
            return _problem(HTTPStatus.BAD_GATEWAY)

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        # Encoded as received: a decoded or normalised path could name another service of the embedded AWS.
        url = URL(self._upstream + request.raw_path, encoded=True)
        async with self._session.request(
            request.method,
            url,
            data=BytesIO(body) if body else None,
            headers=_forwarded(request.headers),
            allow_redirects=False,
        ) as answer:
            content = await answer.read()
        headers = _forwarded(answer.headers)
        if answer.status >= HTTPStatus.BAD_REQUEST and "X-Request-Id" not in answer.headers:
            # Every answer of a function carries it: this one is the gateway's own.
            return _problem(HTTPStatus(answer.status), headers=headers)
        return web.Response(status=answer.status, headers=headers, body=content)


@asynccontextmanager
async def serve(upstream: str, port: int, *, seconds: float = TIMEOUT_SECONDS) -> AsyncIterator[None]:
    """Listen on the loopback ``port`` while the block runs; OSError when it is taken."""
    # The front door's own timeout covers the whole request.
    client_timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
    connector = aiohttp.TCPConnector(limit=MAX_CONCURRENT)
    async with aiohttp.ClientSession(timeout=client_timeout, connector=connector, auto_decompress=False) as session:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", FrontDoor(upstream, session, seconds).handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, LOOPBACK, port).start()
            yield
        finally:
            await runner.cleanup()


async def _read(request: web.Request) -> bytes:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise _TooLarge
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _TooLarge
    return bytes(body)


def _forwarded(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    return CIMultiDict(
        (name, value)
        for name, value in headers.items()
        # The embedded AWS allows every origin; the deployed API allows none.
        if name.lower() not in _NOT_FORWARDED and not name.lower().startswith("access-control-")
    )


def _problem(status: HTTPStatus, *, headers: CIMultiDict[str] | dict[str, str] | None = None) -> web.Response:
    kept = CIMultiDict(headers or {})
    kept.popall("Content-Type", None)
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": _DETAILS.get(status, "The request could not be served."),
        "instance": kept.get("apigw-requestid", "about:blank"),
        "errors": [],
    }
    if status == HTTPStatus.UNAUTHORIZED:
        kept.setdefault("WWW-Authenticate", "Bearer")
    return web.Response(
        status=status, body=json.dumps(document).encode(), headers=kept, content_type="application/problem+json"
    )
