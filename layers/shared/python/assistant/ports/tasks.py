"""Kept tasks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.domain.tasks.kept import KeptTask
from assistant.domain.tasks.request import TaskStatus


@dataclass(frozen=True, slots=True)
class VersionedTask:
    """A task as stored; its version goes up with each change."""

    task: KeptTask
    version: int


@dataclass(frozen=True, slots=True)
class Idempotency:
    """What makes one request of its repetitions: the caller's key, and a digest of what was sent with it."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Creation:
    """The task that a key stands for, and the digest it was first used with."""

    task_id: str
    digest: str


class TaskStore(Protocol):
    """Tasks of users; one that is closed is forgotten after 400 days, a key after a day."""

    def create(self, user_id: str, task: KeptTask, idempotency: Idempotency | None) -> Creation | None:
        """Store a new task as version 1; return what its key stands for, and store nothing, if it was used before."""
        ...

    def find(self, user_id: str, task_id: str) -> VersionedTask | None:
        """Return the task unless it is unknown or forgotten."""
        ...

    def replace(
        self, user_id: str, task: KeptTask, *, expected_version: int, following: KeptTask | None = None
    ) -> bool:
        """Store as the next version, and what follows it as a new task, all or nothing.

        False when the stored version is another one.
        """
        ...

    def delete(self, user_id: str, task_id: str, *, expected_version: int) -> bool:
        """Forget the task; False when the stored version is another one."""
        ...

    def page(
        self, user_id: str, *, statuses: Collection[TaskStatus], after: str | None, limit: int
    ) -> Sequence[VersionedTask]:
        """Return at most ``limit`` tasks with one of the statuses, oldest first, those after this id."""
        ...
