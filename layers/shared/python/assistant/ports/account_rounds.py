"""Whose turn it is among accounts."""

from typing import Protocol

from assistant.domain.account_round import AccountRound


class AccountRounds(Protocol):
    """Rounds by what goes through accounts. Every method raises Unavailable while it is down."""

    def read(self, name: str) -> AccountRound:
        """Return the round, a new one where none is kept."""
        ...

    def keep(self, name: str, kept: AccountRound) -> None:
        """Keep the round for the next run."""
        ...
