"""The Redis connection: short timeouts, no retries, because every caller has an answer without it."""

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

CONNECT_TIMEOUT = 0.5
READ_TIMEOUT = 0.25


def redis_client(url: str) -> "Redis":
    """Return a client for ``redis://`` or ``rediss://``; it connects on first use."""
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT,
        socket_timeout=READ_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=30,
    )
