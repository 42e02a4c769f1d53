"""Keeping tasks through fakes: keys, preconditions, recurrence once, dependencies."""

from typing import Any

import pytest

from assistant.domain.audit import AuditAction
from assistant.domain.errors import Conflict, InvalidRequest, NotFound, PreconditionFailed, Unavailable
from assistant.domain.preferences import Preferences
from assistant.domain.tasks.kept import KeptTask, TaskChanges
from assistant.domain.tasks.request import TaskStatus
from assistant.domain.users import Identity
from assistant.domain.versions import Preconditions
from assistant.ports.tasks import VersionedTask
from assistant.services.keep_tasks import (
    TaskPorts,
    active_tasks,
    change_task,
    create_task,
    delete_task,
    list_tasks,
    show_task,
)
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryAuditTrail, MemoryPreferences, MemoryTasks, Outage

CALLER = Identity("user123", "request")
ANYHOW = Preconditions()


class Keeper:
    def __init__(self, clock: ManualClock) -> None:
        self.store = Outage()
        self.tasks = MemoryTasks(clock, self.store)
        self.audit = MemoryAuditTrail()
        self.preferences = MemoryPreferences(self.store)
        self.ports = TaskPorts(self.tasks, self.preferences, self.audit, clock)

    def create(self, key: str | None = None, **fields: Any) -> VersionedTask:
        given = TaskChanges.model_validate({"title": "Report"} | fields)
        return create_task(given, CALLER, key=key, ports=self.ports)

    def change(self, task_id: str, conditions: Preconditions = ANYHOW, **patch: Any) -> VersionedTask:
        return change_task(task_id, patch, CALLER, conditions, ports=self.ports)

    def all(self) -> tuple[KeptTask, ...]:
        return list_tasks(CALLER, statuses=(), cursor=None, limit=200, tasks=self.tasks).tasks


@pytest.fixture
def keeper(clock: ManualClock) -> Keeper:
    return Keeper(clock)


def fields(refused: pytest.ExceptionInfo[InvalidRequest]) -> list[str]:
    return [error.field for error in refused.value.errors]


def test_due_dates_are_read_in_the_zone_of_the_preferences(keeper: Keeper) -> None:
    hours = {"start": "08:00", "end": "16:00", "timezone": "America/New_York"}
    keeper.preferences.replace("user123", Preferences.model_validate({"working_hours": hours}), expected_version=0)
    assert keeper.create(due_date="tomorrow at 15:00").task.due_date == "2025-01-16T15:00:00-05:00"


def test_a_repeated_request_makes_one_task(keeper: Keeper) -> None:
    first = keeper.create("key", due_date="tomorrow")
    assert keeper.create("key", due_date="tomorrow") == first
    assert len(keeper.all()) == 1
    assert keeper.create().task.task_id != first.task.task_id
    assert [event.action for event in keeper.audit.events] == [AuditAction.TASK_CREATED] * 2


def test_a_key_is_for_one_task_only(keeper: Keeper) -> None:
    first = keeper.create("key")
    for key, body in (("key", {"importance": 3}), ("", {}), ("k" * 256, {})):
        with pytest.raises(InvalidRequest) as refused:
            keeper.create(key, **body)
        assert fields(refused) == ["Idempotency-Key"]
    delete_task(first.task.task_id, CALLER, ANYHOW, ports=keeper.ports)
    with pytest.raises(NotFound):
        keeper.create("key")


def test_changes_keep_the_rest_and_null_returns_to_the_default(keeper: Keeper) -> None:
    made = keeper.create(importance=8, due_date="Friday").task
    changed = keeper.change(made.task_id, title="Plan", due_date=None)
    assert changed.version == 2
    assert (changed.task.title, changed.task.importance, changed.task.due_date) == ("Plan", 8, None)
    assert show_task(made.task_id, CALLER, tasks=keeper.tasks) == changed


def test_a_change_that_breaks_a_rule_names_the_field(keeper: Keeper) -> None:
    made = keeper.create().task
    for patch, field in (
        ({"due_date": "2025-02-30"}, "due_date"),
        ({"title": None}, "title"),
        ({"colour": "red"}, "colour"),
        ({"depends_on": ["nobody"]}, "depends_on[0]"),
        ({"depends_on": [made.task_id]}, "depends_on"),
    ):
        with pytest.raises(InvalidRequest) as refused:
            keeper.change(made.task_id, **patch)
        assert fields(refused) == [field]


def test_a_cycle_is_refused_with_its_path(keeper: Keeper) -> None:
    first = keeper.create().task.task_id
    second = keeper.create(depends_on=[first]).task.task_id
    with pytest.raises(InvalidRequest) as refused:
        keeper.change(first, depends_on=[second])
    assert refused.value.errors[0].detail.startswith("makes a cycle: ")
    keeper.change(first, status="done")
    keeper.create(depends_on=[first])


def test_preconditions_hold(keeper: Keeper) -> None:
    made = keeper.create().task
    with pytest.raises(PreconditionFailed):
        keeper.change(made.task_id, Preconditions('"2"'), title="Plan")
    keeper.change(made.task_id, Preconditions('"1"'), title="Plan")
    with pytest.raises(PreconditionFailed):
        delete_task(made.task_id, CALLER, Preconditions('"1"'), ports=keeper.ports)
    delete_task(made.task_id, CALLER, Preconditions('"2"'), ports=keeper.ports)
    with pytest.raises(NotFound):
        show_task(made.task_id, CALLER, tasks=keeper.tasks)
    assert [event.action for event in keeper.audit.events] == [
        AuditAction.TASK_CREATED, AuditAction.TASK_CHANGED, AuditAction.TASK_DELETED
    ]  # fmt: skip


def test_doing_a_recurring_task_opens_the_next_one_once(keeper: Keeper) -> None:
    made = keeper.create(due_date="Friday 15:00", recurrence="FREQ=WEEKLY;BYDAY=FR").task
    for _ in range(2):
        done = keeper.change(made.task_id, status="done").task
    keeper.change(made.task_id, status="open")
    keeper.change(made.task_id, status="done")
    opened = [task for task in keeper.all() if task.task_id != made.task_id]
    assert [(task.due_date, task.status) for task in opened] == [("2025-01-24T15:00:00+00:00", TaskStatus.OPEN)]
    assert done.next_task_id == opened[0].task_id
    assert opened[0].next_task_id is None


class Contended(MemoryTasks):
    """Somebody else is always faster."""

    def replace(self, *_: Any, **__: Any) -> bool:
        return False

    def delete(self, *_: Any, **__: Any) -> bool:
        return False


def test_a_task_that_keeps_changing_is_a_conflict(keeper: Keeper, clock: ManualClock) -> None:
    ports = TaskPorts(Contended(clock), keeper.preferences, keeper.audit, clock)
    made = create_task(TaskChanges(title="Report"), CALLER, key=None, ports=ports).task
    with pytest.raises(Conflict):
        change_task(made.task_id, {"title": "Plan"}, CALLER, ANYHOW, ports=ports)
    with pytest.raises(Conflict):
        delete_task(made.task_id, CALLER, ANYHOW, ports=ports)


def test_pages_are_walked_by_their_cursors(keeper: Keeper, clock: ManualClock) -> None:
    for number in range(5):
        clock.advance(1)
        keeper.create(title=f"Task {number}", status="done" if number == 2 else "open")
    seen: list[str] = []
    cursor = None
    while True:
        page = list_tasks(CALLER, statuses=[TaskStatus.OPEN], cursor=cursor, limit=2, tasks=keeper.tasks)
        seen += [task.title for task in page.tasks]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ["Task 0", "Task 1", "Task 3", "Task 4"]
    kept, more = active_tasks("user123", keeper.tasks)
    assert (len(kept), more) == (4, False)


@pytest.mark.parametrize("cursor", ["%%", "é", "====", "/w"])
def test_a_cursor_of_ones_own_making_is_refused(keeper: Keeper, cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        list_tasks(CALLER, statuses=(), cursor=cursor, limit=2, tasks=keeper.tasks)
    assert fields(refused) == ["cursor"]


def test_an_outage_is_said(keeper: Keeper) -> None:
    keeper.store.down = True
    with pytest.raises(Unavailable):
        keeper.create()
