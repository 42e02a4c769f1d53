"""Following a workspace: tasks kept once and true, statuses written back, pages kept as evidence."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.connections import ConnectionStatus
from assistant.domain.effects.actions import EffectKind, SetTaskStatus
from assistant.domain.effects.approval import action_hash, rendered
from assistant.domain.effects.effect import APPROVAL_LASTS, EffectState
from assistant.domain.effects.provenance import Traced
from assistant.domain.errors import Conflict, InvalidRequest, PreconditionFailed, Unavailable
from assistant.domain.notes.followed import FollowedWorkspace, PageChanged, SyncWorkspace, read_job
from assistant.domain.notes.merging import kept_id
from assistant.domain.notes.note import NotesPage
from assistant.domain.notes.source import TaskSource, found_roles
from assistant.domain.notes.status import word_for
from assistant.domain.preferences import EffectPermissions, Permission, Preferences
from assistant.domain.tasks.kept import KeptTask
from assistant.domain.tasks.request import TaskStatus
from assistant.domain.users import Identity
from assistant.domain.versions import Preconditions
from assistant.services.answer_approvals import AnswerPorts, ApprovalRequest, approve_effect, reject_effect
from assistant.services.change_task_status import ANOTHER_STATUS, TaskStatusExecutor
from assistant.services.execute_effects import ExecutePorts, run_job
from assistant.services.keep_tasks import TaskPorts, active_tasks, change_task, delete_task
from assistant.services.propose_effects import ProposePorts
from assistant.services.sync_notes import NotesPorts, work_on
from assistant.services.undo_effects import UndoRequest, undo_effects
from tests.fakes.accounts import NOTION
from tests.fakes.connections import MemoryConnections
from tests.fakes.effects import Desk, MemoryEffectQueue, MemoryEffects
from tests.fakes.examples import examples
from tests.fakes.notes import (
    OWN_ID,
    TASKS,
    MemoryFollowed,
    MemoryNotes,
    MemoryNotices,
    MemoryPages,
    MemoryWorkspaces,
    Row,
    page_number,
)
from tests.fakes.notifications import MemoryNotifier
from tests.fakes.runtime import ManualClock, MemoryMeter
from tests.fakes.stores import MemoryAuditTrail, MemoryPreferences, MemoryTasks

USER = NOTION.user_id
CALLER = Identity(USER, "request-1")
REPORT = Row("Weekly report", due="2025-01-17", hours=1.5, assignees=frozenset({OWN_ID}))


class World:
    """A user whose workspace is connected, with a data source chosen for tasks."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.notes = MemoryNotes(clock)
        self.connections = MemoryConnections()
        self.connections.replace(NOTION, expected_version=0)
        self.followed = MemoryFollowed()
        self.pages = MemoryPages(clock)
        self.tasks = MemoryTasks(clock)
        self.told = MemoryNotifier()
        self.preferences = MemoryPreferences()
        self.effects, self.queue = MemoryEffects(clock), MemoryEffectQueue()
        self.ports = NotesPorts(
            self.connections,
            MemoryWorkspaces(self.notes),
            self.followed,
            self.pages,
            self.tasks,
            MemoryNotices(),
            self.preferences,
            self.told,
            ProposePorts(self.effects, self.queue, self.preferences, self.told, clock),
            clock,
        )
        executor = TaskStatusExecutor(self.connections, MemoryWorkspaces(self.notes), self.followed)
        executors = {EffectKind.SET_TASK_STATUS: executor}
        self.execute_ports = ExecutePorts(self.effects, executors, self.told, MemoryMeter(), clock)
        self.answer_ports = AnswerPorts(self.effects, self.queue, MemoryAuditTrail(), clock)
        self.task_ports = TaskPorts(self.tasks, self.preferences, MemoryAuditTrail(), clock)
        chosen = FollowedWorkspace(user_id=USER, connection_id=NOTION.id, source_id=TASKS.id, roles=found_roles(TASKS))
        self.followed.replace(chosen)

    def sync(self, seconds: float = 100) -> None:
        self.clock.advance(900)
        job = SyncWorkspace(user_id=USER, connection_id=NOTION.id)
        work_on(read_job(job.model_dump_json()), seconds=seconds, ports=self.ports)

    def work(self) -> None:
        """The worker of effects takes what waits."""
        while self.queue.jobs:
            run_job(self.queue.jobs.pop(0), seconds=60, ports=self.execute_ports)

    def write(self) -> None:
        """Statuses set here are proposed, written, and read again."""
        self.sync()
        self.work()
        self.sync()

    def undo(self) -> None:
        """The user takes back everything, and the worker does it."""
        undo_effects(USER, UndoRequest(since=self.clock.now() - timedelta(days=1)), CALLER, ports=self.answer_ports)
        self.work()

    def prefer(self, permission: Permission) -> None:
        wanted = Preferences(effects=EffectPermissions(set_task_status=permission))
        self.preferences.replace(USER, wanted, expected_version=self.preferences.read(USER).version)

    def states(self) -> list[EffectState]:
        return [record.state for record in self.effects.records.values()]

    def notice(self, page_id: str, event_id: str = "event-1") -> None:
        self.clock.advance(60)
        job = PageChanged(event_id=event_id, workspace_id=NOTION.account, page_id=page_id)
        work_on(read_job(job.model_dump_json()), seconds=100, ports=self.ports)

    def kept(self, page_id: str) -> KeptTask:
        found = self.tasks.find(USER, kept_id(page_id))
        assert found
        return found.task

    def set(self, page_id: str, **patch: object) -> None:
        change_task(kept_id(page_id), patch, CALLER, Preconditions(None), ports=self.task_ports)

    def messages(self) -> list[str]:
        return [one.title for one in self.told.told.values()]


@pytest.fixture
def world(clock: ManualClock) -> World:
    return World(clock)


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


def test_a_task_done_here_is_done_there(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    assert world.kept(page_id).origin.unwritten is TaskStatus.DONE  # type: ignore[union-attr]
    world.write()
    kept = world.kept(page_id)
    assert world.notes.row(page_id) == replace(REPORT, status="Done")
    assert (kept.status, kept.origin and kept.origin.unwritten) == (TaskStatus.DONE, None)
    world.set(page_id, status="open")
    world.write()
    assert world.notes.row(page_id) == REPORT
    assert world.messages() == []


def test_an_edit_of_something_else_does_not_keep_a_status_from_being_written(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.notes.edit_task(page_id, replace(REPORT, title="Monthly report"))
    world.write()
    assert world.notes.row(page_id) == replace(REPORT, title="Monthly report", status="Done")
    assert world.kept(page_id).title == "Monthly report"


def test_a_status_set_there_meanwhile_is_kept_and_told_of(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.notes.edit_task(page_id, replace(REPORT, status="In progress"))
    world.write()
    assert world.notes.row(page_id).status == "In progress"
    assert world.kept(page_id).status is TaskStatus.IN_PROGRESS
    assert world.messages() == ["Not changed in Notion: Weekly report"]
    world.sync()
    assert len(world.messages()) == 1


def test_a_status_there_is_no_word_for_stays_here_and_is_told_of(world: World) -> None:
    roles = found_roles(TASKS).model_copy(update={"status": None})
    followed = world.followed.find(USER, NOTION.id)
    assert followed
    world.followed.replace(followed.model_copy(update={"roles": roles}))
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    for _ in range(2):
        world.sync()
    assert world.kept(page_id).status is TaskStatus.DONE
    assert world.notes.row(page_id) == REPORT
    assert world.messages() == ["Not changed in Notion: Weekly report"]


def test_a_status_waits_while_notion_is_down(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.notes.outage.down = True
    with pytest.raises(Unavailable):
        world.sync()
    world.notes.outage.down = False
    world.write()
    assert world.notes.row(page_id).status == "Done"


def test_a_status_is_written_once_however_often_it_is_found_unwritten(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.sync()
    world.sync()
    world.work()
    world.sync()
    assert world.states() == [EffectState.DONE]
    assert world.notes.row(page_id).status == "Done"


def test_undone_it_is_as_it_was_here_and_there(world: World) -> None:
    page_id = world.notes.add_task(replace(REPORT, status="In progress"))
    world.sync()
    world.set(page_id, status="done")
    world.write()
    (record,) = world.effects.records.values()
    assert rendered(record.effect) == "Set “Weekly report” to “Done” where it is kept."
    world.undo()
    assert world.states() == [EffectState.UNDONE]
    assert world.notes.row(page_id).status == "In progress"
    world.sync()
    assert world.kept(page_id).status is TaskStatus.IN_PROGRESS


def test_undoing_leaves_a_status_set_there_meanwhile(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.write()
    world.notes.edit_task(page_id, replace(REPORT, status="Cancelled"))
    world.undo()
    (record,) = world.effects.records.values()
    assert (record.state, record.problem) == (EffectState.DONE, ANOTHER_STATUS)
    assert world.notes.row(page_id).status == "Cancelled"


def test_a_user_who_wants_to_be_asked_is_asked(world: World) -> None:
    world.prefer(Permission.ASK)
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.write()
    assert (world.states(), world.messages()) == ([EffectState.WAITING], ["May I?"])
    assert world.notes.row(page_id).status == "Not started"
    (record,) = world.effects.records.values()
    approval = ApprovalRequest(action_hash=action_hash(record.effect))
    approve_effect(USER, record.id, approval, CALLER, ports=world.answer_ports)
    world.work()
    world.sync()
    assert world.notes.row(page_id).status == "Done"
    assert world.kept(page_id).origin.unwritten is None  # type: ignore[union-attr]


@pytest.mark.parametrize("end", ["never", "rejected", "expired"])
def test_a_status_that_may_not_be_written_stays_here_and_is_told_of(world: World, end: str) -> None:
    world.prefer(Permission.NEVER if end == "never" else Permission.ASK)
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.sync()
    (record,) = world.effects.records.values()
    if end == "rejected":
        reject_effect(USER, record.id, CALLER, ports=world.answer_ports)
    if end == "expired":
        world.clock.advance(APPROVAL_LASTS.total_seconds())
    world.sync()
    assert world.messages()[-1] == "Not changed in Notion: Weekly report"
    assert world.kept(page_id).origin.unwritten is None  # type: ignore[union-attr]
    assert world.notes.row(page_id).status == "Not started"


def test_a_task_whose_data_source_is_no_longer_followed_is_left(world: World) -> None:
    page_id = world.notes.add_task(REPORT)
    world.sync()
    world.set(page_id, status="done")
    world.sync()
    followed = world.followed.find(USER, NOTION.id)
    assert followed
    world.followed.remove(followed)
    world.work()
    (record,) = world.effects.records.values()
    assert (record.state, world.notes.row(page_id)) == (EffectState.FAILED, REPORT)


WORDS = st.sampled_from(["Not started", "In progress", "Done", "Cancelled"])


@examples(50)
@given(before=WORDS, wanted=st.sampled_from(TaskStatus), theirs=st.none() | WORDS)
def test_done_and_undone_a_status_is_as_it_was_unless_somebody_set_another(
    before: str, wanted: TaskStatus, theirs: str | None
) -> None:
    world = World(ManualClock())
    page_id = world.notes.add_task(replace(REPORT, status=before))
    executor = world.execute_ports.executors[EffectKind.SET_TASK_STATUS]
    source = TaskSource(TASKS, found_roles(TASKS))
    word = word_for(wanted, source)
    assert word is not None
    action = SetTaskStatus(was=Traced(value=before), status=Traced(value=word))
    effect = Desk(world.clock).effect(page_id, action)
    effect = effect.model_copy(update={"target": effect.target.model_copy(update={"connection_id": NOTION.id})})
    seen = executor.observe(effect)
    inverse = action.inverse(seen)
    executor.apply(effect, action)
    assert world.notes.row(page_id).status == word
    if theirs is not None:
        world.notes.edit_task(page_id, replace(REPORT, status=theirs))
    if inverse is None:
        assert word == before
        return
    try:
        executor.apply(effect, inverse)
    except PreconditionFailed:
        assert theirs not in (None, before, word)
        assert world.notes.row(page_id).status == theirs
    else:
        assert world.notes.row(page_id).status == before


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
