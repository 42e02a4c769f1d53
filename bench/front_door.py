"""Requests a second through the whole local path: front door, HTTP API, JWT check, Lambda, DynamoDB."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import aiohttp

from bench.report import Figure, summarize
from bench.stack import Assistant

_CONCURRENCY = 4
_ROUNDS = 10
_REQUESTS_A_ROUND = 40


async def measure_front_door(assistant: Assistant, mail: Mapping[str, Any]) -> list[Figure]:
    """Return latency and throughput of POST /api/v1/email/triage with one mail, 4 clients at a time.

    Each round is another user's, so that no user runs into their limit.

    Raises:
        aiohttp.ClientResponseError: an answer is not 200.

    """
    latencies: list[float] = []
    rates: list[float] = []
    for number in range(_ROUNDS + 1):
        user = f"bench{number}"
        headers = {"Authorization": f"Bearer {assistant.token_of(user)}"}
        body = {"user_id": user, "emails": [mail]}
        async with aiohttp.ClientSession(assistant.address, headers=headers, raise_for_status=True) as session:
            started = time.perf_counter()
            answered = await _round(session, body)
        if number:
            # The first round starts the workers.
            latencies += answered
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
