"""Tasks are kept alike in memory and on DynamoDB: versions, keys, pages, what is forgotten."""

from datetime import date, timedelta

import boto3
import pytest

from assistant.adapters.dynamo import Table
from assistant.adapters.dynamo_tasks import DynamoTasks
from assistant.domain.errors import Unavailable
from assistant.domain.tasks.kept import KeptTask
from assistant.domain.tasks.request import TaskStatus
from assistant.ports.tasks import Creation, Idempotency, TaskStore, VersionedTask
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryTasks

KEY = Idempotency("key", "digest")
OPEN = (TaskStatus.OPEN,)


@pytest.fixture(params=["fake", "dynamodb"])
def tasks(request: pytest.FixtureRequest, clock: ManualClock) -> TaskStore:
    return MemoryTasks(clock) if request.param == "fake" else DynamoTasks(request.getfixturevalue("table"), clock)


@pytest.fixture
def task(clock: ManualClock) -> KeptTask:
    return KeptTask(task_id="t1", title="Report", created_at=clock.now(), series_start=date(2025, 1, 17))


def other(task: KeptTask, task_id: str, status: TaskStatus = TaskStatus.OPEN) -> KeptTask:
    return task.model_copy(update={"task_id": task_id, "status": status})


class TestTaskStore:
    def test_finds_what_was_kept(self, tasks: TaskStore, task: KeptTask) -> None:
        assert tasks.create("user123", task, None) is None
        assert tasks.find("user123", "t1") == VersionedTask(task, 1)

    def test_users_and_tasks_are_apart(self, tasks: TaskStore, task: KeptTask) -> None:
        tasks.create("user123", task, KEY)
        assert tasks.find("user1234", "t1") is None
        assert tasks.find("user123", "t") is None
        assert tasks.page("user1234", statuses=OPEN, after=None, limit=9) == ()
        assert tasks.create("user1234", task, KEY) is None

    def test_a_key_stands_for_one_task_for_a_day(self, tasks: TaskStore, task: KeptTask, clock: ManualClock) -> None:
        assert tasks.create("user123", task, KEY) is None
        assert tasks.create("user123", other(task, "t2"), Idempotency("key", "else")) == Creation("t1", "digest")
        assert tasks.find("user123", "t2") is None
        clock.advance(timedelta(days=1).total_seconds())
        assert tasks.create("user123", other(task, "t3"), KEY) is None

    def test_only_the_expected_version_is_replaced(self, tasks: TaskStore, task: KeptTask) -> None:
        tasks.create("user123", task, None)
        changed = task.model_copy(update={"title": "Plan"})
        assert not tasks.replace("user123", changed, expected_version=2)
        assert tasks.replace("user123", changed, expected_version=1)
        assert tasks.find("user123", "t1") == VersionedTask(changed, 2)
        assert not tasks.replace("user123", other(task, "t9"), expected_version=1)

    def test_what_follows_is_stored_with_the_change_or_not_at_all(self, tasks: TaskStore, task: KeptTask) -> None:
        tasks.create("user123", task, None)
        assert not tasks.replace("user123", task, expected_version=2, following=other(task, "t2"))
        assert tasks.find("user123", "t2") is None
        assert tasks.replace("user123", task, expected_version=1, following=other(task, "t2"))
        assert tasks.find("user123", "t2") == VersionedTask(other(task, "t2"), 1)

    def test_only_the_expected_version_is_deleted(self, tasks: TaskStore, task: KeptTask) -> None:
        tasks.create("user123", task, None)
        assert not tasks.delete("user123", "t1", expected_version=2)
        assert tasks.delete("user123", "t1", expected_version=1)
        assert tasks.find("user123", "t1") is None
        assert not tasks.delete("user123", "t1", expected_version=1)

    def test_pages_have_the_statuses_wanted_in_order(self, tasks: TaskStore, task: KeptTask) -> None:
        for number in range(7):
            status = TaskStatus.OPEN if number % 2 else TaskStatus.IN_PROGRESS
            tasks.create("user123", other(task, f"t{number}", status), None)
        first = tasks.page("user123", statuses=OPEN, after=None, limit=2)
        rest = tasks.page("user123", statuses=OPEN, after=first[-1].task.task_id, limit=2)
        assert [one.task.task_id for one in (*first, *rest)] == ["t1", "t3", "t5"]
        everything = tasks.page("user123", statuses=tuple(TaskStatus), after=None, limit=99)
        assert [one.task.task_id for one in everything] == [f"t{number}" for number in range(7)]

    def test_a_closed_task_is_forgotten_after_400_days(
        self, tasks: TaskStore, task: KeptTask, clock: ManualClock
    ) -> None:
        closed = task.model_copy(update={"status": TaskStatus.DONE, "closed_at": clock.now()})
        tasks.create("user123", closed, None)
        tasks.create("user123", other(task, "t2"), None)
        clock.advance(timedelta(days=399).total_seconds())
        assert tasks.find("user123", "t1") is not None
        clock.advance(timedelta(days=1).total_seconds())
        assert tasks.find("user123", "t1") is None
        assert [one.task.task_id for one in tasks.page("user123", statuses=tuple(TaskStatus), after=None, limit=9)] == [
            "t2"
        ]


def test_a_page_reads_on_where_most_tasks_are_closed(
    table: Table, clock: ManualClock, task: KeptTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.adapters.dynamo_tasks._READ_AT_ONCE", 3)
    tasks = DynamoTasks(table, clock)
    for number in range(10):
        tasks.create("user123", other(task, f"t{number}", TaskStatus.OPEN if number > 7 else TaskStatus.DONE), None)
    assert [one.task.task_id for one in tasks.page("user123", statuses=OPEN, after=None, limit=5)] == ["t8", "t9"]


def test_a_write_that_never_gets_through_says_so(
    table: Table, clock: ManualClock, task: KeptTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.adapters.dynamo.time.sleep", lambda _: None)
    tasks = DynamoTasks(table, clock)
    tasks.create("user123", task, None)
    with pytest.raises(Unavailable):
        tasks.create("user123", task, KEY)


def test_a_store_that_is_down_says_so(clock: ManualClock) -> None:
    tasks = DynamoTasks(Table("missing", boto3.client("dynamodb", endpoint_url="http://127.0.0.1:9")), clock)
    with pytest.raises(Unavailable):
        tasks.page("user123", statuses=OPEN, after=None, limit=1)
