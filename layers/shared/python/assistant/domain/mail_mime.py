"""Messages of RFC 5322 and MIME as the mails the assistant reads.

Tolerant of broken mail, whoever broke it: what cannot be decoded is replaced, what is missing is left out, and reading
raises nothing. Attachments are listed, not read.
"""

import re
from codecs import lookup
from collections.abc import Iterable, Iterator
from datetime import datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.policy import EmailPolicy
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any, override

from assistant.domain.mail import Mail
from assistant.domain.mailbox import Attachment, OutgoingMail

MAX_TEXT_CHARACTERS = 200_000
MAX_HEADER_CHARACTERS = 2_000
MAX_HEADERS = 400
# The API takes ids of 1,000 bytes.
MAX_ID_CHARACTERS = 200
# Where a mail went and how it was signed says nothing about what it wants, and is most of its headers.
_LEFT_OUT_HEADERS = ("arc-", "dkim-", "domainkey-", "received", "x-received", "x-ms-exchange-", "x-google-")

_ID_FIELDS = frozenset({"message-id", "in-reply-to", "references"})
# An id that others can read, and a line holds (RFC 5322, 2.1.1 and 3.6.4); many senders leave its brackets out.
_ID = re.compile(r"(<)?[!-;=?-~]{1,900}(?(1)>)")
# Codecs of Python that no mail is written in; they raise whatever they are told to do, or take quadratic time.
_NO_CHARSETS = frozenset({"idna", "punycode", "undefined"})
# The parser compares each line with every boundary around it, which so many times takes seconds. A mail of 50 MB has
# 640,000 lines.
_MOST_COMPARISONS = 10_000_000
_MOST_SOURCE = 1_000_000
_MOST_ENCODED = 16 * MAX_HEADER_CHARACTERS


def read_message(
    raw: bytes, *, message_id: str, thread_id: str, received_at: datetime
) -> tuple[Mail, tuple[Attachment, ...]]:
    """Return a mail as its mailbox knows it, by the provider's ids and time of arrival, and what is attached."""
    message = parse_message(raw)
    known = {"id": message_id, "thread_id": thread_id, "received_at": received_at}
    return Mail.model_validate(as_email(message, default_id=message_id) | known), tuple(_attachments(message))


def parse_message(raw: bytes) -> Message:
    """Return the message; one that nobody can take apart has its source for text."""
    if raw.count(b"\n") * (1 + raw.lower().count(b"boundary")) > _MOST_COMPARISONS:
        return _as_source(raw)
    try:
        return message_from_bytes(raw)
    except Exception:  # noqa: BLE001 nested too deep, or with a parameter the parser breaks at
        return _as_source(raw)


class _Smtp(EmailPolicy):
    """Writes mail for SMTP, ids as they are: the email package makes an encoded word of one longer than a line."""

    @override
    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _ID_FIELDS and value.isascii():
            return f"{name}: {'\r\n '.join(value.split())}\r\n".encode()
        return super().fold_binary(name, value)


_SMTP = _Smtp(linesep="\r\n")


def write_message(mail: OutgoingMail) -> bytes:
    """Return the mail as the provider sends it; the provider says from whom and when.

    Of the mails it follows those are left out whose ids nobody can read.
    """
    message = EmailMessage(policy=_SMTP)
    fields = {
        "To": ", ".join(mail.to),
        "Cc": ", ".join(mail.cc),
        "Subject": " ".join(mail.subject.split()),
        "Message-ID": mail.message_id,
        "In-Reply-To": _ids([mail.in_reply_to or ""]),
        "References": _ids(mail.references),
    }
    for name, value in fields.items():
        if value:
            message[name] = value
    message.set_content(mail.text)
    return message.as_bytes()


def _ids(given: Iterable[str]) -> str:
    return " ".join(one for one in given if _ID.fullmatch(one))


def as_email(message: Message, *, default_id: str) -> dict[str, Any]:
    """Return the message as one of the API's ``emails``."""
    kept = [item for item in message.items() if not item[0].lower().startswith(_LEFT_OUT_HEADERS)][:MAX_HEADERS]
    # Of a repeated field the first counts.
    headers = {name.lower(): _field(name, str(value))[:MAX_HEADER_CHARACTERS] for name, value in reversed(kept)}
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


def _field(name: str, value: str) -> str:
    """Return the text of a field; ids have no encoded words, whatever they look like (RFC 2047, 5)."""
    return " ".join(value.split()) if name.lower() in _ID_FIELDS else _decoded(value)


def _decoded(value: str) -> str:
    try:
        text = str(make_header(decode_header(value[:_MOST_ENCODED])))
    except (LookupError, ValueError, MessageError):
        # An unknown or lying charset, or no Base64: the encoded words are still better than nothing.
        text = value
    return _without_surrogates(text)


def _without_surrogates(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _addresses(header: str) -> list[str]:
    return [address for _, address in getaddresses([header]) if address]


def _date(header: str) -> str | None:
    try:
        return parsedate_to_datetime(header).isoformat()
    except (ValueError, TypeError, OverflowError):
        return None


def _text(message: Message, content_type: str) -> str:
    parts = (_decode_part(part) for part in _leaves(message) if part.get_content_type() == content_type)
    return "\n".join(parts)[:MAX_TEXT_CHARACTERS]


def _attachments(message: Message) -> Iterator[Attachment]:
    for part in message.walk():
        if part.get_content_disposition() == "attachment":
            content = part.get_payload(decode=True)
            size = len(content) if isinstance(content, bytes) else 0
            yield Attachment(_filename(part), part.get_content_type(), size)


def _filename(part: Message) -> str:
    try:
        return _decoded(part.get_filename(""))
    except (ValueError, TypeError):
        return ""


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
        text = data.decode(_charset(part), "replace")
    except (LookupError, ValueError, TypeError):
        text = data.decode("utf-8", "replace")
    return _without_surrogates(text).replace("\x00", "").replace("\r\n", "\n")


def _charset(part: Message) -> str:
    """Return how the text is encoded; raises LookupError, ValueError or TypeError where nobody can tell."""
    charset = part.get_content_charset("utf-8")
    return "utf-8" if lookup(charset).name in _NO_CHARSETS else charset


def _as_source(raw: bytes) -> Message:
    message = BytesHeaderParser().parsebytes(raw[:_MOST_SOURCE])
    for name in ("content-type", "content-transfer-encoding", "content-disposition"):
        del message[name]
    return message
