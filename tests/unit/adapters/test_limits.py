import time

import fakeredis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from assistant.adapters.dynamo import Table
from assistant.adapters.dynamo_limits import DynamoRateLimiter
from assistant.adapters.local_limits import Circuit, FallbackRateLimiter, LocalRateLimiter
from assistant.adapters.redis_limits import RedisRateLimiter
from assistant.domain import metric_names
from assistant.domain.admission import Admission, Bucket
from assistant.domain.errors import Unavailable
from assistant.ports.runtime import RateLimiter
from tests.fakes.examples import examples
from tests.fakes.runtime import ManualClock, MemoryMeter, ScriptedLimiter

USER = Bucket(capacity=3, refill_per_second=2)
EVERYONE = Bucket(capacity=5, refill_per_second=4)


@pytest.fixture
def redis_clock(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Redis:
    """A Redis whose TIME is the test's clock."""
    monkeypatch.setattr(time, "time", lambda: clock.now().timestamp())
    return fakeredis.FakeRedis()


@pytest.fixture(params=["local", "redis", "dynamodb"])
def limiter(request: pytest.FixtureRequest, clock: ManualClock) -> RateLimiter:
    match request.param:
        case "local":
            return LocalRateLimiter(clock, user=USER, everyone=Bucket(1000, 1000))
        case "redis":
            client = request.getfixturevalue("redis_clock")
            return RedisRateLimiter(client, user=USER, everyone=Bucket(1000, 1000))
        case _:
            return DynamoRateLimiter(request.getfixturevalue("table"), clock, user=USER)


def test_a_burst_then_the_refill(limiter: RateLimiter, clock: ManualClock) -> None:
    burst = [limiter.admit("user123") for _ in range(5)]
    assert [one.admitted for one in burst] == [True, True, True, False, False]
    assert [one.remaining for one in burst[:3]] == [2, 1, 0]
    assert burst[3].retry_after_seconds == pytest.approx(0.5, abs=0.01)
    clock.advance(burst[3].retry_after_seconds + 0.001)
    assert limiter.admit("user123").admitted
    assert not limiter.admit("user123").admitted


def test_users_do_not_share_a_bucket(limiter: RateLimiter) -> None:
    for _ in range(4):
        limiter.admit("user123")
    assert limiter.admit("user124").admitted


def test_an_idle_bucket_holds_no_more_than_its_capacity(limiter: RateLimiter, clock: ManualClock) -> None:
    limiter.admit("user123")
    clock.advance(3600)
    assert sum(limiter.admit("user123").admitted for _ in range(10)) == USER.capacity


@pytest.mark.parametrize("kind", ["local", "redis"])
def test_all_users_together_have_a_bucket_and_a_refusal_costs_nothing(
    kind: str, clock: ManualClock, redis_clock: Redis
) -> None:
    limiter: RateLimiter = (
        LocalRateLimiter(clock, user=USER, everyone=EVERYONE)
        if kind == "local"
        else RedisRateLimiter(redis_clock, user=USER, everyone=EVERYONE)
    )
    admitted = [limiter.admit(f"user{number}").admitted for number in range(7)]
    assert admitted == [True] * 5 + [False] * 2
    clock.advance(1)
    assert [limiter.admit("user6").remaining for _ in range(3)] == [2, 1, 0]


pauses = st.lists(st.floats(min_value=0, max_value=2), max_size=25)
every_fixture = settings(examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture])


def most(bucket: Bucket, seconds: float) -> float:
    return bucket.capacity + bucket.refill_per_second * seconds


@given(pauses)
def test_the_local_limiter_never_admits_more_than_capacity_and_refill(waits: list[float]) -> None:
    clock = ManualClock()
    limiter = LocalRateLimiter(clock, user=USER, everyone=EVERYONE)
    admitted = 0
    for wait in waits:
        clock.advance(wait)
        admitted += limiter.admit("user123").admitted
        assert admitted <= most(USER, clock.monotonic()) + 1e-6


@every_fixture
@given(pauses)
def test_the_redis_limiter_never_admits_more_than_capacity_and_refill(
    redis_clock: Redis, clock: ManualClock, waits: list[float]
) -> None:
    redis_clock.flushall()
    limiter = RedisRateLimiter(redis_clock, user=USER, everyone=EVERYONE)
    started, admitted = clock.monotonic(), 0
    for wait in waits:
        clock.advance(wait)
        admitted += limiter.admit("user123").admitted
        assert admitted <= most(USER, clock.monotonic() - started) + 1e-4


@every_fixture
@given(pauses, st.uuids())
def test_the_dynamodb_limiter_never_admits_more_than_capacity_and_refill(
    table: Table, clock: ManualClock, waits: list[float], user: object
) -> None:
    limiter = DynamoRateLimiter(table, clock, user=USER)
    started, admitted = clock.monotonic(), 0
    for wait in waits:
        clock.advance(wait)
        admitted += limiter.admit(str(user)).admitted
        # The stored time is in whole milliseconds.
        assert admitted <= most(USER, clock.monotonic() - started + 0.001) + 1e-6


def test_redis_keys_expire_once_their_buckets_would_be_full(redis_clock: Redis) -> None:
    RedisRateLimiter(redis_clock, user=USER, everyone=EVERYONE).admit("user123")
    keys = redis_clock.keys()
    assert len(keys) == 2
    assert all(0 < redis_clock.ttl(key) <= 3 for key in keys)


def test_the_local_limiter_forgets_the_longest_unseen_user(clock: ManualClock) -> None:
    limiter = LocalRateLimiter(clock, user=USER, everyone=Bucket(10**6, 10**6))
    for number in range(10_050):
        limiter.admit(f"user{number}")
    assert len(limiter._levels) == 10_000


def test_a_dead_redis_is_unavailable() -> None:
    server = fakeredis.FakeServer()
    server.connected = False
    limiter = RedisRateLimiter(fakeredis.FakeRedis(server=server), user=USER, everyone=EVERYONE)
    with pytest.raises(Unavailable):
        limiter.admit("user123")


def test_a_missing_table_is_unavailable(missing_table: Table, clock: ManualClock) -> None:
    with pytest.raises(Unavailable):
        DynamoRateLimiter(missing_table, clock, user=USER).admit("user123")


class Shared(ScriptedLimiter):
    """A shared limiter that can be down."""

    down = True

    def admit(self, user_id: str) -> Admission:
        admission = super().admit(user_id)
        if self.down:
            raise Unavailable("down")
        return admission


def test_while_the_shared_limits_are_down_the_own_ones_hold(clock: ManualClock, meter: MemoryMeter) -> None:
    shared = Shared()
    own = LocalRateLimiter(clock, user=USER, everyone=EVERYONE)
    limiter = FallbackRateLimiter(shared, own, Circuit(clock), meter)
    assert [limiter.admit("user123").admitted for _ in range(4)] == [True, True, True, False]
    assert shared.users == ["user123"]
    assert meter.total(metric_names.DEGRADED, missing="rate_limits") == 4
    shared.down = False
    clock.advance(Circuit.RETRY_AFTER_SECONDS)
    assert limiter.admit("user123") == shared.admission
    assert meter.total(metric_names.DEGRADED, missing="rate_limits") == 4
