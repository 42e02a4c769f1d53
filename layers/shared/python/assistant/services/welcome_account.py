"""Use case: what follows from an account that was just connected: a first look, and a place for the daily briefing."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from assistant.domain.access import is_open_for
from assistant.domain.connections import Connection
from assistant.domain.errors import Unavailable
from assistant.domain.mailbox_sync import MailboxSync, SyncReason
from assistant.domain.providers import Access
from assistant.ports.mailbox_sync import MailboxQueue
from assistant.ports.notifications import DueIndex
from assistant.ports.runtime import Clock
from assistant.ports.users import PreferenceStore
from assistant.services.plan_briefing import enrol

logger = logging.getLogger(__name__)

# What the steps take with the queues, the preferences and the index slow.
LEAST_SECONDS: Final = 21.0


@dataclass(frozen=True, slots=True)
class WelcomePorts:
    """The ports welcoming an account needs; ``queues`` by the part of an account that is followed."""

    queues: Mapping[Access, MailboxQueue]
    preferences: PreferenceStore
    due: DueIndex
    clock: Clock


def welcome_account(connection: Connection, request_id: str, *, seconds: float, ports: WelcomePorts) -> bool:
    """Queue mailbox and calendar and plan the user's next briefing; False where time or what is down left it for later.

    The account is connected whatever happens here: reconciliation finds them, the first notification the user.
    """
    if seconds < LEAST_SECONDS:
        logger.warning("a connected account waits for the next run", extra={"connection_id": connection.id})
        return False
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
    return True
