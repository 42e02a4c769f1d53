"""Effects: keeping them with their ledger, handing them to the worker, and acting on targets."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from assistant.domain.effects.actions import AnyAction, Inverse, TargetState
from assistant.domain.effects.effect import Effect, EffectRecord
from assistant.domain.effects.ledger import EffectChange, LedgerEntry, LedgerHead
from assistant.domain.effects.undo import EffectJob

# What one transaction of the store can hold, with the entries of the ledger.
MOST_CHANGES: Final = 30


class EffectStore(Protocol):
    """Effects of users, each forgotten after 90 days, and their ledgers. Every method raises Unavailable while down."""

    def find(self, user_id: str, effect_ids: Collection[str]) -> Mapping[str, EffectRecord]:
        """Return the effects that are known, by id."""
        ...

    def commit(self, user_id: str, changes: Sequence[EffectChange]) -> bool:
        """Store the next versions and their entries in the ledger, all or nothing; at most ``MOST_CHANGES``.

        False when the stored version of one is not the one before.
        """
        ...

    def page(
        self, user_id: str, *, before: str | None, since: datetime | None, run_id: str | None, limit: int
    ) -> Sequence[EffectRecord]:
        """Return the effects proposed since then, before the one of this place, of this run, the newest first."""
        ...

    def entries(self, user_id: str, *, after: int, limit: int) -> Sequence[LedgerEntry]:
        """Return the entries behind the one of this number, oldest first."""
        ...

    def latest_entries(self, user_id: str) -> Iterator[LedgerEntry]:
        """Yield the entries, the newest first, read as they are asked for."""
        ...

    def head(self, user_id: str) -> LedgerHead:
        """Return the end of the ledger."""
        ...


class EffectQueue(Protocol):
    """Takes effects that are to be done or undone."""

    def request(self, jobs: Sequence[EffectJob]) -> None:
        """Hand the jobs over; raises Unavailable."""
        ...


class EffectExecutor(Protocol):
    """Acts on the targets of some kinds of actions.

    Both methods raise NotFound where the target is gone, Forbidden and ConnectionBroken where the account does not let
    us, and Unavailable for a while.
    """

    def observe(self, effect: Effect) -> TargetState:
        """Return what of the target the action may change, as it is now."""
        ...

    def apply(self, effect: Effect, action: AnyAction | Inverse) -> None:
        """Do the effect's action, or what takes it back; again changes nothing."""
        ...
