"""Use case: take a notification of Google Calendar, and queue the calendar it is about.

It has no body: headers name the channel, and carry the secret the channel was opened with. It only says that something
changed; what did, the worker asks Google.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from assistant.domain.errors import Malformed, NotAuthentic
from assistant.domain.mailbox_sync import MailboxSync, SyncReason
from assistant.domain.subscriptions import Watched
from assistant.ports.mailbox_sync import MailboxQueue
from assistant.ports.runtime import Clock
from assistant.ports.subscriptions import SubscriptionStore

_LONGEST: Final = 256
# What Google sends once when a channel was opened; nothing changed by that.
_OPENED: Final = "sync"


@dataclass(frozen=True, slots=True)
class CalendarNotificationPorts:
    """The ports notifications of Google Calendar need."""

    subscriptions: SubscriptionStore
    queue: MailboxQueue
    clock: Clock


def receive_calendar_notification(headers: Mapping[str, str], *, ports: CalendarNotificationPorts) -> bool:
    """Queue the calendar of the channel, once for each message of it; False where nothing changed.

    Raises:
        NotAuthentic: the channel is unknown, or the secret or the calendar is not the channel's.
        Malformed: the headers name no channel, message or state.
        Unavailable: the store or the queue is down; Google delivers again.
    """
    channel, resource, token, state, number = (
        headers.get(f"x-goog-{name}", "")
        for name in ("channel-id", "resource-id", "channel-token", "resource-state", "message-number")
    )
    if not (channel and resource and state and number) or max(map(len, (channel, resource, token, number))) > _LONGEST:
        raise Malformed("This is no notification of Google Calendar.")
    known = ports.subscriptions.find(channel)
    proven = (
        known is not None
        and known.watched is Watched.CALENDAR
        and known.knows(token)
        and compare_digest((known.resource or "").encode(), resource.encode(errors="replace"))
    )
    if known is None or not proven:
        raise NotAuthentic("This is no channel of this deployment.")
    if state == _OPENED:
        return False
    job = MailboxSync(
        id=sha256(f"{channel}\n{number}".encode()).hexdigest(),
        user_id=known.user_id,
        connection_id=known.connection_id,
        reason=SyncReason.NOTIFIED,
        noticed_at=ports.clock.now(),
    )
    ports.queue.request([job])
    return True
