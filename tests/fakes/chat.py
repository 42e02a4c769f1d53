"""Chat workspaces in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from assistant.domain.chat import ChatMessage, ChatUser, PostedMessage, PostRecord, ReceivedMessage
from assistant.domain.chat_jobs import ChatJob
from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import ConnectionBroken, NotFound
from assistant.ports.runtime import Clock
from tests.fakes.stores import Outage


@dataclass
class MemoryChat:
    """Implements ``ports.Chat``: who is there, what stands in each channel, and what others wrote."""

    outage: Outage = field(default_factory=Outage)
    users: dict[str, ChatUser] = field(default_factory=lambda: {"U1": ChatUser("U1", "Ann", "user@company.com")})
    messages: dict[PostedMessage, ChatMessage] = field(default_factory=dict)
    received: list[ReceivedMessage] = field(default_factory=list)
    whispered: list[tuple[str, str, ChatMessage]] = field(default_factory=list)
    broken: bool = False

    def __post_init__(self) -> None:
        self._by_key: dict[str, PostedMessage] = {}

    def user_of(self, address: str) -> ChatUser | None:
        self._check()
        return next((user for user in self.users.values() if user.address == address.lower()), None)

    def person(self, user_id: str) -> ChatUser:
        self._check()
        if user_id not in self.users:
            raise NotFound("nobody of this id")
        return self.users[user_id]

    def find(self, user_id: str, *, key: str) -> PostedMessage | None:
        self._check()
        posted = self._by_key.get(key)
        return posted if posted in self.messages and posted.channel == f"D{user_id}" else None

    def post(self, user_id: str, message: ChatMessage, *, key: str) -> PostedMessage:
        self._check()
        if user_id not in self.users:
            raise NotFound("nobody of this id")
        posted = self._by_key.setdefault(key, PostedMessage(f"D{user_id}", f"{len(self._by_key) + 1}.0"))
        self.messages[posted] = message
        return posted

    def update(self, posted: PostedMessage, message: ChatMessage) -> None:
        self._check()
        if posted not in self.messages:
            raise NotFound("gone")
        self.messages[posted] = message

    def delete(self, posted: PostedMessage) -> None:
        self._check()
        self.messages.pop(posted, None)

    def tell_privately(self, channel: str, user_id: str, message: ChatMessage) -> None:
        self._check()
        self.whispered.append((channel, user_id, message))

    def history(self, channel: str, *, since: datetime, limit: int = 100) -> Sequence[ReceivedMessage]:
        self._check()
        return [one for one in self.received if one.channel == channel and one.at >= since][:limit]

    def _check(self) -> None:
        self.outage.check()
        if self.broken:
            raise ConnectionBroken("connect it again")


@dataclass
class MemoryChats:
    """Implements ``ports.Chats``: one workspace behind every connection."""

    chat: MemoryChat = field(default_factory=MemoryChat)

    def open(self, connection: Connection) -> MemoryChat:
        if connection.status is ConnectionStatus.BROKEN:
            return replace(self.chat, broken=True)
        return self.chat


class MemoryChatQueue:
    """Implements ``ports.ChatQueue``: a FIFO queue takes a job that it took minutes ago, and drops it."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self.jobs: list[ChatJob] = []

    def send(self, *jobs: ChatJob) -> None:
        self._outage.check()
        known = {job.id for job in self.jobs}
        self.jobs += [job for job in jobs if job.id not in known]


class MemoryPostRecords:
    """Implements ``ports.PostRecords``."""

    def __init__(self, clock: Clock, outage: Outage | None = None) -> None:
        self._clock = clock
        self._outage = outage or Outage()
        self._kept: dict[tuple[str, str], PostRecord] = {}
        self._taken: dict[tuple[str, str], datetime] = {}

    def find(self, connection: Connection, key: str) -> PostRecord | None:
        self._outage.check()
        return self._kept.get((connection.id, key))

    def begin(self, connection: Connection, key: str, *, until: datetime) -> bool:
        self._outage.check()
        name = (connection.id, key)
        if name in self._taken and self._taken[name] > self._clock.now():
            return False
        self._taken[name] = until
        self._kept.setdefault(name, PostRecord())
        return True

    def keep(self, connection: Connection, key: str, record: PostRecord) -> None:
        self._outage.check()
        self._kept[connection.id, key] = record
        self._taken.pop((connection.id, key), None)
