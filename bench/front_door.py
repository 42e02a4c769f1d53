"""Requests a second through the whole local path: front door, HTTP API, JWT check, Lambda, DynamoDB."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import aiohttp

from bench.report import Figure, summarize

_CONCURRENCY = 4
_ROUNDS = 10
_REQUESTS_A_ROUND = 20


async def measure_front_door(address: str, token: str, body: Mapping[str, Any]) -> list[Figure]:
    """Return latency and throughput of POST /api/v1/email/triage with ``body``, 4 clients at a time.

    Raises:
        aiohttp.ClientResponseError: an answer is not 200.

    """
    headers = {"Authorization": f"Bearer {token}"}
    latencies: list[float] = []
    rates: list[float] = []
    async with aiohttp.ClientSession(address, headers=headers, raise_for_status=True) as session:
        await _triage(session, body)
        for _ in range(_ROUNDS):
            started = time.perf_counter()
            latencies += await _round(session, body)
            rates.append(_REQUESTS_A_ROUND / (time.perf_counter() - started))
    return [
        summarize("front door: one mail, whole local path", "ms", latencies),
        summarize("front door: throughput, 4 clients", "req/s", rates),
    ]


async def _round(session: aiohttp.ClientSession, body: Mapping[str, Any]) -> list[float]:
    places = asyncio.Semaphore(_CONCURRENCY)

    async def one() -> float:
        async with places:
            return await _triage(session, body)

    return await asyncio.gather(*(one() for _ in range(_REQUESTS_A_ROUND)))


async def _triage(session: aiohttp.ClientSession, body: Mapping[str, Any]) -> float:
    started = time.perf_counter()
    async with session.post("/api/v1/email/triage", json=body) as answer:
        await answer.read()
    return (time.perf_counter() - started) * 1000
