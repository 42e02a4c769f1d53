"""Workspaces for notes: what is followed of them, and where work on them goes."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.runtime.settings import needed
from assistant.wiring.connected_notes import ConnectedNotesWiring
from assistant.wiring.effects import EffectWiring
from assistant.wiring.tasks import TaskWiring

if TYPE_CHECKING:
    from assistant.ports.notes import NotesQueue, NoticeLog, PageStore, WebhookSecrets
    from assistant.services.choose_task_source import TaskSourcePorts
    from assistant.services.receive_notion_event import NotionEventPorts
    from assistant.services.reconcile_notes import ReconcileNotesPorts
    from assistant.services.sync_notes import NotesPorts


class NotesWiring(ConnectedNotesWiring, EffectWiring, TaskWiring):
    """Workspaces for notes: what is followed of them, and where work on them goes."""

    @cached_property
    def note_pages(self) -> "PageStore":
        """Pages kept as evidence."""
        from assistant.adapters.dynamo_notes import DynamoPages

        return DynamoPages(self._table, self.clock)

    @cached_property
    def notices(self) -> "NoticeLog":
        """Notifications that were worked on."""
        from assistant.adapters.dynamo_notes import DynamoNotices

        return DynamoNotices(self._table, self.clock)

    @cached_property
    def notes_queue(self) -> "NotesQueue":
        """Where work on workspaces goes."""
        from assistant.adapters.sqs_audit import sqs_client
        from assistant.adapters.sqs_notes import SqsNotes

        return SqsNotes(needed("NOTES_QUEUE_URL", self.settings.notes_queue_url), sqs_client(attempts=1))

    @cached_property
    def notes_ports(self) -> "NotesPorts":
        """What following workspaces needs."""
        from assistant.services.sync_notes import NotesPorts

        return NotesPorts(
            self.connections,
            self.workspaces,
            self.followed,
            self.note_pages,
            self.tasks,
            self.notices,
            self.preferences,
            self.notifier,
            self.propose_ports,
            self.clock,
        )

    @cached_property
    def task_source_ports(self) -> "TaskSourcePorts":
        """What choosing a data source needs."""
        from assistant.services.choose_task_source import TaskSourcePorts

        return TaskSourcePorts(self.connections, self.workspaces_at_once, self.followed, self.tasks, self.notes_queue)

    @cached_property
    def webhook_secrets(self) -> "WebhookSecrets":
        """What notifications are signed with."""
        from assistant.adapters.dynamo_notes import DynamoWebhookSecrets

        return DynamoWebhookSecrets(self._table)

    @cached_property
    def notion_event_ports(self) -> "NotionEventPorts":
        """What notifications of Notion need."""
        from assistant.services.receive_notion_event import NotionEventPorts

        return NotionEventPorts(self.webhook_secrets, self.notes_queue, self.clock)

    @cached_property
    def reconcile_notes_ports(self) -> "ReconcileNotesPorts":
        """What reconciling workspaces needs."""
        from assistant.services.reconcile_notes import ReconcileNotesPorts

        return ReconcileNotesPorts(self.connections, self.followed, self.notes_queue)
