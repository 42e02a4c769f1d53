"""Requests through the whole local path: front door, HTTP API, JWT check, Lambda, DynamoDB."""

import asyncio
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import aiohttp

from bench.calendar import LONG, SIZES
from bench.report import Figure, summarize
from bench.stack import Assistant
from bench.weeks import make_week

_TRIAGE, _OPTIMIZE = "/api/v1/email/triage", "/api/v1/calendar/optimize"
_CONCURRENCY = 4
_ROUNDS = 10
_REQUESTS_A_ROUND = 40


def measure_triage(assistant: Assistant, mail: Mapping[str, Any]) -> Iterator[Figure]:
    """Yield latency and throughput of POST /api/v1/email/triage with one mail, 4 clients at a time.

    Each round is another user's, so that no user runs into their limit.

    Raises:
        aiohttp.ClientResponseError: an answer is not 200.

    """
    latencies, rates = asyncio.run(_rounds(assistant, mail))
    yield summarize("front door: one mail, whole local path", "ms", latencies)
    yield summarize("front door: throughput, 4 clients", "req/s", rates)


def measure_planning(assistant: Assistant) -> Iterator[Figure]:
    """Yield the latency of POST /api/v1/calendar/optimize with the weeks of part ``calendar``, one client.

    What is aimed at is the same: all that comes around the search has to fit too.

    Raises:
        aiohttp.ClientResponseError: an answer is not 200.

    """
    # A week that a user has asked about before would be answered from what is kept.
    user = f"bench-{secrets.token_hex(4)}"
    # The first request starts the worker.
    asyncio.run(_plans(assistant, user, [make_week(0, 10)]))
    for size in SIZES:
        latencies = asyncio.run(_plans(assistant, user, size.requests()))
        name = f"front door: week of {size.events} events"
        yield summarize(name, "ms", latencies, target=size.seconds * 1000)


async def _rounds(assistant: Assistant, mail: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    latencies: list[float] = []
    rates: list[float] = []
    for number in range(_ROUNDS + 1):
        user = f"bench{number}"
        async with _session(assistant, user) as session:
            started = time.perf_counter()
            answered = await _round(session, {"user_id": user, "emails": [mail]})
        if number:
            # The first round starts the workers.
            latencies += answered
            rates.append(_REQUESTS_A_ROUND / (time.perf_counter() - started))
    return latencies, rates


async def _plans(assistant: Assistant, user: str, requests: Sequence[Mapping[str, Any]]) -> list[float]:
    own = {"user_id": user, "time_limit_seconds": LONG}
    async with _session(assistant, user) as session:
        return [await _post(session, _OPTIMIZE, {**request, **own}) for request in requests]


def _session(assistant: Assistant, user: str) -> aiohttp.ClientSession:
    headers = {"Authorization": f"Bearer {assistant.token_of(user)}"}
    return aiohttp.ClientSession(assistant.address, headers=headers, raise_for_status=True)


async def _round(session: aiohttp.ClientSession, body: Mapping[str, Any]) -> list[float]:
    places = asyncio.Semaphore(_CONCURRENCY)

    async def one() -> float:
        async with places:
            return await _post(session, _TRIAGE, body)

    return await asyncio.gather(*(one() for _ in range(_REQUESTS_A_ROUND)))


async def _post(session: aiohttp.ClientSession, path: str, body: Mapping[str, Any]) -> float:
    started = time.perf_counter()
    async with session.post(path, json=body) as answer:
        await answer.read()
    return (time.perf_counter() - started) * 1000
