"""What is kept of a mail for meetings with its people: what is new in it, without quoted mail; nothing of bulk."""

from typing import Final

from assistant.domain.connections import Connection
from assistant.domain.mail import Mail
from assistant.domain.meetings.past_mail import PastMail
from assistant.domain.meetings.reading import read_mail
from assistant.domain.triage.bulk import is_automatic
from assistant.domain.triage.decision import Category, TriagedEmail

_MOST_PEOPLE: Final = 8
_LONGEST: Final = 1_500
# The end of a mail says who its author is.
_SIGNATURE: Final = 300
_CUT: Final = "\n[...]\n"


def past_mail(connection: Connection, mail: Mail, decided: TriagedEmail) -> PastMail | None:
    """Return what is kept of a mail; None for one without date or sender, from a program, or fit for the archive."""
    headers = {name.lower(): value for name, value in mail.headers.items()}
    from_program = is_automatic(headers) or "list-unsubscribe" in headers
    if mail.received_at is None or decided.category is Category.ARCHIVE or from_program:
        return None
    read = read_mail(mail)
    document = read.document
    if read.author is None or not document.text:
        return None
    return PastMail(
        connection_id=connection.id,
        message_id=mail.id,
        at=mail.received_at,
        title=document.title,
        text=_shortened(document.text),
        people=document.people[:_MOST_PEOPLE],
        author=read.author.name,
    )


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return text[: _LONGEST - _SIGNATURE - len(_CUT)] + _CUT + text[-_SIGNATURE:]
