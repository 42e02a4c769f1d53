"""What a user is told of a mail that arrived, and which mails they are told of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

from assistant.domain.connections import Connection
from assistant.domain.mail import Mail
from assistant.domain.mail_addresses import Mailbox, header_text, sender_mailbox
from assistant.domain.notifications import News, NotificationKind, Urgency
from assistant.domain.triage.decision import Category, TriagedEmail

# What is only to be archived is no news.
URGENCY: Final[Mapping[Category, Urgency]] = {
    Category.URGENT_ACTION: Urgency.URGENT,
    Category.IMPORTANT_READ: Urgency.IMPORTANT,
    Category.DELEGATE: Urgency.ROUTINE,
    Category.ROUTINE: Urgency.ROUTINE,
}
_LONGEST_TITLE: Final = 200
_LONGEST_NAME: Final = 100


def mail_news(connection: Connection, mail: Mail, triaged: TriagedEmail, now: datetime) -> News | None:
    """Return what to tell of a decided mail; None for what is only to be archived, was there before, or is their own.

    Later mails of a thread take the place of earlier ones that are as urgent: one that is less so hides none.
    The assistant's own mails come from the mailbox they go to, so that it never tells of what it told.
    """
    urgency = URGENCY.get(triaged.category)
    sender = sender_mailbox(mail.sender)
    arrived = min(mail.received_at or now, now)
    if urgency is None or sender.address == connection.account or arrived < connection.connected_at:
        return None
    return News(
        about=f"mail:{connection.id}:{urgency}:{mail.thread_id or mail.id}",
        kind=NotificationKind.MAIL,
        urgency=urgency,
        title=_line(header_text(mail.subject), _LONGEST_TITLE) or "A mail without a subject",
        text=f"From {_who(sender)}. {triaged.suggested_action}. {triaged.reasoning}",
        link=f"/api/v1/email/{quote(mail.id, safe='')}/decision",
        at=arrived,
    )


def _who(sender: Mailbox) -> str:
    """Return the address beside the name, which anybody may choose."""
    name = _line(sender.name, _LONGEST_NAME)
    if not sender.address:
        return name or "somebody who gives no address"
    return f"{name} <{sender.address}>" if name else sender.address


def _line(text: str, longest: int) -> str:
    said = " ".join(text.split())
    return said if len(said) <= longest else f"{said[: longest - 1]}…"
