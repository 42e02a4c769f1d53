"""A workspace for notes in memory, and what happens in one without the assistant."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import Conflict, ConnectionBroken, FieldError, InvalidRequest, NotFound
from assistant.domain.notes.followed import FollowedWorkspace, NotesJob
from assistant.domain.notes.note import NotesPage, NotesTask, PageHead, PageList, TaskList, TaskState
from assistant.domain.notes.source import DataSource, Option, Property, Role, TaskSource
from assistant.domain.notes.status import has_word, status_of
from assistant.domain.notes.webhook import WebhookSecret
from assistant.ports.notes import KeptPage
from assistant.ports.runtime import Clock
from tests.fakes.accounts import NOTION
from tests.fakes.stores import Outage

OWN_ID = str(NOTION.member)
STATUS = Property(
    "st%3A1",
    "Status",
    "status",
    (
        Option("Not started", "To-do"),
        Option("In progress", "In progress"),
        Option("Done", "Complete"),
        Option("Cancelled", "Complete"),
    ),
)
TASKS = DataSource(
    "1a2b3c4d-0000-4000-8000-000000000001",
    "Team tasks",
    (
        Property("title", "Name", "title"),
        Property("du%3A1", "Due date", "date"),
        STATUS,
        Property("es%3A1", "Estimate (h)", "number"),
        Property("as%3A1", "Assignee", "people"),
        Property("no%3A1", "Notes", "rich_text"),
    ),
)
OTHER = DataSource("1a2b3c4d-0000-4000-8000-000000000002", "Reading list", (Property("title", "Book", "title"),))
_AT_ONCE = 100


@dataclass(frozen=True)
class Row:
    """A task as its user sees it; hours as a number."""

    title: str
    status: str = "Not started"
    due: str | None = None
    hours: float | None = None
    assignees: frozenset[str] = frozenset()


class NotesSide(Protocol):
    """The workspace as its users see it: what the assistant has to notice."""

    def add_task(self, row: Row) -> str:
        """Somebody writes a task down; return the id of its page."""
        ...

    def edit_task(self, page_id: str, row: Row) -> None:
        """Somebody changes a task."""
        ...

    def row(self, page_id: str) -> Row:
        """Return a task as it is there."""
        ...

    def add_page(self, title: str, text: str) -> str:
        """Somebody writes a page; return its id."""
        ...

    def trash(self, page_id: str) -> None:
        """Somebody deletes a task or a page."""
        ...


def page_number(number: int) -> str:
    """Return the id of the page that was made as this one."""
    return f"c0ffee00-0000-4000-8000-{number:012x}"


def to_the_minute(moment: datetime) -> datetime:
    """Return the time as Notion tells it."""
    return moment.replace(second=0, microsecond=0)


@dataclass
class MemoryNotes:
    """Implements ``ports.Notes`` and ``NotesSide``."""

    clock: Clock
    outage: Outage = field(default_factory=Outage)
    rows: dict[str, Row] = field(default_factory=dict)
    texts: dict[str, tuple[str, str]] = field(default_factory=dict)
    edited: dict[str, datetime] = field(default_factory=dict)
    trashed: set[str] = field(default_factory=set)
    complete: bool = True

    def add_task(self, row: Row) -> str:
        page_id = self._new_id()
        self.edit_task(page_id, row)
        return page_id

    def edit_task(self, page_id: str, row: Row) -> None:
        self.rows[page_id] = row
        self._touch(page_id)

    def row(self, page_id: str) -> Row:
        return self.rows[page_id]

    def add_page(self, title: str, text: str) -> str:
        page_id = self._new_id()
        self.texts[page_id] = (title, text)
        self._touch(page_id)
        return page_id

    def trash(self, page_id: str) -> None:
        self.trashed.add(page_id)

    def data_sources(self) -> Sequence[DataSource]:
        self.outage.check()
        return (TASKS, OTHER)

    def data_source(self, source_id: str) -> DataSource:
        found = next((one for one in self.data_sources() if one.id == source_id), None)
        if found is None:
            raise NotFound("no data source")
        return found

    def tasks(self, source: TaskSource, *, since: datetime | None = None, page: str | None = None) -> TaskList:
        self.outage.check()
        mine = source.source.id == TASKS.id
        known = [one for one in self.rows if mine and one not in self.trashed]
        known = sorted((one for one in known if since is None or self.edited[one] >= since), key=self._edit)
        start = int(page or 0)
        more = len(known) > start + _AT_ONCE
        found = tuple(self._task(source, one) for one in known[start : start + _AT_ONCE])
        return TaskList(found, str(start + _AT_ONCE) if more else None, self.complete)

    def task(self, source: TaskSource, page_id: str) -> NotesTask:
        self.outage.check()
        if page_id not in self.rows or page_id in self.trashed or source.source.id != TASKS.id:
            raise NotFound("no task")
        return self._task(source, page_id)

    def set_status(self, source: TaskSource, page_id: str, word: str, *, expected: TaskState) -> NotesTask:
        column = source.property(Role.STATUS)
        if column is None or not has_word(word, column):
            raise InvalidRequest("no word", errors=(FieldError("status", "has no word"),))
        current = self.task(source, page_id)
        if current.state.status_name != word:
            if current.state != expected:
                raise Conflict("edited")
            self.edit_task(page_id, replace(self.rows[page_id], status=word))
        return self._task(source, page_id)

    def pages(self, *, page: str | None = None) -> PageList:
        self.outage.check()
        known = sorted((one for one in self.edited if one not in self.trashed), key=self._edit, reverse=True)
        start = int(page or 0)
        more = len(known) > start + _AT_ONCE
        found = tuple(map(self._head, known[start : start + _AT_ONCE]))
        return PageList(found, str(start + _AT_ONCE) if more else None)

    def page(self, page_id: str) -> NotesPage:
        self.outage.check()
        if page_id not in self.edited or page_id in self.trashed:
            raise NotFound("no page")
        return NotesPage(self._head(page_id), self.texts.get(page_id, ("", ""))[1])

    def _new_id(self) -> str:
        return page_number(len(self.edited) + 1)

    def _touch(self, page_id: str) -> None:
        self.edited[page_id] = to_the_minute(self.clock.now())

    def _edit(self, page_id: str) -> tuple[datetime, str]:
        return self.edited[page_id], page_id

    def _head(self, page_id: str) -> PageHead:
        row = self.rows.get(page_id)
        title = row.title if row else self.texts[page_id][0]
        return PageHead(page_id, title, self.edited[page_id], f"https://notes/{page_id}", TASKS.id if row else None)

    def _task(self, source: TaskSource, page_id: str) -> NotesTask:
        row = self.rows[page_id]
        roles = source.roles
        status = row.status if roles.status else ""
        return NotesTask(
            page_id=page_id,
            title=row.title,
            status=status_of(status, source.property(Role.STATUS)),
            state=TaskState(status, self.edited[page_id]),
            due=row.due if roles.due else None,
            estimate=f"{row.hours:g} h" if row.hours and roles.estimate else None,
            assignees=row.assignees if roles.assignee else frozenset(),
            url=f"https://notes/{page_id}",
        )


@dataclass
class MemoryWorkspaces:
    """Implements ``ports.NotesWorkspaces``: one workspace, whoever connects it."""

    notes: MemoryNotes

    def open(self, connection: Connection) -> MemoryNotes:
        if connection.status is ConnectionStatus.BROKEN:
            raise ConnectionBroken("broken")
        return self.notes


class MemoryFollowed:
    """Implements ``ports.FollowedStore``."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self._kept: dict[tuple[str, str], FollowedWorkspace] = {}

    def find(self, user_id: str, connection_id: str) -> FollowedWorkspace | None:
        self._outage.check()
        return self._kept.get((user_id, connection_id))

    def everything(self) -> Sequence[FollowedWorkspace]:
        self._outage.check()
        return tuple(self._kept.values())

    def replace(self, workspace: FollowedWorkspace) -> bool:
        kept = self.find(workspace.user_id, workspace.connection_id)
        if (kept.version if kept else 0) != workspace.version:
            return False
        following = workspace.model_copy(update={"version": workspace.version + 1})
        self._kept[workspace.user_id, workspace.connection_id] = following
        return True

    def remove(self, workspace: FollowedWorkspace) -> None:
        self._outage.check()
        self._kept.pop((workspace.user_id, workspace.connection_id), None)


class MemoryPages:
    """Implements ``ports.PageStore``."""

    def __init__(self, clock: Clock, outage: Outage | None = None) -> None:
        self._clock = clock
        self._outage = outage or Outage()
        self._kept: dict[tuple[str, str, str], tuple[NotesPage, datetime]] = {}

    def of_user(self, user_id: str, *, limit: int) -> Sequence[NotesPage]:
        self._outage.check()
        mine = sorted((key, page) for key, (page, _) in self._kept.items() if key[0] == user_id)
        return tuple(page for _, page in mine[:limit])

    def kept(self, user_id: str, connection_id: str) -> Mapping[str, KeptPage]:
        self._outage.check()
        return {
            page_id: KeptPage(page.head.edited_at, read_at)
            for (owner, connection, page_id), (page, read_at) in self._kept.items()
            if (owner, connection) == (user_id, connection_id)
        }

    def put(self, user_id: str, connection_id: str, page: NotesPage) -> None:
        self._outage.check()
        self._kept[user_id, connection_id, page.head.page_id] = (page, self._clock.now())

    def remove(self, user_id: str, connection_id: str, page_ids: Collection[str]) -> None:
        self._outage.check()
        for page_id in page_ids:
            self._kept.pop((user_id, connection_id, page_id), None)


class MemoryNotices:
    """Implements ``ports.NoticeLog``; nothing is forgotten."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self._done: set[str] = set()

    def has(self, event_id: str) -> bool:
        self._outage.check()
        return event_id in self._done

    def add(self, event_id: str) -> None:
        self._outage.check()
        self._done.add(event_id)


class MemoryWebhookSecrets:
    """Implements ``ports.WebhookSecrets``."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self._kept = WebhookSecret()

    def read(self) -> WebhookSecret:
        self._outage.check()
        return self._kept

    def replace(self, secret: WebhookSecret) -> bool:
        if secret.version != self.read().version:
            return False
        self._kept = secret.model_copy(update={"version": secret.version + 1})
        return True


class MemoryNotesQueue:
    """Implements ``ports.NotesQueue``."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self.jobs: list[NotesJob] = []

    def send(self, *jobs: NotesJob) -> None:
        self._outage.check()
        self.jobs += jobs
