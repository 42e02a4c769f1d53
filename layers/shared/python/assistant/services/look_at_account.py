"""What looks at connected accounts have in common: whether there is an account, and how a look ends."""

from collections.abc import Callable

from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import ConnectionBroken, Forbidden
from assistant.domain.mailbox_sync import MailboxSync, SyncReason
from assistant.ports.connections import ConnectionStore
from assistant.ports.mailbox_sync import MailboxQueue
from assistant.ports.notifications import Notifier
from assistant.services.tell_of_broken import tell_of_refusal


class OutOfTime(Exception):
    """The rest is for another look."""


def look_at_account(
    job: MailboxSync,
    request_id: str,
    *,
    connections: ConnectionStore,
    queue: MailboxQueue,
    notifier: Notifier,
    look: Callable[[Connection], None],
    forget: Callable[[], object],
) -> str:
    """Return how the look ended; one that ran out of time is asked for again, and what is kept of no account forgotten.

    Where the account refuses what a look needs, its user is told.

    Raises:
        Unavailable: the provider, a store or a queue is down; the job is to be done again.
        Conflict: another look changed the same at the same time; the same.
    """
    connection = connections.find(job.user_id, job.connection_id)
    if connection is None:
        forget()
        return "disconnected"
    if connection.status is ConnectionStatus.BROKEN:
        return "broken"
    try:
        look(connection)
    except OutOfTime:
        again = {"id": f"{job.id[:64]}+{request_id}", "reason": SyncReason.CONTINUED}
        queue.request([job.model_copy(update=again)])
        return "out of time"
    except ConnectionBroken:
        return "broken"
    except Forbidden:
        tell_of_refusal(connection, notifier)
        return "forbidden"
    return "up to now"
