"""Rate limits and active users on DynamoDB, for the profile without Redis."""

import math
from collections.abc import Mapping

from assistant.adapters.aws import unavailable
from assistant.adapters.dynamo import EXPIRES_AT, Table, attributes, epoch, plain, user_partition, write_if
from assistant.domain.admission import Admission, Bucket
from assistant.ports.runtime import Clock

_RATE = "RATE"
_SESSIONS = "SESSIONS"
_TOUCH_EVERY = 300.0
_MOST_REMEMBERED = 10_000


class DynamoRateLimiter:
    """Implements ``ports.RateLimiter`` for users: the generic cell rate algorithm, equal to a token bucket.

    The item holds the time at which the bucket is full again (``full_at``, epoch milliseconds); each request moves it
    by the time one token takes. All users together are limited by the throttle of the API's stage.
    """

    def __init__(self, table: Table, clock: Clock, *, user: Bucket) -> None:
        self._table = table
        self._clock = clock
        self._token = round(1000 / user.refill_per_second)
        self._capacity = user.capacity

    def admit(self, user_id: str) -> Admission:
        """Take a token; one write when the bucket was full, two when it was not, none stored when refused."""
        now = round(self._clock.now().timestamp() * 1000)
        first = {":now": now, ":next": now + self._token}
        full_at = self._move(user_id, "full_at = :next", "attribute_not_exists(full_at) OR full_at < :now", first)
        if full_at is None:
            more = {":now": now, ":token": self._token, ":latest": now + self._token * (self._capacity - 1)}
            full_at = self._move(user_id, "full_at = full_at + :token", "full_at BETWEEN :now AND :latest", more)
        if full_at is None:
            return Admission(admitted=False, remaining=0, retry_after_seconds=self._token / 1000)
        taken = math.ceil((full_at - now) / self._token)
        return Admission(admitted=True, remaining=max(0, self._capacity - taken))

    def _move(self, user_id: str, change: str, condition: str, values: Mapping[str, int]) -> int | None:
        """Return the time at which the bucket is full after this request, or None where the condition does not hold."""
        expires = epoch(self._clock.now()) + math.ceil(self._token * self._capacity / 1000)
        answer = write_if(
            lambda: self._table.client.update_item(
                TableName=self._table.name,
                Key=attributes({"pk": user_partition(user_id), "sk": _RATE}),
                UpdateExpression=f"SET {change}, {EXPIRES_AT} = :expires",
                ConditionExpression=condition,
                ExpressionAttributeValues=attributes({**values, ":expires": expires}),
                ReturnValues="UPDATED_NEW",
            )
        )
        return int(plain(answer["Attributes"])["full_at"]) if answer else None


class DynamoSessions:
    """Implements ``ports.Sessions``; ``ttl`` in seconds.

    An instance notes the same user, and counts all, once in five minutes: counting reads the whole partition, which
    suits the few users of the small profile.
    """

    def __init__(self, table: Table, clock: Clock, *, ttl: int) -> None:
        self._table = table
        self._clock = clock
        self._ttl = ttl
        self._noted: dict[str, float] = {}

    def touch(self, user_id: str) -> int | None:
        """Note activity; return the number of active users when this call counted them."""
        monotonic = self._clock.monotonic()
        if monotonic - self._noted.get(user_id, float("-inf")) < _TOUCH_EVERY:
            return None
        now = epoch(self._clock.now())
        item = {"pk": _SESSIONS, "sk": user_id, EXPIRES_AT: now + self._ttl}
        with unavailable("dynamodb"):
            self._table.client.put_item(TableName=self._table.name, Item=attributes(item))
            active = self._count(now)
        if len(self._noted) >= _MOST_REMEMBERED:
            self._noted.clear()
        self._noted[user_id] = monotonic
        return active

    def _count(self, now: int) -> int:
        pages = self._table.client.get_paginator("query").paginate(
            TableName=self._table.name,
            Select="COUNT",
            KeyConditionExpression="pk = :sessions",
            FilterExpression="expires_at > :now",
            ExpressionAttributeValues=attributes({":sessions": _SESSIONS, ":now": now}),
        )
        return sum(page["Count"] for page in pages)
