"""Use case: what follows from an account that was just connected: word to who has it, a first look, and briefings."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from assistant.domain.access import is_open_for
from assistant.domain.connections import Connection
from assistant.domain.errors import Conflict, Unavailable
from assistant.domain.mailbox_sync import MailboxSync, SyncReason
from assistant.domain.notifications import News, NotificationKind
from assistant.domain.providers import Access
from assistant.ports.connections import ConnectionStore
from assistant.ports.mailbox_sync import MailboxQueue
from assistant.ports.notifications import DueIndex, Notifier
from assistant.ports.runtime import Clock
from assistant.ports.users import PreferenceStore
from assistant.services.plan_briefing import enrol

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WelcomePorts:
    """The ports welcoming an account needs; ``queues`` by the part of an account that is followed."""

    queues: Mapping[Access, MailboxQueue]
    preferences: PreferenceStore
    due: DueIndex
    connections: ConnectionStore
    notifier: Notifier
    clock: Clock


def welcome_account(connection: Connection, request_id: str, *, ports: WelcomePorts) -> bool:
    """Tell who has the account already, queue mailbox and calendar and plan the user's next briefing.

    False where time or what is down left something for later. The account is connected whatever happens here:
    reconciliation finds mailbox and calendar, the first notification the user.
    """
    told = _tell_earlier_holders(connection, ports)
    now, job_id = ports.clock.now(), f"connected-{request_id}"
    first_look = MailboxSync.of(connection, SyncReason.CONNECTED, now, job_id=job_id)
    try:
        for part, queue in ports.queues.items():
            if is_open_for(connection, part):
                queue.request([first_look])
        preferences = ports.preferences.read(connection.user_id).preferences
        enrol(connection.user_id, preferences, now, due=ports.due)
    except Unavailable:
        logger.warning("a connected account waits for the next run", extra={"connection_id": connection.id})
        return False
    return told


def _tell_earlier_holders(connection: Connection, ports: WelcomePorts) -> bool:
    """Tell the other users of a person's account, the first time; a workspace is there for several."""
    if connection.version > 1 or not connection.provider.row.identity:
        return True
    try:
        for one in ports.connections.of_account(connection.provider, connection.account):
            if one.id == connection.id and one.user_id != connection.user_id:
                ports.notifier.notify(one.user_id, _connected_too(one, connection))
    except (Unavailable, Conflict):
        logger.warning("who has an account was not told of another", extra={"connection_id": connection.id})
        return False
    return True


def _connected_too(earlier: Connection, connection: Connection) -> News:
    row = connection.provider.row
    return News(
        about=f"account:{connection.id}:{connection.connected_at.isoformat()}:{connection.user_id}",
        kind=NotificationKind.CONNECTION,
        title=f"{connection.user_id} connected {earlier.name} too",
        text=f"The user {connection.user_id} opened {earlier.name} at {row.label} to their assistant, which uses it as "
        f"yours does. If that should not be, end the assistant's access at {row.consents}: it ends for both of you, "
        "and you can connect again.",
        link=f"/api/v1/users/{quote(earlier.user_id, safe='')}/connections",
        at=connection.connected_at,
    )
