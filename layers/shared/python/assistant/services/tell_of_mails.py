"""Use case: tell a user of the mails that arrived and matter, each thread once however often it is handed over."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.domain.connections import Connection
from assistant.domain.mail import Mail
from assistant.domain.mail_news import mail_news
from assistant.domain.triage.decision import TriagedEmail
from assistant.ports.notifications import Notifier
from assistant.ports.runtime import Clock

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TellPorts:
    """The ports telling of mails needs."""

    notifier: Notifier
    clock: Clock


def tell_of_mails(
    connection: Connection, triaged: Sequence[tuple[Mail, TriagedEmail]], *, run_id: str, ports: TellPorts
) -> int:
    """Tell of those that are news and return how many were, the same ones again not counted.

    Raises:
        Unavailable: the store is down; tell of all of them again.
        Conflict: what is told of a thread kept changing meanwhile; the same.
    """
    now = ports.clock.now()
    news = [one for mail, decided in triaged if (one := mail_news(connection, mail, decided, now))]
    told = sum(ports.notifier.notify(connection.user_id, one) for one in news)
    if told:
        logger.info("told of mails", extra={"connection_id": connection.id, "run_id": run_id, "told": told})
    return told
