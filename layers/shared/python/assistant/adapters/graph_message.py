"""A message of Microsoft Graph as the assistant sees it, and a mail to be written as MIME."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from assistant.domain.mail import Mail
from assistant.domain.mail_addresses import named_address
from assistant.domain.mail_mime import MAX_HEADER_CHARACTERS, MAX_HEADERS, write_message
from assistant.domain.mailbox import Folder, MailboxMessage, MessageState, OutgoingMail

STATE_FIELDS = "id,parentFolderId,categories,isRead"
FIELDS = (
    f"{STATE_FIELDS},conversationId,internetMessageId,internetMessageHeaders,from,toRecipients,ccRecipients,"
    "subject,body,receivedDateTime"
)

# As many as the triage of mail reads.
MAX_RECIPIENTS = 1_000

type Json = dict[str, Any]


def read_message(item: Json, folder: Folder) -> MailboxMessage:
    """Return the message: its text as text/html where the sender wrote that, which is all that Graph gives then."""
    body = item.get("body") or {}
    text = body.get("content") or ""
    html = body.get("contentType") == "html"
    mail = Mail(
        id=item["id"],
        sender=address_line(item.get("from"))[:MAX_HEADER_CHARACTERS],
        to=_recipients(item.get("toRecipients")),
        cc=_recipients(item.get("ccRecipients")),
        subject=item.get("subject") or "",
        body="" if html else text,
        html=text if html else None,
        received_at=moment(item["receivedDateTime"]) if item.get("receivedDateTime") else None,
        headers=_headers(item),
        thread_id=item.get("conversationId"),
    )
    return MailboxMessage(mail, read_state(item, folder))


def read_state(item: Json, folder: Folder) -> MessageState:
    """Return where a message lies and how it is marked."""
    return MessageState(folder, frozenset(item.get("categories") or ()), unread=not item.get("isRead", False))


def moment(text: str) -> datetime:
    """Return an Edm.DateTimeOffset, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def mime(mail: OutgoingMail) -> bytes:
    """Return a mail as Graph takes MIME, in Base64: in JSON no header may be set that a reply needs."""
    return b64encode(write_message(mail))


def address_line(recipient: Json | None) -> str:
    """Return ``Ann Smith <ann@company.com>``."""
    given = (recipient or {}).get("emailAddress") or {}
    return named_address(given.get("name") or "", given.get("address") or "")


def _recipients(given: list[Json] | None) -> tuple[str, ...]:
    return tuple(address_line(one)[:MAX_HEADER_CHARACTERS] for one in (given or ())[:MAX_RECIPIENTS])


def _headers(item: Json) -> dict[str, str]:
    """Return the header fields by lower-case name, the topmost of each."""
    headers = {"message-id": item["internetMessageId"]} if item.get("internetMessageId") else {}
    for field in reversed((item.get("internetMessageHeaders") or ())[:MAX_HEADERS]):
        headers[field["name"].lower()] = field["value"][:MAX_HEADER_CHARACTERS]
    return headers
