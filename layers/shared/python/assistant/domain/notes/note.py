"""Tasks and pages of a workspace as they were read."""

from dataclasses import dataclass
from datetime import datetime

from assistant.domain.sources import Document, SourceKind
from assistant.domain.tasks.request import TaskStatus


@dataclass(frozen=True, slots=True)
class TaskState:
    """What is compared before a task is written to: the name of its status, and when it was last edited.

    Notion tells the time of an edit to the minute.
    """

    status_name: str
    edited_at: datetime


@dataclass(frozen=True, slots=True)
class NotesTask:
    """A task; ``due`` and ``estimate`` as a kept task takes them, ``assignees`` ids of users there."""

    page_id: str
    title: str
    status: TaskStatus
    state: TaskState
    due: str | None = None
    estimate: str | None = None
    assignees: frozenset[str] = frozenset()
    url: str = ""


@dataclass(frozen=True, slots=True)
class TaskList:
    """Some tasks, the one edited longest ago first; ``next_page`` asks for those that follow, None at the end.

    ``complete`` is False where the provider lists no more although there are.
    """

    tasks: tuple[NotesTask, ...]
    next_page: str | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class PageHead:
    """A page without its text; ``source_id`` is the data source whose row it is."""

    page_id: str
    title: str
    edited_at: datetime
    url: str = ""
    source_id: str | None = None


@dataclass(frozen=True, slots=True)
class PageList:
    """Some pages, the one edited last first; ``next_page`` asks for those that follow, None at the end."""

    pages: tuple[PageHead, ...]
    next_page: str | None = None


@dataclass(frozen=True, slots=True)
class NotesPage:
    """A page with its text in Markdown, from the beginning as far as it was read."""

    head: PageHead
    text: str

    def document(self) -> Document:
        """Return it as text that statements may rest on."""
        return Document(
            kind=SourceKind.PAGE,
            id=self.head.page_id,
            text=self.text,
            title=self.head.title,
            at=self.head.edited_at,
        )
