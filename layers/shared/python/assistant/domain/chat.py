"""Messages of a chat, with buttons."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

# Of the text of a message: https://docs.slack.dev/reference/block-kit/blocks/section-block
LONGEST_TEXT: Final = 3000


class ButtonStyle(StrEnum):
    """How a button looks."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """What a press sends back: ``action`` names what is meant, ``value`` which thing."""

    action: str
    value: str
    label: str
    style: ButtonStyle = ButtonStyle.PLAIN


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message of ours. ``text`` is plain: the adapter escapes it; ``link`` opens with a tap on ``link_label``."""

    text: str
    title: str = ""
    context: str = ""
    link: str | None = None
    link_label: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatUser:
    """Somebody in the workspace."""

    id: str
    name: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """Where a message of ours stands."""

    channel: str
    id: str


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message somebody wrote."""

    channel: str
    id: str
    user_id: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PostRecord:
    """What is known of posting under a key: ``posted`` is None until the answer came; ``digest`` is of its words."""

    posted: PostedMessage | None = None
    digest: str = ""
