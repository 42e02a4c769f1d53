"""Tasks that mails hold: what their writers ask of the user, and what the user promised."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.commitments.commitment import Commitment, Direction
from assistant.domain.commitments.mining import find_commitments
from assistant.domain.mail import Mail
from assistant.domain.mail_text import visible_mail
from assistant.domain.sources import Document, SourceKind
from assistant.domain.tasks.request import TaskFields

_LONGEST_TITLE: Final = 200


def mail_document(mail: Mail) -> Document:
    """Return what a reader sees of a mail as a document; its author first among its people."""
    visible = visible_mail(mail)
    people = (visible.sender.address, *(box.address for box in (*visible.to, *visible.cc)))
    return Document(
        kind=SourceKind.MAIL,
        id=mail.id,
        text=visible.text,
        title=visible.subject,
        at=mail.received_at,
        people=tuple(dict.fromkeys(address for address in people if address)) if people[0] else (),
    )


def mined_tasks(
    mails: Iterable[Mail], own: Collection[str], zone: ZoneInfo
) -> Iterator[tuple[str, TaskFields, Commitment]]:
    """Yield (id, fields, commitment) of each task the user owes; the same promise in two mails once."""
    seen: set[tuple[str, str]] = set()
    for mail in mails:
        owed = [one for one in _commitments(mail, own, zone) if one.direction is Direction.MINE]
        for number, one in enumerate(owed, start=1):
            if (one.counterpart, one.text) in seen:
                continue
            seen.add((one.counterpart, one.text))
            yield f"mail:{mail.id[:200]}:{number}", _fields(one), one


def _commitments(mail: Mail, own: Collection[str], zone: ZoneInfo) -> Sequence[Commitment]:
    return find_commitments(mail_document(mail), own=own, zone=zone)


def _fields(commitment: Commitment) -> TaskFields:
    return TaskFields(
        title=commitment.text[:_LONGEST_TITLE],
        due_date=commitment.due.isoformat() if commitment.due else None,
        people_waiting=(commitment.counterpart,),
    )
