"""AWS clients with explicit timeouts and retries, and AWS errors as ``Unavailable``."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from assistant.domain.errors import Unavailable
from assistant.ports.runtime import Clock

if TYPE_CHECKING:
    from boto3.session import Session

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT = 1.0
# A run prepares eight meetings at once, each of which asks for memories and tasks at once.
MOST_CONNECTIONS = 32

_time_is_up: ContextVar[Callable[[], bool]] = ContextVar("time_is_up", default=lambda: False)


class TimeIsUp(BotoCoreError):
    """A call that would begin when the time of its request is over."""

    fmt = "The time for calls is over."


def client_config(*, read_timeout: float, attempts: int, connect_timeout: float = CONNECT_TIMEOUT) -> Config:
    """Return timeouts in seconds and the number of attempts; standard retries back off with jitter."""
    return Config(
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=MOST_CONNECTIONS,
        tcp_keepalive=True,
    )


@cache
def session() -> "Session":
    """Return the one session of this process: its credentials and endpoint data are read once."""
    made = boto3.session.Session()
    made.events.register("before-call", _refuse_late_calls)
    return made


@contextmanager
def calls_within(seconds: float, clock: Clock) -> Iterator[None]:
    """Let this thread begin calls for so many seconds; a later one fails as one to a service that is down."""
    end = clock.monotonic() + seconds
    outer = _time_is_up.set(lambda: clock.monotonic() >= end)
    try:
        yield
    finally:
        _time_is_up.reset(outer)


def _refuse_late_calls(**_: object) -> None:
    if _time_is_up.get()():
        raise TimeIsUp


@contextmanager
def unavailable(what: str) -> Iterator[None]:
    """Turn what AWS raises into Unavailable; the log names the service and the error code only."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        code = error_code(error)
        logger.warning("%s did not answer: %s", what, code)
        raise Unavailable("A part of the assistant does not answer right now. Please try again shortly.") from error


def error_code(error: ClientError | BotoCoreError) -> str:
    """Return the AWS error code, or the name of the connection error."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "Unknown")
    return type(error).__name__


def condition_failed(error: ClientError) -> bool:
    """Tell whether DynamoDB refused a write because its condition did not hold, alone or in a transaction."""
    reasons = error.response.get("CancellationReasons", [])
    codes = {error_code(error)} | {reason.get("Code") for reason in reasons}
    return bool(codes & {"ConditionalCheckFailedException", "ConditionalCheckFailed", "TransactionConflict"})
