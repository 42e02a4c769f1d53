"""A connected chat workspace. Adapter: Slack."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from assistant.domain.chat import ChatMessage, ChatUser, PostedMessage, PostRecord, ReceivedMessage
from assistant.domain.chat_jobs import ChatJob
from assistant.domain.connections import Connection


class Chat(Protocol):
    """One workspace; raises as a MailBox does."""

    def user_of(self, address: str) -> ChatUser | None:
        """Return who has this e-mail address."""
        ...

    def person(self, user_id: str) -> ChatUser:
        """Return who has this id; raises NotFound where nobody has, or no longer."""
        ...

    def find(self, user_id: str, *, key: str) -> PostedMessage | None:
        """Return where the message to a person under the key stands; None where it is gone or never was."""
        ...

    def post(self, user_id: str, message: ChatMessage, *, key: str) -> PostedMessage:
        """Write to a person directly; once for each key: other words take the place of the first."""
        ...

    def update(self, posted: PostedMessage, message: ChatMessage) -> None:
        """Put another message in the place of one of ours; raises NotFound where it is gone."""
        ...

    def delete(self, posted: PostedMessage) -> None:
        """Delete a message of ours; one that is gone is no error."""
        ...

    def tell_privately(self, channel: str, user_id: str, message: ChatMessage) -> None:
        """Show a message in a channel to one person alone; one who is not there is no error."""
        ...

    def history(self, channel: str, *, since: datetime, limit: int = 100) -> Sequence[ReceivedMessage]:
        """Return what was written in a channel since then, the oldest first."""
        ...


class Chats(Protocol):
    """Opens workspaces."""

    def open(self, connection: Connection) -> Chat:
        """Return the workspace of a connection, without a call to its provider."""
        ...


class ChatQueue(Protocol):
    """Takes what people did in chats; those of one person are worked on in order."""

    def send(self, *jobs: ChatJob) -> None:
        """Hand the jobs over; one that was handed over minutes ago is not again. Raises Unavailable."""
        ...


class PostRecords(Protocol):
    """What was posted under which key. Every method raises Unavailable while it is down."""

    def find(self, connection: Connection, key: str) -> PostRecord | None:
        """Return what is known, None where nobody tried."""
        ...

    def begin(self, connection: Connection, key: str, *, until: datetime) -> bool:
        """Take the posting for oneself until then; False while another has it."""
        ...

    def keep(self, connection: Connection, key: str, record: PostRecord) -> None:
        """Note what was posted."""
        ...
