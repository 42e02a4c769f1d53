"""One suite for the fake workspace and every provider's: what ``ports.Notes`` promises."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import pytest

from assistant.adapters.notion_notes import NotionWorkspaces
from assistant.domain.errors import Conflict, InvalidRequest, NotFound
from assistant.domain.notes.source import DataSource, TaskSource, found_roles
from assistant.domain.tasks.request import TaskStatus
from assistant.ports.notes import Notes
from tests.fakes.access_tokens import ScriptedTokens
from tests.fakes.accounts import NOTION
from tests.fakes.notes import OTHER, OWN_ID, TASKS, MemoryNotes, NotesSide, Row, page_number
from tests.fakes.notion_api import serve
from tests.fakes.runtime import ManualClock
from tests.fakes.sides import BothSides

pytestmark = pytest.mark.network

SOURCE = TaskSource(TASKS, found_roles(TASKS))
REPORT = Row("Weekly report", due="2025-01-17", hours=1.5, assignees=frozenset({OWN_ID}))


class Workspace(Notes, NotesSide, Protocol):
    """A workspace from both sides."""


@pytest.fixture
def memory_notes(clock: ManualClock) -> MemoryNotes:
    return MemoryNotes(clock)


@pytest.fixture
def notion_notes(clock: ManualClock) -> Iterator[BothSides]:
    with serve(clock) as api:
        workspaces = NotionWorkspaces(api.url, ScriptedTokens("token-1"), clock, pause=clock.advance)
        yield BothSides(workspaces.open(NOTION), api)
        workspaces.close()


@pytest.fixture(params=["memory", "notion"])
def notes(request: pytest.FixtureRequest) -> Workspace:
    """The workspace under test; a new adapter adds its name above and a fixture ``<name>_notes`` beside."""
    workspace: Workspace = request.getfixturevalue(f"{request.param}_notes")
    return workspace


def test_data_sources_have_their_properties(notes: Workspace) -> None:
    assert list(notes.data_sources()) == [TASKS, OTHER]
    assert notes.data_source(TASKS.id) == TASKS
    with pytest.raises(NotFound):
        notes.data_source(page_number(99))


def test_a_task_is_read_by_the_roles_of_its_properties(notes: Workspace) -> None:
    page_id = notes.add_task(REPORT)
    (task,) = notes.tasks(SOURCE).tasks
    assert task == notes.task(SOURCE, page_id)
    assert (task.page_id, task.title, task.due, task.estimate) == (page_id, "Weekly report", "2025-01-17", "1.5 h")
    assert (task.status, task.state.status_name) == (TaskStatus.OPEN, "Not started")
    assert task.assignees == {OWN_ID}
    assert task.url.startswith("https://")


def test_a_role_without_a_property_says_nothing(notes: Workspace) -> None:
    notes.add_task(replace(REPORT, status="Done"))
    bare = TaskSource(TASKS, SOURCE.roles.model_copy(update=dict.fromkeys(("due", "status", "estimate", "assignee"))))
    (task,) = notes.tasks(bare).tasks
    assert (task.due, task.estimate, task.status, task.assignees) == (None, None, TaskStatus.OPEN, frozenset())


def test_tasks_come_page_by_page_and_from_a_time_of_edit(notes: Workspace, clock: ManualClock) -> None:
    early = [notes.add_task(Row(f"Early {number}")) for number in range(103)]
    first = notes.tasks(SOURCE)
    second = notes.tasks(SOURCE, page=first.next_page)
    assert [task.page_id for task in (*first.tasks, *second.tasks)] == early
    assert (first.complete, second.next_page) == (True, None)
    clock.advance(600)
    since = clock.now()
    notes.edit_task(early[0], Row("Edited"))
    late = notes.add_task(Row("Late"))
    assert [task.page_id for task in notes.tasks(SOURCE, since=since).tasks] == [early[0], late]
    assert len(notes.tasks(SOURCE, since=since - timedelta(minutes=10)).tasks) == 100


def test_what_lies_in_the_trash_is_no_task(notes: Workspace) -> None:
    page_id = notes.add_task(REPORT)
    notes.trash(page_id)
    assert notes.tasks(SOURCE).tasks == ()
    for gone in (page_id, page_number(99)):
        with pytest.raises(NotFound):
            notes.task(SOURCE, gone)


@pytest.mark.parametrize("other", [replace(TASKS, id=OTHER.id), OTHER])
def test_a_task_of_another_data_source_is_not_found(notes: Workspace, other: DataSource) -> None:
    page_id = notes.add_task(REPORT)
    with pytest.raises(NotFound):
        notes.task(TaskSource(other, found_roles(other)), page_id)


@pytest.mark.parametrize(
    ("status", "name"),
    [(TaskStatus.IN_PROGRESS, "In progress"), (TaskStatus.DONE, "Done"), (TaskStatus.CANCELLED, "Cancelled")],
)
def test_a_status_is_written_once(notes: Workspace, clock: ManualClock, status: TaskStatus, name: str) -> None:
    page_id = notes.add_task(REPORT)
    expected = notes.task(SOURCE, page_id).state
    clock.advance(60)
    written = notes.set_status(SOURCE, page_id, name, expected=expected)
    assert (written.status, notes.row(page_id)) == (status, replace(REPORT, status=name))
    clock.advance(60)
    assert notes.set_status(SOURCE, page_id, name, expected=expected) == written


def test_a_task_edited_meanwhile_is_not_written_to(notes: Workspace, clock: ManualClock) -> None:
    page_id = notes.add_task(REPORT)
    expected = notes.task(SOURCE, page_id).state
    clock.advance(60)
    edited = replace(REPORT, title="Monthly report")
    notes.edit_task(page_id, edited)
    with pytest.raises(Conflict):
        notes.set_status(SOURCE, page_id, "Done", expected=expected)
    assert notes.row(page_id) == edited


def test_a_status_changed_in_the_same_minute_is_noticed(notes: Workspace) -> None:
    page_id = notes.add_task(REPORT)
    expected = notes.task(SOURCE, page_id).state
    notes.edit_task(page_id, replace(REPORT, status="In progress"))
    with pytest.raises(Conflict):
        notes.set_status(SOURCE, page_id, "Done", expected=expected)


def test_a_status_the_data_source_has_no_word_for_is_refused(notes: Workspace) -> None:
    page_id = notes.add_task(REPORT)
    bare = TaskSource(TASKS, SOURCE.roles.model_copy(update={"status": None}))
    with pytest.raises(InvalidRequest) as refused:
        notes.set_status(bare, page_id, "Done", expected=notes.task(SOURCE, page_id).state)
    assert refused.value.errors[0].field == "status"


def test_pages_are_listed_the_newest_first_and_read_as_text(notes: Workspace, clock: ManualClock) -> None:
    plan = notes.add_page("Q4 plan", "# Goals\n\nShip the importer by March.")
    clock.advance(60)
    task = notes.add_task(REPORT)
    clock.advance(60)
    gone = notes.add_page("Old", "Nothing.")
    notes.trash(gone)
    listed = notes.pages().pages
    assert [(one.page_id, one.title, one.source_id) for one in listed] == [
        (task, "Weekly report", TASKS.id),
        (plan, "Q4 plan", None),
    ]
    page = notes.page(plan)
    assert page.head == listed[1]
    document = page.document()
    start = document.text.index("importer")
    assert document.source(start, start + 8).quote == "importer"
    assert document.source(start, start + 8).stands_in(document)
    with pytest.raises(NotFound):
        notes.page(gone)


def test_many_pages_come_page_by_page(notes: Workspace) -> None:
    made = {notes.add_page(f"Page {number}", "") for number in range(101)}
    first = notes.pages()
    second = notes.pages(page=first.next_page)
    assert {one.page_id for one in (*first.pages, *second.pages)} == made
    assert (len(first.pages), second.next_page) == (100, None)
