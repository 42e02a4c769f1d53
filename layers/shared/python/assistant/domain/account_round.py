"""Whose turn it is where a run looks at accounts and has no time for all of them."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from assistant.domain.connections import Connection


class AccountRound(BaseModel):
    """Where the next run begins: with the account ``after`` this one, or with the first.

    ``short_since`` is when the first of the runs began to leave accounts out that all did; None where the last had time
    for all.
    """

    model_config = ConfigDict(frozen=True)

    after: str | None = None
    short_since: AwareDatetime | None = None

    def in_turn(self, connections: Iterable[Connection]) -> Sequence[Connection]:
        """Return the accounts in the order in which they are to be looked at."""
        ordered = sorted(connections, key=_place)
        first = bisect_right(ordered, self.after, key=_place) if self.after else 0
        return [*ordered[first:], *ordered[:first]]

    def left_off(self, begun: Sequence[Connection], now: datetime) -> Self:
        """Return the round as a run leaves it that had time for these only."""
        after = _place(begun[-1]) if begun else self.after
        return self.model_copy(update={"after": after, "short_since": self.short_since or now})


def _place(connection: Connection) -> str:
    return f"{connection.id} {connection.user_id}"
