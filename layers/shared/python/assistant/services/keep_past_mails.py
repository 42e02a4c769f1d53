"""Use case: keep the mails of a connected mailbox that people wrote, for meetings with them."""

from collections.abc import Sequence

from assistant.domain.connections import Connection
from assistant.domain.mail import Mail
from assistant.domain.meetings.mail_keeping import past_mail
from assistant.domain.triage.decision import TriagedEmail
from assistant.ports.meetings import PastMails


def keep_past_mails(
    connection: Connection, triaged: Sequence[tuple[Mail, TriagedEmail]], *, run_id: str, mails: PastMails
) -> int:
    """Keep them and return how many; the same ones again change nothing. Raises Unavailable."""
    del run_id
    kept = [one for mail, decided in triaged if (one := past_mail(connection, mail, decided))]
    if kept:
        mails.keep(connection.user_id, kept)
    return len(kept)
