"""Active users in a Redis sorted set, scored by the time of their last request."""

from redis import Redis
from redis.exceptions import RedisError

from assistant.domain.errors import Unavailable
from assistant.ports.runtime import Clock

_KEY = "sessions"


class RedisSessions:
    """Implements ``ports.Sessions``; raises Unavailable when Redis does not answer. ``ttl`` in seconds."""

    def __init__(self, client: Redis, clock: Clock, *, ttl: int) -> None:
        self._client = client
        self._clock = clock
        self._ttl = ttl

    def touch(self, user_id: str) -> int | None:
        """Note activity and return how many users were active within the session lifetime."""
        now = self._clock.now().timestamp()
        pipeline = self._client.pipeline(transaction=False)
        pipeline.zadd(_KEY, {user_id: now})
        pipeline.zremrangebyscore(_KEY, "-inf", now - self._ttl)
        pipeline.zcard(_KEY)
        pipeline.expire(_KEY, self._ttl)
        try:
            answers = pipeline.execute()
        except RedisError as error:
            raise Unavailable("The session store does not answer.") from error
        return int(answers[2])
