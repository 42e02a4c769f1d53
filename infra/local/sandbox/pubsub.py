"""Stands in for Google's Pub/Sub: pushes a signed notification when mail arrives at the emulator, which sends none.

The keys are its own; the assistant is told to ask it for them as it asks Google.
"""

import asyncio
import base64
import json
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from infra.local.layout import LOOPBACK
from infra.local.sandbox.accounts import some_token

logger = logging.getLogger(__name__)

TOPIC: Final = "projects/sandbox/topics/gmail"
SENDER: Final = "pubsub@sandbox.iam.gserviceaccount.com"
_SUBSCRIPTION: Final = "projects/sandbox/subscriptions/assistant"
_ISSUER: Final = "https://accounts.google.com"
_LIFE_SECONDS: Final = 3600
_KEY_ID: Final = "sandbox"
_LOOK_EVERY: Final = 0.2
_CALL_SECONDS: Final = 30.0


class Push:
    """Notices mail at ``google`` and tells ``endpoint``, which is also the audience of its tokens."""

    def __init__(self, google: str, endpoint: str, address: str) -> None:
        self._google = google
        self._endpoint = endpoint
        self._address = address
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._history_id = ""

    @property
    def keys(self) -> Mapping[str, Any]:
        """The public key as a JWK set (RFC 7517)."""
        public = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": _KEY_ID, "use": "sig", "alg": "RS256"}]}

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Push for as long as the task lives; what could not be pushed is pushed again, as Pub/Sub does."""
        while True:
            try:
                await self._look(session)
            except (aiohttp.ClientError, TimeoutError, KeyError, ValueError) as error:
                logger.warning("a notification waits: %r", error)
            await asyncio.sleep(_LOOK_EVERY)

    async def _look(self, session: aiohttp.ClientSession) -> None:
        changes = await self._changes(session)
        arrived = any(record.get("messagesAdded") for record in changes.get("history", ()))
        if self._history_id and arrived:
            await self._deliver(session, str(changes["historyId"]))
        self._history_id = str(changes["historyId"])

    async def _changes(self, session: aiohttp.ClientSession) -> dict[str, Any]:
        query = {"startHistoryId": self._history_id or "0", "labelId": "INBOX", "historyTypes": "messageAdded"}
        headers = {"Authorization": f"Bearer {some_token()}"}
        async with session.get(f"{self._google}/gmail/v1/users/me/history", params=query, headers=headers) as answer:
            answer.raise_for_status()
            return dict(await answer.json())

    async def _deliver(self, session: aiohttp.ClientSession, history_id: str) -> None:
        data = json.dumps({"emailAddress": self._address, "historyId": int(history_id)}).encode()
        message = {"data": base64.b64encode(data).decode(), "messageId": history_id}
        push = {"message": message, "subscription": _SUBSCRIPTION}
        async with session.post(self._endpoint, json=push, headers={"Authorization": f"Bearer {self.token()}"}) as got:
            if got.status >= HTTPStatus.BAD_REQUEST:
                raise ValueError(f"{self._endpoint} answers {got.status}")

    def token(self) -> str:
        """Return what proves a delivery, for an hour."""
        now = int(time.time())
        claims = {
            "iss": _ISSUER,
            "aud": self._endpoint,
            "email": SENDER,
            "email_verified": True,
            "iat": now,
            "exp": now + _LIFE_SECONDS,
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": _KEY_ID})


@asynccontextmanager
async def pushing(push: Push, port: int) -> AsyncIterator[None]:
    """Serve the keys on the loopback ``port`` and push while the block runs; OSError when the port is taken."""

    async def keys(_: web.Request) -> web.Response:
        return web.json_response(push.keys)

    app = web.Application()
    app.router.add_get("/keys", keys)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    timeout = aiohttp.ClientTimeout(total=_CALL_SECONDS)
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        async with aiohttp.ClientSession(timeout=timeout) as session:
            task = asyncio.create_task(push.run(session))
            try:
                yield
            finally:
                task.cancel()
    finally:
        await runner.cleanup()
