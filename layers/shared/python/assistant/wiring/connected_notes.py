"""Connected workspaces for notes, and what is followed of them."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.wiring.connections import ConnectionWiring

if TYPE_CHECKING:
    from assistant.adapters.notion_calls import Patience
    from assistant.ports.notes import FollowedStore, NotesWorkspaces


class ConnectedNotesWiring(ConnectionWiring):
    """Connected workspaces for notes, and what is followed of them."""

    @cached_property
    def followed(self) -> "FollowedStore":
        """What is followed."""
        from assistant.adapters.dynamo_notes import DynamoFollowed

        return DynamoFollowed(self._table)

    @cached_property
    def workspaces(self) -> "NotesWorkspaces":
        """Workspaces for who has time."""
        from assistant.adapters.notion_calls import WORKER

        return self._workspaces(WORKER)

    @cached_property
    def workspaces_at_once(self) -> "NotesWorkspaces":
        """Workspaces while a user, or what else is to be done, waits."""
        from assistant.adapters.notion_calls import USER

        return self._workspaces(USER)

    def _workspaces(self, patience: "Patience") -> "NotesWorkspaces":
        from assistant.adapters.notion_notes import NotionWorkspaces

        return NotionWorkspaces(self.settings.notion_url, self.access_tokens, self.clock, patience=patience)
