"""Following a workspace: tasks kept once and true, pages kept as evidence."""

from dataclasses import replace
from datetime import timedelta

import pytest

from assistant.domain.connections import ConnectionStatus
from assistant.domain.errors import Conflict, ConnectionBroken, Forbidden, InvalidRequest, Unavailable
from assistant.domain.notes.merging import kept_id
from assistant.domain.notes.note import NotesPage
from assistant.domain.tasks.request import TaskStatus
from assistant.domain.versions import Preconditions
from assistant.services.keep_tasks import active_tasks, delete_task
from tests.fakes.accounts import NOTION
from tests.fakes.notes import (
    Row,
    page_number,
)
from tests.unit.notes.followed_workspace import CALLER, REPORT, USER, World, world

__all__ = ["world"]


def test_tasks_there_are_among_those_that_are_ranked(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    ((task,), more) = active_tasks(USER, world.tasks)
    assert (task.title, task.due_date, task.estimated_time, more) == ("Weekly report", "2025-01-17", "1.5 h", False)
    assert task.origin
    assert (task.origin.page_id, task.origin.status_name) == (page_id, "Not started")


def test_a_sync_again_changes_nothing(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    for _ in range(3):
        world.sync()
    found = world.tasks.find(USER, kept_id(page_id))
    assert found
    assert found.version == 1


def test_an_edit_there_is_an_edit_here_and_what_the_user_says_here_stays(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, importance=9)
    world.notes.edit_task(page_id, replace(REPORT, title="Monthly report", status="In progress"))
    world.sync()
    kept = world.kept(page_id)
    assert (kept.title, kept.importance, kept.status) == ("Monthly report", 9, TaskStatus.IN_PROGRESS)


@pytest.mark.parametrize(
    "row",
    [
        replace(REPORT, status="Done"),
        replace(REPORT, assignees=frozenset({"somebody-else"})),
    ],
)
def test_what_is_done_or_of_others_is_not_kept(world: World, row: Row) -> None:
    page_id = world.notes.add_task(row)
    world.sync()
    assert world.tasks.find(USER, kept_id(page_id)) is None


def test_a_task_without_an_assignee_is_the_users(world: World) -> None:
    world.notes.add_task(replace(REPORT, assignees=frozenset()))
    world.sync()
    assert len(active_tasks(USER, world.tasks)[0]) == 1


def test_what_cannot_be_read_is_left_out(world: World) -> None:
    page_id = world.notes.add_task(replace(REPORT, due="9999-12-31", hours=9000))
    world.sync()
    kept = world.kept(page_id)
    assert (kept.title, kept.due_date, kept.estimated_time) == ("Weekly report", None, None)


@pytest.mark.parametrize("gone", ["trash", "reassign"])
def test_what_is_deleted_or_given_away_there_is_closed_here_within_a_day(world: World, gone: str) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    if gone == "trash":
        world.notes.trash(page_id)
    else:
        world.notes.edit_task(page_id, replace(REPORT, assignees=frozenset({"somebody-else"})))
    world.clock.advance(timedelta(days=1).total_seconds())
    world.sync()
    kept = world.kept(page_id)
    assert (kept.status, kept.origin) == (TaskStatus.CANCELLED, None)
    world.notes.trashed.clear()
    world.notes.edit_task(page_id, REPORT)
    world.sync()
    assert world.kept(page_id).status is TaskStatus.OPEN


def test_a_list_that_is_cut_short_closes_nothing(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.notes.trash(page_id)
    world.notes.complete = False
    world.clock.advance(timedelta(days=1).total_seconds())
    world.sync()
    assert world.kept(page_id).status is TaskStatus.OPEN
    world.notes.complete = True
    world.clock.advance(timedelta(days=1).total_seconds())
    world.sync()
    assert world.kept(page_id).status is TaskStatus.CANCELLED


def test_a_notification_brings_one_page_up_to_date_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    page_id = world.notes.add_task(REPORT)
    world.notice(page_id)
    assert world.kept(page_id).title == "Weekly report"
    monkeypatch.setattr(world.notes, "task", None)
    world.notice(page_id)


@pytest.mark.parametrize("order", [("event-1", "event-2", "event-3"), ("event-3", "event-1", "event-1")])
def test_late_and_double_notifications_end_in_the_same_state(world: World, order: tuple[str, ...]) -> None:
    page_id = world.notes.add_task(REPORT)
    plan = world.notes.add_page("Q4 plan", "Ship in March.")
    world.notes.trash(page_id)
    for event_id in order:
        world.notice(page_id, event_id)
        world.notice(plan, f"plan-{event_id}")
    assert world.tasks.find(USER, kept_id(page_id)) is None
    assert [page.head.page_id for page in world.pages.of_user(USER, limit=10)] == [plan]


def test_a_task_deleted_there_is_closed_by_its_notification(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.notes.trash(page_id)
    world.notice(page_id)
    assert world.kept(page_id).status is TaskStatus.CANCELLED


def test_a_notification_that_failed_is_worked_on_again(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.notes.outage.down = True
    with pytest.raises(Unavailable):
        world.notice(page_id)
    world.notes.outage.down = False
    world.notice(page_id)
    assert world.kept(page_id).title == "Weekly report"


def test_what_is_kept_there_is_changed_and_deleted_there(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    with pytest.raises(InvalidRequest) as refused:
        world.set(page_id, title="Other", due_date="2025-02-01")
    assert [error.field for error in refused.value.errors] == ["title", "due_date"]
    with pytest.raises(Conflict):
        delete_task(kept_id(page_id), CALLER, Preconditions(None), ports=world.task_ports)


def test_pages_are_kept_as_evidence_and_read_only_when_they_change(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = world.notes.add_page("Q4 plan", "Ship in March.")
    world.notes.add_task(REPORT)
    world.sync()
    (page,) = world.pages.of_user(USER, limit=10)
    assert page.document().text == "Ship in March."
    read: list[str] = []
    original = world.notes.page

    def reading(page_id: str) -> NotesPage:
        read.append(page_id)
        return original(page_id)

    monkeypatch.setattr(world.notes, "page", reading)
    world.sync()
    assert read == []
    world.notes.texts[plan] = ("Q4 plan", "Ship in April.")
    world.notes.edited[plan] = world.clock.now()
    world.sync()
    assert (read, world.pages.of_user(USER, limit=10)[0].text) == ([plan], "Ship in April.")
    world.notes.trash(plan)
    world.sync()
    assert world.pages.of_user(USER, limit=10) == ()


def test_pages_there_is_no_time_for_come_with_the_next_sync(world: World) -> None:
    world.notes.add_page("Q4 plan", "Ship in March.")
    world.sync(seconds=0)
    assert world.pages.of_user(USER, limit=10) == ()
    world.sync()
    assert len(world.pages.of_user(USER, limit=10)) == 1


def test_a_broken_connection_is_left_alone(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    broken = NOTION.model_copy(update={"status": ConnectionStatus.BROKEN})
    world.connections.replace(broken, expected_version=1)
    world.notes.outage.down = True
    world.sync()
    world.notice(page_id)
    assert world.kept(page_id).status is TaskStatus.OPEN


@pytest.mark.parametrize("end", ["disconnected", "unshared"])
def test_tasks_of_a_workspace_that_is_gone_stay_as_the_users_own(world: World, end: str) -> None:
    page_id = world.notes.add_task(REPORT)
    world.notes.add_page("Q4 plan", "Ship in March.")
    world.sync()
    if end == "disconnected":
        world.connections.delete(NOTION)
    else:
        followed = world.followed.find(USER, NOTION.id)
        assert followed
        world.followed.replace(followed.model_copy(update={"source_id": page_number(99)}))
    world.sync()
    kept = world.kept(page_id)
    assert (kept.status, kept.origin) == (TaskStatus.OPEN, None)
    assert world.followed.everything() == ()
    if end == "disconnected":
        assert world.pages.of_user(USER, limit=10) == ()


@pytest.mark.parametrize(("error", "told"), [(Forbidden("page"), 1), (ConnectionBroken("gone"), 0)])
def test_a_workspace_that_refuses_is_told_of_once_and_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, told: int
) -> None:
    page_id = world.notes.add_task(REPORT)
    task = world.notes.task

    def refused(*_: object) -> None:
        raise error

    # Of another user, in the same workspace, read later.
    other = NOTION.model_copy(update={"user_id": "user456", "connected_at": NOTION.connected_at + timedelta(days=1)})
    world.connections.replace(other, expected_version=0)
    monkeypatch.setattr(world.notes, "task", refused)
    for number in range(2):
        world.notice(page_id, f"event-{number}")
    # Of a broken one, reconciliation tells.
    assert world.messages() == [f"Please connect {NOTION.name} again"] * told
    assert world.pages.of_user("user456", limit=1)
    monkeypatch.setattr(world.notes, "task", task)
    world.notice(page_id, "event-3")
    assert world.kept(page_id)
