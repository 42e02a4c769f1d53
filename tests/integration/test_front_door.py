"""The front door against an upstream on loopback: what it forwards, what it withholds, what it answers itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO

import aiohttp
from aiohttp import web
from multidict import CIMultiDictProxy

from infra.local.front_door import MAX_BODY_BYTES, MAX_CONCURRENT, serve
from infra.local.layout import LOOPBACK, free_port

type Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes


@asynccontextmanager
async def _front_door(handler: Handler, *, seconds: float = 10) -> AsyncIterator[str]:
    """Run the front door before an upstream that answers with ``handler``; yield its address."""
    app = web.Application(client_max_size=2 * MAX_BODY_BYTES)
    app.router.add_route("*", "/api/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    upstream_port, port = free_port(), free_port()
    try:
        await web.TCPSite(runner, LOOPBACK, upstream_port).start()
        async with serve(f"http://{LOOPBACK}:{upstream_port}/api", port, seconds=seconds):
            yield f"http://{LOOPBACK}:{port}"
    finally:
        await runner.cleanup()


async def _request(method: str, address: str, **options: object) -> Answer:
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.request(method, address, **options) as answer,  # type: ignore[arg-type]  # options of the one call
    ):
        return Answer(answer.status, answer.headers, await answer.read())


def _exchange(handler: Handler, method: str = "GET", path: str = "/", **options: object) -> Answer:
    async def run() -> Answer:
        async with _front_door(handler) as address:
            return await _request(method, address + path, **options)

    return asyncio.run(run())


def test_method_path_query_body_and_headers_pass_unchanged() -> None:
    async def echo(request: web.Request) -> web.Response:
        headers = {"X-Seen": f"{request.method} {request.raw_path} {request.headers['If-Match']}", "ETag": '"2"'}
        return web.Response(status=202, body=await request.read(), headers=headers, content_type="text/x-test")

    answer = _exchange(echo, "PATCH", "/a%2Fb?c=%20d", data=b"\x00body", headers={"If-Match": '"1"'})

    assert answer.status == 202
    assert answer.headers["X-Seen"] == 'PATCH /api/a%2Fb?c=%20d "1"'
    assert answer.headers["ETag"] == '"2"'
    assert answer.headers["Content-Type"] == "text/x-test"
    assert answer.body == b"\x00body"


def test_the_permissive_origin_header_is_withheld() -> None:
    async def permissive(_: web.Request) -> web.Response:
        return web.Response(headers={"Access-Control-Allow-Origin": "*"})

    assert "Access-Control-Allow-Origin" not in _exchange(permissive).headers


def test_an_error_of_the_gateway_becomes_a_problem_without_its_internals() -> None:
    async def crash(_: web.Request) -> web.Response:
        document = {"errorMessage": "secret", "stackTrace": ["secret"]}
        return web.json_response(document, status=502, headers={"Retry-After": "3", "apigw-requestid": "id-1"})

    answer = _exchange(crash)

    assert answer.status == 502
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "3"
    assert b"secret" not in answer.body
    assert b'"instance": "id-1"' in answer.body


def test_a_problem_of_a_function_passes_unchanged() -> None:
    async def refuse(_: web.Request) -> web.Response:
        headers = {"X-Request-Id": "id-1"}
        return web.Response(
            status=412, body=b'{"status": 412}', content_type="application/problem+json", headers=headers
        )

    answer = _exchange(refuse)

    assert (answer.status, answer.body) == (412, b'{"status": 412}')


def test_an_unhealthy_report_of_a_function_passes_unchanged() -> None:
    async def unhealthy(_: web.Request) -> web.Response:
        return web.json_response({"status": "unhealthy"}, status=503, headers={"X-Request-Id": "id-1"})

    answer = _exchange(unhealthy)

    assert answer.status == 503
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.body == b'{"status": "unhealthy"}'


def test_an_empty_error_becomes_a_problem() -> None:
    async def broken(_: web.Request) -> web.Response:
        return web.Response(status=500)

    answer = _exchange(broken)

    assert answer.status == 500
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_large_body_is_refused_whether_its_length_is_announced_or_not() -> None:
    async def unreachable(_: web.Request) -> web.Response:
        return web.Response(status=200)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 65536 + 1):
            yield b" " * 65536

    assert _exchange(unreachable, "POST", data=BytesIO(b" " * (MAX_BODY_BYTES + 1))).status == 413
    assert _exchange(unreachable, "POST", data=chunks()).status == 413
    assert _exchange(unreachable, "POST", data=BytesIO(b" " * MAX_BODY_BYTES)).status == 200


def test_no_answer_in_time_is_a_gateway_timeout() -> None:
    async def run() -> Answer:
        never = asyncio.Event()

        async def silent(_: web.Request) -> web.Response:
            await never.wait()
            return web.Response()

        async with _front_door(silent, seconds=0.2) as address:
            answer = await _request("GET", address)
            never.set()
            return answer

    assert asyncio.run(run()).status == 504


def test_an_upstream_that_is_down_is_unavailable() -> None:
    async def run() -> Answer:
        port = free_port()
        async with serve(f"http://{LOOPBACK}:{free_port()}", port):
            return await _request("GET", f"http://{LOOPBACK}:{port}/health")

    answer = asyncio.run(run())

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "1"


def test_no_more_requests_are_forwarded_at_once_than_the_embedded_aws_bears() -> None:
    async def run() -> tuple[int, list[int]]:
        inside, most, full = 0, 0, asyncio.Event()

        async def count(_: web.Request) -> web.Response:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            if inside == MAX_CONCURRENT:
                full.set()
            await full.wait()
            inside -= 1
            return web.Response()

        async with _front_door(count) as address:
            answers = await asyncio.gather(*(_request("GET", address) for _ in range(3 * MAX_CONCURRENT)))
        return most, [answer.status for answer in answers]

    most, statuses = asyncio.run(run())

    assert most == MAX_CONCURRENT
    assert statuses == [200] * 3 * MAX_CONCURRENT
