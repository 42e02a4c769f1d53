"""Notifications as messages of a chat and as mails; a digest of several in one."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.chat import ChatMessage
from assistant.domain.mailbox import OutgoingMail
from assistant.domain.notifications import KeptNotification, News, NotificationKind

_ALSO_THERE: Final = "Your dashboard takes the answer too."
_ANSWER_THERE: Final = "Please answer on your dashboard{until}: {link}"
_OR_IN_SLACK: Final = "With Slack connected, questions come there, with buttons that answer them."
_MAIL_DOMAIN: Final = "notifications.executive-assistant.invalid"
_MOST_IN_DIGEST: Final = 20


def chat_message(news: News) -> ChatMessage:
    """Return news as a message; a question has the buttons that answer it."""
    asks = news.kind is NotificationKind.APPROVAL_ASKED
    return ChatMessage(text=news.text, title=news.title, context=_ALSO_THERE if asks else "", buttons=news.buttons)


def mail_of(kept: KeptNotification, address: str, *, zone: ZoneInfo) -> OutgoingMail:
    """Return a notification as a mail to the user; a later revision replies to the first.

    A question says where it is answered, and until when in the user's zone.
    """
    asks = kept.shown.kind is NotificationKind.APPROVAL_ASKED
    first = _message_id(f"{kept.shown.id}.1")
    this = _message_id(f"{kept.shown.id}.{kept.revision}")
    follows = (first,) if kept.revision > 1 else ()
    return OutgoingMail(
        message_id=this,
        to=(address,),
        subject=_line(kept.shown.title),
        text=f"{kept.shown.text}\n\n{_where_answered(kept.news, zone)}" if asks else kept.shown.text,
        in_reply_to=follows[0] if follows else None,
        references=follows,
    )


def _where_answered(question: News, zone: ZoneInfo) -> str:
    local = question.not_after and question.not_after.astimezone(zone)
    until = f" by {local:%A, %-d %B, %H:%M} ({zone.key})" if local else ""
    return f"{_ANSWER_THERE.format(until=until, link=question.link)}\n{_OR_IN_SLACK}"


def digest_title(day: date, number: int) -> str:
    """Return what a digest is called."""
    return f"{number} {'update' if number == 1 else 'updates'} for {day:%A, %-d %B}"


def digest_text(kept: Sequence[KeptNotification]) -> str:
    """Return notifications as a list, the oldest first."""
    lines = [f"• {_line(one.shown.title)}: {_line(one.shown.text)}" for one in kept[:_MOST_IN_DIGEST]]
    more = len(kept) - _MOST_IN_DIGEST
    return "\n".join([*lines, f"… and {more} more on your dashboard."] if more > 0 else lines)


def digest_mail(day: date, kept: Sequence[KeptNotification], address: str) -> OutgoingMail:
    """Return a digest as a mail to the user."""
    return OutgoingMail(
        message_id=_message_id(f"digest.{day.isoformat()}.{kept[0].shown.id}"),
        to=(address,),
        subject=digest_title(day, len(kept)),
        text=digest_text(kept),
    )


def _message_id(local: str) -> str:
    return f"<{local}@{_MAIL_DOMAIN}>"


def _line(text: str) -> str:
    return " ".join(text.split())
