"""Use case: what follows from an account that was just connected: a first look, and a place for the daily briefing."""

import logging
from dataclasses import dataclass
from typing import Final

from assistant.domain.access import Access, is_open_for
from assistant.domain.connections import Connection
from assistant.domain.errors import Unavailable
from assistant.domain.mailbox_sync import MailboxSync, SyncReason
from assistant.ports.mailbox_sync import MailboxQueue
from assistant.ports.notifications import DueIndex
from assistant.ports.runtime import Clock
from assistant.ports.users import PreferenceStore
from assistant.services.plan_briefing import enrol

logger = logging.getLogger(__name__)

# What the steps take with the queue, the preferences and the index slow.
LEAST_SECONDS: Final = 16.0


@dataclass(frozen=True, slots=True)
class WelcomePorts:
    """The ports welcoming an account needs."""

    queue: MailboxQueue
    preferences: PreferenceStore
    due: DueIndex
    clock: Clock


def welcome_account(connection: Connection, request_id: str, *, seconds: float, ports: WelcomePorts) -> bool:
    """Queue the mailbox and plan the user's next briefing; False where time or what is down left it to a later run.

    The account is connected whatever happens here: reconciliation finds the mailbox, the first notification the user.
    """
    if seconds < LEAST_SECONDS:
        logger.warning("a connected account waits for the next run", extra={"connection_id": connection.id})
        return False
    try:
        if is_open_for(connection, Access.MAIL):
            ports.queue.request([_first_look(connection, request_id, ports.clock)])
        preferences = ports.preferences.read(connection.user_id).preferences
        enrol(connection.user_id, preferences, ports.clock.now(), due=ports.due)
    except Unavailable:
        logger.warning("a connected account waits for the next run", extra={"connection_id": connection.id})
        return False
    return True


def _first_look(connection: Connection, request_id: str, clock: Clock) -> MailboxSync:
    return MailboxSync(
        id=f"connected-{request_id}",
        user_id=connection.user_id,
        connection_id=connection.id,
        reason=SyncReason.CONNECTED,
        noticed_at=clock.now(),
    )
