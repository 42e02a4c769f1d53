"""A connected workspace for notes. Adapter: Notion; one suite of tests holds all of them to this."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from assistant.domain.connections import Connection
from assistant.domain.notes.followed import FollowedWorkspace, NotesJob
from assistant.domain.notes.note import NotesPage, NotesTask, PageList, TaskList, TaskState
from assistant.domain.notes.source import DataSource, TaskSource
from assistant.domain.notes.webhook import WebhookSecret


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

    def set_status(self, source: TaskSource, page_id: str, word: str, *, expected: TaskState) -> NotesTask:
        """Write how far a task is, in a word of the data source, and return it as it is then; again changes nothing.

        Raises:
            Conflict: it was edited since it was in the expected state.
            InvalidRequest: the data source has no such word.

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


class FollowedStore(Protocol):
    """Workspaces that are followed. Every method raises Unavailable while it is down."""

    def find(self, user_id: str, connection_id: str) -> FollowedWorkspace | None:
        """Return what is followed of a connection."""
        ...

    def everything(self) -> Sequence[FollowedWorkspace]:
        """Return the workspaces of all users."""
        ...

    def replace(self, workspace: FollowedWorkspace) -> bool:
        """Keep it as the next version; False when the kept version is another than its own, 0 where none is kept."""
        ...

    def remove(self, workspace: FollowedWorkspace) -> None:
        """Forget it; one that is gone is no error."""
        ...


@dataclass(frozen=True, slots=True)
class KeptPage:
    """When a kept page was edited, and when it was read."""

    edited_at: datetime
    read_at: datetime


class PageStore(Protocol):
    """Pages of workspaces, kept as evidence. Every method raises Unavailable while it is down."""

    def of_user(self, user_id: str, *, limit: int) -> Sequence[NotesPage]:
        """Return kept pages of all the user's workspaces."""
        ...

    def kept(self, user_id: str, connection_id: str) -> Mapping[str, KeptPage]:
        """Return which pages of a workspace are kept, by id."""
        ...

    def put(self, user_id: str, connection_id: str, page: NotesPage) -> None:
        """Keep a page in the place of what was read of it before."""
        ...

    def remove(self, user_id: str, connection_id: str, page_ids: Collection[str]) -> None:
        """Forget pages; one that is gone is no error."""
        ...


class NoticeLog(Protocol):
    """Notifications that were worked on, for two days. Every method raises Unavailable while it is down."""

    def has(self, event_id: str) -> bool:
        """Whether this one was."""
        ...

    def add(self, event_id: str) -> None:
        """Note that this one was."""
        ...


class NotesQueue(Protocol):
    """Takes work on workspaces."""

    def send(self, *jobs: NotesJob) -> None:
        """Hand the work over; raises Unavailable."""
        ...


class WebhookSecrets(Protocol):
    """The secret of this deployment's webhook. Every method raises Unavailable while it is down."""

    def read(self) -> WebhookSecret:
        """Return it; an empty one where there is none yet."""
        ...

    def replace(self, secret: WebhookSecret) -> bool:
        """Keep it as the next version; False when the kept version is another than its own."""
        ...
