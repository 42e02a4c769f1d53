"""Token buckets of a user and of all users together, in one Lua script, hence atomic; Redis keeps the time."""

from redis import Redis
from redis.exceptions import RedisError

from assistant.domain.admission import Admission, Bucket
from assistant.domain.errors import Unavailable

# The hash tag keeps both keys in one slot, which a script needs on a cluster.
_GLOBAL_KEY = "{limit}:all"
_USER_KEY = "{limit}:user:"

# KEYS: user bucket, global bucket. ARGV: capacity and refill per second of each, in the same order.
# Tokens are taken only when both buckets have one, so a refused request costs nobody anything.
_TAKE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local tokens, wait = {}, 0
for i = 1, 2 do
  local capacity, refill = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local stored = redis.call('HMGET', KEYS[i], 'tokens', 'at')
  local held, at = tonumber(stored[1]) or capacity, tonumber(stored[2]) or now
  tokens[i] = math.min(capacity, held + math.max(0, now - at) * refill)
  if tokens[i] < 1 then wait = math.max(wait, (1 - tokens[i]) / refill) end
end
local taken = wait == 0 and 1 or 0
for i = 1, 2 do
  tokens[i] = tokens[i] - taken
  redis.call('HSET', KEYS[i], 'tokens', tostring(tokens[i]), 'at', tostring(now))
  redis.call('EXPIRE', KEYS[i], math.ceil(tonumber(ARGV[2 * i - 1]) / tonumber(ARGV[2 * i])) + 1)
end
return {taken, math.floor(tokens[1]), tostring(wait)}
"""


class RedisRateLimiter:
    """Implements ``ports.RateLimiter``; raises Unavailable when Redis does not answer."""

    def __init__(self, client: Redis, *, user: Bucket, everyone: Bucket) -> None:
        self._take = client.register_script(_TAKE)
        self._arguments = (user.capacity, user.refill_per_second, everyone.capacity, everyone.refill_per_second)

    def admit(self, user_id: str) -> Admission:
        """Take a token from both buckets, or from none."""
        try:
            taken, remaining, wait = self._take(keys=[_USER_KEY + user_id, _GLOBAL_KEY], args=self._arguments)
        except RedisError as error:
            raise Unavailable("The rate limiter does not answer.") from error
        return Admission(bool(taken), int(remaining), float(wait))
