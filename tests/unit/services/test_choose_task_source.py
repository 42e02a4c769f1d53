"""Choosing the data source with the user's tasks, and having workspaces read on schedule."""

import pytest

from assistant.domain.connections import ConnectionStatus
from assistant.domain.errors import Conflict, ConnectionBroken, Forbidden, InvalidRequest, NotFound
from assistant.domain.notes.followed import SyncWorkspace
from assistant.domain.notes.merging import kept_id
from assistant.domain.notes.source import Role
from assistant.domain.users import Identity
from assistant.services.choose_task_source import (
    SourceChoice,
    TaskSourcePorts,
    choose_source,
    list_sources,
    show_source,
    stop_following,
)
from assistant.services.reconcile_notes import ReconcileNotesPorts, reconcile_notes
from tests.fakes.accounts import NOTION
from tests.fakes.notes import OTHER, TASKS, MemoryNotesQueue, MemoryWorkspaces
from tests.unit.notes.followed_workspace import CALLER, REPORT, USER, World, world

__all__ = ["world"]
FOUND = {"title": "Name", "due": "Due date", "status": "Status", "estimate": "Estimate (h)", "assignee": "Assignee"}
SYNC = SyncWorkspace(user_id=USER, connection_id=NOTION.id)


@pytest.fixture
def ports(world: World) -> TaskSourcePorts:
    workspaces = MemoryWorkspaces(world.notes)
    return TaskSourcePorts(world.connections, workspaces, world.followed, world.tasks, MemoryNotesQueue())


def choice(source_id: str = TASKS.id, **properties: str | None) -> SourceChoice:
    return SourceChoice(data_source_id=source_id, properties={Role(name): to for name, to in properties.items()})


def test_data_sources_are_shown_with_what_was_found(ports: TaskSourcePorts) -> None:
    shown = list_sources(USER, NOTION.id, CALLER, ports=ports).data_sources
    assert [(one.title, dict(one.properties)) for one in shown] == [
        ("Team tasks", FOUND),
        ("Reading list", {"title": "Book"}),
    ]


def test_a_choice_is_kept_and_read_at_once(ports: TaskSourcePorts) -> None:
    chosen = choose_source(USER, NOTION.id, choice(due=None), CALLER, ports=ports)
    assert dict(chosen.properties) == {name: to for name, to in FOUND.items() if name != "due"}
    assert show_source(USER, NOTION.id, CALLER, ports=ports) == chosen
    assert ports.queue.jobs == [SYNC]  # type: ignore[attr-defined]


def test_tasks_of_the_source_before_stay_as_the_users_own(world: World, ports: TaskSourcePorts) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    choose_source(USER, NOTION.id, choice(), CALLER, ports=ports)
    assert world.kept(page_id).origin is not None
    choose_source(USER, NOTION.id, choice(OTHER.id), CALLER, ports=ports)
    assert world.kept(page_id).origin is None
    choose_source(USER, NOTION.id, choice(), CALLER, ports=ports)
    world.sync()
    assert world.kept(page_id).origin is not None
    for _ in range(2):
        stop_following(USER, NOTION.id, CALLER, ports=ports)
    found = world.tasks.find(USER, kept_id(page_id))
    assert found
    assert found.task.origin is None
    with pytest.raises(NotFound):
        show_source(USER, NOTION.id, CALLER, ports=ports)


def test_what_cannot_be_chosen_is_named(ports: TaskSourcePorts) -> None:
    for wrong, field in ((choice("unknown"), "data_source_id"), (choice(due="Status"), "properties.due")):
        with pytest.raises(InvalidRequest) as refused:
            choose_source(USER, NOTION.id, wrong, CALLER, ports=ports)
        assert [error.field for error in refused.value.errors] == [field]


def test_only_the_users_own_connection_to_notion_is_opened(world: World, ports: TaskSourcePorts) -> None:
    with pytest.raises(Forbidden):
        list_sources(USER, NOTION.id, Identity("user456", "request-1"), ports=ports)
    with pytest.raises(NotFound):
        list_sources(USER, "other", CALLER, ports=ports)
    world.connections.replace(NOTION.model_copy(update={"status": ConnectionStatus.BROKEN}), expected_version=1)
    with pytest.raises(ConnectionBroken):
        list_sources(USER, NOTION.id, CALLER, ports=ports)


def test_of_two_choices_at_once_one_is_kept(ports: TaskSourcePorts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports.followed, "replace", lambda _: False)
    with pytest.raises(Conflict):
        choose_source(USER, NOTION.id, choice(), CALLER, ports=ports)


def test_every_workspace_is_read_on_schedule_but_broken_ones(world: World) -> None:
    queue = MemoryNotesQueue()
    reconciling = ReconcileNotesPorts(world.connections, world.followed, queue)
    other = NOTION.model_copy(update={"user_id": "user456", "id": "notion-2"})
    world.connections.replace(other, expected_version=0)
    assert reconcile_notes(ports=reconciling) == 2
    world.connections.replace(NOTION.model_copy(update={"status": ConnectionStatus.BROKEN}), expected_version=1)
    assert reconcile_notes(ports=reconciling) == 1
    world.connections.delete(NOTION)
    queue.jobs.clear()
    assert reconcile_notes(ports=reconciling) == 2
    assert SYNC in queue.jobs
