"""Chats of connected accounts."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.wiring.connections import ConnectionWiring

if TYPE_CHECKING:
    from assistant.ports.chat import Chats


class ConnectedChatWiring(ConnectionWiring):
    """Chats of connected accounts."""

    @cached_property
    def chats(self) -> "Chats":
        """Workspaces of Slack; its SDK is imported by the first message."""
        from assistant.adapters.dynamo_posts import DynamoPostRecords
        from assistant.adapters.slack_chat import SlackChats

        records = DynamoPostRecords(self._table, self.clock)
        return SlackChats(self.access_tokens, records, self.clock, self.settings.slack_url)
