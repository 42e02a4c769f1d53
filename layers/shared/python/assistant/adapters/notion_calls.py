"""Calls of Notion's API through its client: the token, what is tried again and when, and errors of our own.

The client's own retries are off: they know neither 529 nor a deadline, and pause for as long as they are told.
"""

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx
from notion_client import Client
from notion_client.errors import HTTPResponseError, RequestTimeoutError

from assistant.adapters.retry_after import retry_after
from assistant.domain.connections import Connection
from assistant.domain.errors import AssistantError, Forbidden, NotFound, Unavailable
from assistant.ports.connections import AccessTokens
from assistant.ports.runtime import Clock

logger = logging.getLogger(__name__)

API_VERSION: Final = "2025-09-03"
CONNECT_SECONDS: Final = 2.0
_FIRST_PAUSE: Final = 0.5
_OVERLOADED: Final = 529
# Refused before anything was done.
_THROTTLED: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, _OVERLOADED})
# What Notion did is not known, but for a conflict of transactions, which did nothing.
_FAILED: Final = frozenset({HTTPStatus.CONFLICT, 500, 502, 503, 504})
_DOWN: Final = "Notion does not answer right now. Please try again shortly."


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until an attempt is given up, and after the first until none is begun any more."""

    attempt: float
    call: float


# Of a worker, and of a user who waits.
WORKER: Final = Patience(attempt=8.0, call=20.0)
USER: Final = Patience(attempt=4.0, call=4.0)

type Json = Mapping[str, Any]
# Given the token; the client says it may also return what is to be awaited.
type Call = Callable[[str], Any]
type Pause = Callable[[float], None]


class NotKnown(Exception):
    """A write was sent and its answer did not come: whether it was done has to be looked up."""


def notion_client(base_url: str, patience: Patience) -> Client:
    """Return a client that tries once and logs nothing: its messages may quote what users wrote."""
    timeout = httpx.Timeout(patience.attempt, connect=CONNECT_SECONDS)
    client = Client(
        base_url=base_url,
        notion_version=API_VERSION,
        retry=False,
        logger=logging.getLogger("notion_client"),
        log_level=logging.CRITICAL,
    )
    # The client's setting is one number for everything.
    client.client.timeout = timeout
    return client


class NotionCalls:
    """The calls of one connection."""

    def __init__(
        self,
        connection: Connection,
        tokens: AccessTokens,
        clock: Clock,
        patience: Patience,
        *,
        pause: Pause = time.sleep,
    ) -> None:
        self._connection = connection
        self._tokens = tokens
        self._clock = clock
        self._patience = patience
        self.pause = pause

    def read(self, call: Call) -> Json:
        """Return the answer, tried again where Notion throttles or fails, as long as there is time.

        Raises:
            Unavailable, ConnectionBroken, Forbidden, NotFound: as every port of a provider.

        """
        return self._tried(call, certain=True)

    def write(self, call: Call) -> Json:
        """Return the answer, tried again only where Notion did nothing; raises NotKnown beside what ``read`` does."""
        return self._tried(call, certain=False)

    def _tried(self, call: Call, *, certain: bool) -> Json:
        latest = self._clock.monotonic() + self._patience.call
        token = self._tokens.token(self._connection)
        renewed = False
        attempt = 0
        while True:
            attempt += 1
            try:
                return dict(call(token))
            except HTTPResponseError as error:
                if error.status == HTTPStatus.UNAUTHORIZED:
                    if renewed:
                        self._tokens.give_up(self._connection, token)
                    token, renewed = self._tokens.renew(self._connection, token), True
                    continue
                wait = self._wait(error, attempt, certain=certain)
            except (RequestTimeoutError, httpx.HTTPError, ValueError) as error:
                # ValueError: the body ends before its JSON does.
                logger.warning("notion did not answer: %s", type(error).__name__)
                if not certain:
                    raise NotKnown from error
                wait = _back_off(attempt)
            if self._clock.monotonic() + wait > latest:
                raise Unavailable(_DOWN)
            self.pause(wait)

    def _wait(self, error: HTTPResponseError, attempt: int, *, certain: bool) -> float:
        """Return the seconds to wait before the next attempt, or raise what the answer means."""
        if error.status not in _THROTTLED | _FAILED:
            raise _meaning(error.status) from error
        if error.status in _FAILED:
            logger.warning("notion failed: %d", error.status)
            if not certain:
                raise NotKnown from error
        return retry_after(error.headers.get("retry-after", ""), self._clock.now()) or _back_off(attempt)


def _back_off(attempt: int) -> float:
    """Return half to all of 0.5 s, doubled with each attempt."""
    return float(_FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1))  # noqa: S311 spreads load, guards nothing


def _meaning(status: int) -> AssistantError:
    match status:
        case HTTPStatus.FORBIDDEN:
            return Forbidden("The connection to Notion may not do this. Please share the page with it in Notion.")
        case HTTPStatus.NOT_FOUND:
            return NotFound("Notion has nothing of this id that is shared with the connection.")
        case _:
            logger.error("notion refused a request: %d", status)
            return AssistantError("Notion did not take what was asked of it.")
