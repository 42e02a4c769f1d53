"""Use case: take a notification of Gmail, and queue the mailboxes it is about.

It only says that something happened in a mailbox; what did, the worker asks Gmail. The same notification again is the
same job, so that answering twice changes nothing.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Base64Bytes, BaseModel, Field, ValidationError

from assistant.domain.connections import ConnectionStatus
from assistant.domain.errors import Malformed
from assistant.domain.mailbox_sync import MailboxSync, SyncReason
from assistant.domain.providers import Provider
from assistant.ports.connections import ConnectionStore
from assistant.ports.mailbox_sync import MailboxQueue
from assistant.ports.runtime import Clock
from assistant.ports.webhooks import PushTokens

_LONGEST_ID: Final = 200


class _Message(BaseModel):
    data: Base64Bytes
    message_id: Annotated[str, Field(alias="messageId", min_length=1, max_length=_LONGEST_ID)]


class _Push(BaseModel):
    message: _Message


class _MailboxChanged(BaseModel):
    address: Annotated[str, Field(alias="emailAddress", min_length=3, max_length=320)]
    history_id: Annotated[int, Field(alias="historyId", ge=0)]


@dataclass(frozen=True, slots=True)
class GmailPushPorts:
    """The ports notifications of Gmail need."""

    tokens: PushTokens
    connections: ConnectionStore
    queue: MailboxQueue
    clock: Clock


def receive_gmail_push(authorization: str, body: bytes, *, ports: GmailPushPorts) -> int:
    """Queue every connection to the mailbox and return how many there are.

    Raises:
        NotAuthentic: the token does not prove the push subscription.
        Malformed: the body is no notification.
        Unavailable: keys, connections or the queue cannot be had; Pub/Sub delivers again.
    """
    ports.tokens.verify(authorization)
    try:
        message = _Push.model_validate_json(body).message
        changed = _MailboxChanged.model_validate_json(message.data)
    except ValidationError:
        raise Malformed("This is no notification of Gmail.") from None
    found = ports.connections.of_account(Provider.GOOGLE, changed.address.lower())
    active = [one for one in found if one.status is ConnectionStatus.ACTIVE]
    now = ports.clock.now()
    ports.queue.request([MailboxSync.of(one, SyncReason.NOTIFIED, now, job_id=message.message_id) for one in active])
    return len(active)
