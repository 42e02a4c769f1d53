"""From what was sent to documents: all read roughly, so that hundreds can be ranked, and the best of them read well."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from assistant.domain.mail import Mail
from assistant.domain.mail_addresses import Mailbox, header_text, mailboxes, sender_mailbox
from assistant.domain.mail_invisible import strip_invisible
from assistant.domain.mail_quotes import own_text, unquoted_text
from assistant.domain.mail_text import visible_text
from assistant.domain.meetings.request import SentDocument
from assistant.domain.sources import Document, SourceKind

LONGEST_READ: Final = 5_000
_ROUGH: Final = 2_000
_OPENING: Final = 150
_TAG: Final = re.compile(r"<[^<>]{0,500}>")
_ADDRESS: Final = re.compile(r"[\w.+'-]+@[\w.-]+\.\w+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document before it is read: enough of its text to rank it; ``people`` are addresses.

    ``author`` is given for a document that needs no reading.
    """

    title: str
    text: str
    at: datetime | None
    people: frozenset[str]
    sent: SentDocument | Document
    author: Mailbox | None = None

    @property
    def opening(self) -> str:
        """Title and first words: what it is about, as far as that is told cheaply."""
        return f"{self.title} {self.text[:_OPENING]}"


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document and who wrote it, where somebody is known to have."""

    document: Document
    author: Mailbox | None = None


def candidate(sent: SentDocument) -> Candidate:
    """Return what a document is ranked by."""
    if sent.kind is SourceKind.MAIL:
        text = sent.body[:_ROUGH] or _TAG.sub(" ", (sent.html or "")[: 2 * _ROUGH])
        lines = " ".join((sent.sender, *sent.to, *sent.cc))
        return Candidate(sent.subject, text, sent.received_at, _addresses(lines), sent)
    return Candidate(sent.title, sent.text[:_ROUGH], sent.at, _addresses(" ".join(sent.people)), sent)


def known_candidate(document: Document, *, author: Mailbox | None = None) -> Candidate:
    """Return what a document that needs no reading is ranked by."""
    return Candidate(document.title, document.text[:_ROUGH], document.at, frozenset(document.people), document, author)


def read_document(chosen: Candidate) -> ReadDocument:
    """Read a candidate as a person sees it; never raises."""
    sent = chosen.sent
    if isinstance(sent, Document):
        return ReadDocument(sent, chosen.author)
    return read_mail(_sent_mail(sent)) if sent.kind is SourceKind.MAIL else _read_text(sent)


def _sent_mail(sent: SentDocument) -> Mail:
    headers = {name.lower(): value for name, value in sent.headers.items()}
    return Mail(**{name: getattr(sent, name) for name in Mail.model_fields} | {"headers": headers})


def read_mail(mail: Mail) -> ReadDocument:
    """Read a mail as a person sees it, without what it quotes; never raises."""
    text = visible_text(mail)
    sender = sender_mailbox(mail.sender)
    boxes = [sender, *(box for line in (*mail.to, *mail.cc) for box in mailboxes(line))]
    document = Document(
        kind=SourceKind.MAIL,
        id=mail.id,
        # The signature stays: it says who the author is.
        text=unquoted_text(text) or own_text(text),
        title=header_text(mail.subject),
        at=mail.received_at,
        people=_each_once(boxes),
    )
    return ReadDocument(document, sender if sender.address else None)


def _read_text(sent: SentDocument) -> ReadDocument:
    boxes = [box for line in sent.people for box in mailboxes(line)]
    document = Document(
        kind=sent.kind,
        id=sent.id,
        text=strip_invisible(sent.text[:LONGEST_READ]),
        title=header_text(sent.title),
        at=sent.at,
        people=_each_once(boxes),
    )
    return ReadDocument(document, sender_mailbox(sent.people[0]) if sent.people else None)


def _addresses(lines: str) -> frozenset[str]:
    return frozenset(_ADDRESS.findall(lines.lower()))


def _each_once(boxes: list[Mailbox]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(box.address for box in boxes if box.address))
