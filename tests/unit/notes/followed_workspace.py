"""A user whose workspace for notes is followed, and the worker of effects: everything in memory."""

from datetime import timedelta

import pytest

from assistant.domain.effects.actions import EffectKind
from assistant.domain.effects.effect import EffectState
from assistant.domain.notes.followed import FollowedWorkspace, PageChanged, SyncWorkspace, read_job
from assistant.domain.notes.merging import kept_id
from assistant.domain.notes.source import found_roles
from assistant.domain.preferences import EffectPermissions, Permission, Preferences
from assistant.domain.tasks.kept import KeptTask
from assistant.domain.users import Identity
from assistant.domain.versions import Preconditions
from assistant.services.answer_approvals import AnswerPorts
from assistant.services.change_task_status import TaskStatusExecutor
from assistant.services.execute_effects import ExecutePorts, run_job
from assistant.services.keep_tasks import TaskPorts, change_task
from assistant.services.propose_effects import ProposePorts
from assistant.services.sync_notes import NotesPorts, work_on
from assistant.services.undo_effects import UndoRequest, undo_effects
from tests.fakes.accounts import NOTION
from tests.fakes.connections import MemoryConnections
from tests.fakes.effects import MemoryEffectQueue, MemoryEffects
from tests.fakes.notes import (
    OWN_ID,
    TASKS,
    MemoryFollowed,
    MemoryNotes,
    MemoryNotices,
    MemoryPages,
    MemoryWorkspaces,
    Row,
)
from tests.fakes.notifications import MemoryDueQueue, MemoryNotifier
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
        self.answer_ports = AnswerPorts(self.effects, self.queue, MemoryDueQueue(), MemoryAuditTrail(), clock)
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
