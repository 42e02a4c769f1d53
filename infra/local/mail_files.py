"""Mails from files: an mbox, a Maildir, one .eml or a folder of them, as the API's ``emails``.

Tolerant of broken mail: what cannot be decoded is replaced, what is missing is left out. Attachments stay out.
"""

import mailbox
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path
from typing import Any

from infra.local.console import LocalFailure

MAX_TEXT_CHARACTERS = 200_000
MAX_HEADER_CHARACTERS = 2_000
MAX_HEADERS = 400
# The API takes ids of 1,000 bytes.
MAX_ID_CHARACTERS = 200
# Where a mail went and how it was signed says nothing about what it wants, and is most of its headers.
_LEFT_OUT_HEADERS = ("arc-", "dkim-", "domainkey-", "received", "x-received", "x-ms-exchange-", "x-google-")


type Messages = Sequence[Path] | mailbox.Mailbox[mailbox.mboxMessage] | mailbox.Mailbox[mailbox.MaildirMessage]


@dataclass(frozen=True, slots=True)
class MailFiles:
    """The messages found at a path, read one at a time."""

    messages: Messages

    def __len__(self) -> int:
        return len(self.messages)

    def emails(self) -> Iterator[dict[str, Any]]:
        """Yield each message as one of the API's ``emails``; ids are unique."""
        seen: Counter[str] = Counter()
        for number, message in enumerate(self._read(), start=1):
            email = as_email(message, default_id=f"mail-{number}")
            seen[email["id"]] += 1
            if (copies := seen[email["id"]]) > 1:
                email["id"] += f"#{copies}"
            yield email

    def _read(self) -> Iterator[Message]:
        if isinstance(self.messages, mailbox.Mailbox):
            for key in self.messages.keys():  # noqa: SIM118 - iterating a mailbox yields its messages
                yield message_from_bytes(self.messages.get_bytes(key))
        else:
            for file in self.messages:
                yield message_from_bytes(file.read_bytes())


@contextmanager
def open_mail_files(path: Path) -> Iterator[MailFiles]:
    """Find the messages at ``path`` and close them after the block.

    Raises:
        LocalFailure: there is nothing at the path, it is no mailbox, or it is empty.

    """
    messages = _find(path)
    try:
        if not len(messages):
            raise LocalFailure(f"{path} holds no mail: give an mbox file or a folder of .eml files")
        yield MailFiles(messages)
    finally:
        if isinstance(messages, mailbox.Mailbox):
            messages.close()


def as_email(message: Message, *, default_id: str) -> dict[str, Any]:
    """Return the message as one of the API's ``emails``."""
    kept = [item for item in message.items() if not item[0].lower().startswith(_LEFT_OUT_HEADERS)][:MAX_HEADERS]
    # Of a repeated field the first counts.
    headers = {name.lower(): _decoded(value)[:MAX_HEADER_CHARACTERS] for name, value in reversed(kept)}
    email = {
        "id": headers.get("message-id", "").strip("<> ")[:MAX_ID_CHARACTERS] or default_id,
        "from": headers.get("from", ""),
        "to": _addresses(headers.get("to", "")),
        "cc": _addresses(headers.get("cc", "")),
        "subject": headers.get("subject", ""),
        "body": _text(message, "text/plain"),
        "html": _text(message, "text/html") or None,
        "received_at": _date(headers.get("date", "")),
        "headers": headers,
    }
    return {name: value for name, value in email.items() if value}


def _find(path: Path) -> Messages:
    if not path.exists():
        raise LocalFailure(f"{path} does not exist")
    if path.is_dir():
        if all((path / folder).is_dir() for folder in ("cur", "new", "tmp")):
            return mailbox.Maildir(path, create=False)
        return sorted(file for file in path.rglob("*") if file.suffix.lower() == ".eml")
    if path.suffix.lower() == ".eml":
        return [path]
    with path.open("rb") as file:
        start = file.read(5)
    if start and start != b"From ":
        raise LocalFailure(f"{path} is no mbox: it does not start with 'From '")
    return mailbox.mbox(path, create=False)


def _decoded(value: object) -> str:
    try:
        text = str(make_header(decode_header(str(value))))
    except (LookupError, ValueError):
        # An unknown or lying charset: the encoded words are still better than nothing.
        text = str(value)
    return text.encode("utf-8", "replace").decode()


def _addresses(header: str) -> list[str]:
    return [address for _, address in getaddresses([header]) if address]


def _date(header: str) -> str | None:
    try:
        return parsedate_to_datetime(header).isoformat()
    except (ValueError, OverflowError):
        return None


def _text(message: Message, content_type: str) -> str:
    parts = (_decode_part(part) for part in _leaves(message) if part.get_content_type() == content_type)
    return "\n".join(parts)[:MAX_TEXT_CHARACTERS]


def _leaves(part: Message) -> Iterator[Message]:
    if part.get_content_maintype() == "message" or part.get_content_disposition() == "attachment":
        return
    if not part.is_multipart():
        yield part
        return
    for child in part.get_payload():
        if isinstance(child, Message):
            yield from _leaves(child)


def _decode_part(part: Message) -> str:
    content = part.get_payload(decode=True)
    data = content if isinstance(content, bytes) else b""
    try:
        text = data.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        text = data.decode("utf-8", "replace")
    return text.replace("\x00", "")
