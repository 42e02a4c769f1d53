"""What is kept about a user and may bear on a meeting: memories that hold and open tasks, as documents to rank."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from assistant.domain.errors import Unavailable
from assistant.domain.mail_addresses import Mailbox
from assistant.domain.meetings.document import Degraded
from assistant.domain.meetings.reading import Candidate, known_candidate
from assistant.domain.memory.memory import Memory, Standing
from assistant.domain.sources import Document, SourceKind
from assistant.domain.tasks.kept import KeptTask
from assistant.domain.tasks.request import TaskStatus
from assistant.ports.memory import MemoryStore
from assistant.ports.tasks import TaskStore

# Of each kind: the newest memories, the oldest tasks.
MOST: Final = 200
_OPEN: Final = frozenset(status for status in TaskStatus if not status.closed)
# What nobody approved stands in nobody's name.
_OBSERVED: Final = Mailbox("Observed", "")


@dataclass(frozen=True, slots=True)
class KeptEvidencePorts:
    """The ports reading what is kept needs."""

    memories: MemoryStore
    tasks: TaskStore


def kept_evidence(
    user_id: str, now: datetime, ports: KeptEvidencePorts
) -> tuple[Sequence[Candidate], tuple[Degraded, ...]]:
    """Return memories and tasks, and which of them cannot be reached; both are asked at once."""
    reads: dict[Degraded, Callable[[], list[Candidate]]] = {
        "memory": lambda: list(_memories(user_id, now, ports.memories)),
        "tasks": lambda: list(_tasks(user_id, ports.tasks)),
    }
    with ThreadPoolExecutor(len(reads), thread_name_prefix="kept") as pool:
        found = list(pool.map(_tried, reads.values()))
    missing = tuple(name for name, some in zip(reads, found, strict=True) if some is None)
    return [one for some in found if some for one in some], missing


def _tried(read: Callable[[], list[Candidate]]) -> list[Candidate] | None:
    try:
        return read()
    except Unavailable:
        return None


def _memories(user_id: str, now: datetime, memories: MemoryStore) -> Iterator[Candidate]:
    for kept in memories.page(user_id, before=None, limit=MOST):
        if kept.memory.holds_at(now):
            approved = kept.memory.standing is Standing.APPROVED
            yield known_candidate(_remembered(kept.memory), author=None if approved else _OBSERVED)


def _tasks(user_id: str, tasks: TaskStore) -> Iterator[Candidate]:
    for kept in tasks.page(user_id, statuses=_OPEN, after=None, limit=MOST):
        yield known_candidate(_to_do(kept.task))


def _remembered(memory: Memory) -> Document:
    return Document(
        kind=SourceKind.MEMORY,
        id=memory.id,
        text=memory.text,
        title=memory.subject,
        at=memory.valid_from,
        people=memory.people,
    )


def _to_do(task: KeptTask) -> Document:
    return Document(
        kind=SourceKind.TASK,
        id=task.task_id,
        text=f"{task.title}\n{task.description}".strip(),
        title=task.title,
        at=task.created_at,
        people=tuple(person.lower() for person in task.people_waiting),
    )
