"""What is kept about a user and may bear on a meeting: memories that hold, open tasks, pages, what people wrote.

Mails and meetings are those with people of the meeting. Memories are the newest, and those near in meaning to the
meeting or with its people, however old.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from assistant.domain.errors import Unavailable
from assistant.domain.mail_addresses import Mailbox
from assistant.domain.meetings.document import Degraded
from assistant.domain.meetings.keeping import KEPT_FOR, MeetingSummary
from assistant.domain.meetings.reading import Candidate, known_candidate
from assistant.domain.memory.memory import Memory, Standing
from assistant.domain.sources import Document, SourceKind
from assistant.domain.tasks.kept import KeptTask
from assistant.domain.tasks.request import TaskStatus
from assistant.ports.meetings import MeetingStore, PastMails
from assistant.ports.memory import Embedder, MemoryStore
from assistant.ports.notes import PageStore
from assistant.ports.tasks import TaskStore
from assistant.services.index_memories import MemoryPorts
from assistant.services.listed_meetings import listed_meetings
from assistant.services.recall_memories import recall_memories

# Of each kind: the newest memories, the oldest tasks.
MOST: Final = 200
_MOST_RECALLED: Final = 100
_MOST_MAILS: Final = 60
_MOST_MEETINGS: Final = 10
_OPEN: Final = frozenset(status for status in TaskStatus if not status.closed)
# What nobody approved stands in nobody's name.
_OBSERVED: Final = Mailbox("Observed", "")


@dataclass(frozen=True, slots=True)
class KeptEvidencePorts:
    """The ports reading what is kept needs."""

    memories: MemoryStore
    tasks: TaskStore
    pages: PageStore
    mails: PastMails
    meetings: MeetingStore
    embedder: Embedder
    # Made when there are more memories than are read: only that needs their index.
    memory: Callable[[], MemoryPorts]


def kept_evidence(
    user_id: str, about: str, people: Collection[str], *, now: datetime, ports: KeptEvidencePorts
) -> tuple[Sequence[Candidate], tuple[Degraded, ...]]:
    """Return them as documents to rank, and which of them cannot be reached; all are asked at once."""
    reads: dict[Degraded, Callable[[], list[Candidate]]] = {
        "memory": lambda: list(_memories(user_id, about, people, now, ports)),
        "tasks": lambda: list(_tasks(user_id, ports.tasks)),
        "notes": lambda: [known_candidate(page.document()) for page in ports.pages.of_user(user_id, limit=MOST)],
        "mail": lambda: list(_mails(user_id, people, ports.mails)),
        "meetings": lambda: list(_meetings(user_id, frozenset(people), now, ports.meetings)),
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


def _memories(
    user_id: str, about: str, people: Collection[str], now: datetime, ports: KeptEvidencePorts
) -> Iterator[Candidate]:
    newest = [kept.memory for kept in ports.memories.page(user_id, before=None, limit=MOST)]
    recalled: Sequence[Memory] = ()
    # Of fewer none is out of sight.
    if len(newest) == MOST:
        recalled = recall_memories(user_id, about, tuple(people), now=now, limit=_MOST_RECALLED, ports=ports.memory())
    holding = (memory for memory in newest if memory.holds_at(now))
    for memory in {memory.id: memory for memory in (*holding, *recalled)}.values():
        approved = memory.standing is Standing.APPROVED
        yield known_candidate(_remembered(memory), author=None if approved else _OBSERVED)


def _tasks(user_id: str, tasks: TaskStore) -> Iterator[Candidate]:
    for kept in tasks.page(user_id, statuses=_OPEN, after=None, limit=MOST):
        yield known_candidate(_to_do(kept.task))


def _mails(user_id: str, people: Collection[str], mails: PastMails) -> Iterator[Candidate]:
    for mail in mails.with_people(user_id, people, limit=_MOST_MAILS) if people else ():
        yield known_candidate(mail.document, author=mail.sender)


def _meetings(user_id: str, people: frozenset[str], now: datetime, meetings: MeetingStore) -> Iterator[Candidate]:
    """Yield for each of these people the last meeting they were invited to: when and about what, no words of it."""
    last: dict[str, MeetingSummary] = {}
    for one in listed_meetings(user_id, meetings, since=now - KEPT_FOR, until=now) if people else ():
        last |= dict.fromkeys(people.intersection(one.people), one)
    met = {one.meeting_id: one for one in last.values()}.values()
    for one in sorted(met, key=lambda one: one.begins_at)[-_MOST_MEETINGS:]:
        yield known_candidate(_met(one))


def _met(one: MeetingSummary) -> Document:
    return Document(
        kind=SourceKind.EVENT,
        id=one.meeting_id,
        text="",
        title=one.meeting_title,
        at=one.begins_at,
        people=one.people,
    )


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
