"""Mailboxes and calendars of every provider that has some."""

from collections.abc import Callable, Mapping
from typing import Protocol

from assistant.domain.connections import Connection
from assistant.domain.errors import NotFound
from assistant.domain.providers import Provider


class _Opens[Account](Protocol):
    def open(self, connection: Connection) -> Account: ...


class ProviderAccounts[Account]:
    """Implements ``ports.MailBoxes`` or ``ports.CalendarAccounts`` with those of the providers.

    Each is made when its first account is opened; ``missing`` says what an account of another provider has not.
    """

    def __init__(self, made_by: Mapping[Provider, Callable[[], _Opens[Account]]], missing: str) -> None:
        self._made_by = made_by
        self._made: dict[Provider, _Opens[Account]] = {}
        self._missing = missing

    def open(self, connection: Connection) -> Account:
        """Return the mailbox or calendar of a connection; raises NotFound where its provider has none."""
        provider = connection.provider
        if provider not in self._made_by:
            raise NotFound(f"This account has no {self._missing}.")
        if provider not in self._made:
            self._made[provider] = self._made_by[provider]()
        return self._made[provider].open(connection)
