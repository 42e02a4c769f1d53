"""Mailboxes of every provider that has one."""

from collections.abc import Callable, Mapping

from assistant.domain.connections import Connection, Provider
from assistant.domain.errors import NotFound
from assistant.ports.mailbox import MailBox, MailBoxes


class ProviderMailBoxes:
    """Implements ``ports.MailBoxes`` with those of the providers, each made when its first mailbox is opened."""

    def __init__(self, made_by: Mapping[Provider, Callable[[], MailBoxes]]) -> None:
        self._made_by = made_by
        self._made: dict[Provider, MailBoxes] = {}

    def open(self, connection: Connection) -> MailBox:
        """Return the mailbox of a connection; raises NotFound where its provider keeps no mail."""
        provider = connection.provider
        if provider not in self._made_by:
            raise NotFound("This account has no mailbox.")
        if provider not in self._made:
            self._made[provider] = self._made_by[provider]()
        return self._made[provider].open(connection)
