"""A connected workspace for notes. Adapter: Notion; one suite of tests holds all of them to this."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from assistant.domain.connections import Connection
from assistant.domain.notes.note import NotesPage, NotesTask, PageList, TaskList, TaskState
from assistant.domain.notes.source import DataSource, TaskSource
from assistant.domain.tasks.request import TaskStatus


class Notes(Protocol):
    """One workspace, as far as its user shares it; raises as a MailBox does."""

    def data_sources(self) -> Sequence[DataSource]:
        """Return the hundred data sources edited last."""
        ...

    def data_source(self, source_id: str) -> DataSource:
        """Return a data source with its properties as they are now."""
        ...

    def tasks(self, source: TaskSource, *, since: datetime | None = None, page: str | None = None) -> TaskList:
        """Return tasks, those edited at or after ``since``; what lies in the trash is not among them."""
        ...

    def task(self, source: TaskSource, page_id: str) -> NotesTask:
        """Return a task; raises NotFound where it is gone, in the trash, or in another data source."""
        ...

    def set_status(self, source: TaskSource, page_id: str, status: TaskStatus, *, expected: TaskState) -> NotesTask:
        """Write how far a task is and return it as it is then; once more changes nothing.

        Raises:
            Conflict: it was edited since it was in the expected state.
            InvalidRequest: the data source has no word for this status.

        """
        ...

    def pages(self, *, page: str | None = None) -> PageList:
        """Return pages, rows of data sources among them."""
        ...

    def page(self, page_id: str) -> NotesPage:
        """Return a page with its text; raises NotFound where it is gone or in the trash."""
        ...


class NotesWorkspaces(Protocol):
    """Opens workspaces."""

    def open(self, connection: Connection) -> Notes:
        """Return the workspace of a connection, without a call to its provider."""
        ...
