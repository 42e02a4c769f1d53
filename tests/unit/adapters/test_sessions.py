import fakeredis
import pytest

from assistant.adapters.dynamo import Table
from assistant.adapters.dynamo_limits import DynamoSessions
from assistant.adapters.local_limits import Circuit, OptionalSessions
from assistant.adapters.redis_sessions import RedisSessions
from assistant.domain.errors import Unavailable
from assistant.ports.runtime import Sessions
from tests.fakes.runtime import ManualClock

TTL = 3600


@pytest.fixture(params=["redis", "dynamodb"])
def sessions(request: pytest.FixtureRequest, clock: ManualClock) -> Sessions:
    if request.param == "redis":
        return RedisSessions(fakeredis.FakeRedis(), clock, ttl=TTL)
    return DynamoSessions(request.getfixturevalue("table"), clock, ttl=TTL)


def test_counts_each_user_once(sessions: Sessions, clock: ManualClock) -> None:
    assert [sessions.touch(user) for user in ("user1", "user2")] == [1, 2]
    clock.advance(600)
    assert sessions.touch("user1") == 2


def test_a_silent_user_is_no_longer_active(sessions: Sessions, clock: ManualClock) -> None:
    sessions.touch("user1")
    clock.advance(TTL - 600)
    assert sessions.touch("user2") == 2
    clock.advance(601)
    assert sessions.touch("user3") == 2
    clock.advance(TTL + 1)
    assert sessions.touch("user4") == 1


def test_on_dynamodb_a_user_is_noted_once_in_five_minutes(table: Table, clock: ManualClock) -> None:
    sessions = DynamoSessions(table, clock, ttl=TTL)
    assert sessions.touch("user1") == 1
    assert sessions.touch("user1") is None
    clock.advance(300)
    assert sessions.touch("user1") == 1


def test_a_dead_redis_is_unavailable(clock: ManualClock) -> None:
    server = fakeredis.FakeServer()
    server.connected = False
    with pytest.raises(Unavailable):
        RedisSessions(fakeredis.FakeRedis(server=server), clock, ttl=TTL).touch("user1")


def test_without_the_shared_count_there_is_none(missing_table: Table, clock: ManualClock) -> None:
    circuit = Circuit(clock)
    sessions = OptionalSessions(DynamoSessions(missing_table, clock, ttl=TTL), circuit)
    assert sessions.touch("user1") is None
    assert not circuit.closed
    assert sessions.touch("user1") is None
    clock.advance(Circuit.RETRY_AFTER_SECONDS)
    assert circuit.closed


def test_the_shared_count_is_passed_on(clock: ManualClock) -> None:
    shared = RedisSessions(fakeredis.FakeRedis(), clock, ttl=TTL)
    assert OptionalSessions(shared, Circuit(clock)).touch("user1") == 1
