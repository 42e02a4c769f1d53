"""A mail as a person sees it: decoded, visible, bounded text."""

from dataclasses import dataclass

from assistant.domain.mail import Mail
from assistant.domain.mail_addresses import Mailbox, header_text, mailboxes, sender_mailbox
from assistant.domain.mail_html import html_text
from assistant.domain.mail_invisible import strip_invisible
from assistant.domain.mail_quotes import own_text

# Triage looks at the start, where people say what they want, and at the end, where bulk mail says how
# to unsubscribe. The rest is not looked at, so that a mail costs the same whatever its size.
_RAW_LIMIT = 40_000
HEAD_LIMIT = 4_000
TAIL_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class VisibleMail:
    """What a reader sees. ``own`` is what the sender wrote this time, ``text`` the whole visible body.

    ``headers`` has lower-case names and decoded values.
    """

    sender: Mailbox
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    subject: str
    own: str
    text: str
    headers: dict[str, str]
    has_html: bool


def visible_mail(mail: Mail) -> VisibleMail:
    """Return what a reader sees of ``mail``; never raises, whatever the mail holds."""
    text = visible_text(mail)
    return VisibleMail(
        sender=sender_mailbox(mail.sender),
        to=tuple(box for value in mail.to for box in mailboxes(value)),
        cc=tuple(box for value in mail.cc for box in mailboxes(value)),
        subject=header_text(mail.subject),
        own=own_text(text),
        text=text,
        headers={name.lower(): header_text(value) for name, value in mail.headers.items()},
        has_html=bool(mail.html and mail.html.strip()) or "text/html" in mail.headers.get("content-type", "").lower(),
    )


def visible_text(mail: Mail) -> str:
    """Return the visible body: its first 4,000 and last 1,000 characters."""
    return _bounded(_body_text(mail))


def is_shortened(mail: Mail) -> bool:
    """Whether ``visible_text`` leaves out some of the body."""
    cut = not mail.html and len(mail.body) > _RAW_LIMIT + TAIL_LIMIT
    return cut or len(_body_text(mail)) > HEAD_LIMIT + TAIL_LIMIT


def _body_text(mail: Mail) -> str:
    # Mail programs show the HTML part, so a text part that says something else decides nothing.
    shown = strip_invisible(html_text(mail.html)) if mail.html else ""
    if shown:
        return shown
    body = strip_invisible(mail.body[:_RAW_LIMIT] + "\n" + mail.body[max(_RAW_LIMIT, len(mail.body) - TAIL_LIMIT) :])
    return body if _looks_like_text(body) else strip_invisible(html_text(mail.body))


def _looks_like_text(body: str) -> bool:
    """Tell text from markup that came in the text field."""
    start = body[:2_000].lower()
    return not any(tag in start for tag in ("<html", "<body", "<table", "<div", "<!doctype", "<br", "<p>"))


def _bounded(text: str) -> str:
    if len(text) <= HEAD_LIMIT + TAIL_LIMIT:
        return text
    return f"{text[:HEAD_LIMIT]}\n\n{text[-TAIL_LIMIT:]}"
