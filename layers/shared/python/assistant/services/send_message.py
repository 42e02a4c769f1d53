"""Use case: bring a message to a user by chat or by mail, through the accounts they connected."""

from collections.abc import Callable
from dataclasses import dataclass

from assistant.domain.access import is_open_for
from assistant.domain.chat import ChatMessage
from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import ConnectionBroken, Forbidden, NotFound
from assistant.domain.mailbox import OutgoingMail
from assistant.domain.preferences import Channel
from assistant.domain.providers import Access, Provider
from assistant.ports.chat import Chats
from assistant.ports.connections import ConnectionStore
from assistant.ports.mailbox import MailBoxes

_NAMES = {Channel.SLACK: "Slack", Channel.EMAIL: "e-mail"}


@dataclass(frozen=True, slots=True)
class ChannelPorts:
    """The ports sending needs."""

    connections: ConnectionStore
    chats: Chats
    mailboxes: MailBoxes


@dataclass(frozen=True, slots=True)
class Message:
    """A message in the forms of both channels; ``mail`` makes it for an address, ``key`` says what is the same."""

    key: str
    chat: ChatMessage
    mail: Callable[[str], OutgoingMail]


class NotReached(Exception):
    """The user cannot be reached there until they do something; ``note`` tells them what."""

    def __init__(self, note: str) -> None:
        super().__init__(note)
        self.note = note


def send_message(user_id: str, channel: Channel, message: Message, *, ports: ChannelPorts) -> None:
    """Send it, once for each key.

    Raises:
        NotReached: the channel is not connected, its consent is gone, or nobody is there.
        Unavailable: the channel is down.
    """
    try:
        if channel is Channel.SLACK:
            _by_chat(user_id, message, ports)
        else:
            _by_mail(user_id, message, ports)
    except (ConnectionBroken, Forbidden):
        name = _NAMES[channel]
        raise NotReached(f"Your {name} account has to be connected again; until then messages are here.") from None
    except NotFound:
        raise NotReached("Slack does not know you in this workspace, so it is here.") from None


def _by_chat(user_id: str, message: Message, ports: ChannelPorts) -> None:
    connection = _connected(user_id, lambda one: one.provider is Provider.SLACK, ports)
    if connection is None:
        raise _not_connected(Channel.SLACK)
    if connection.member is None:
        raise NotFound("The connection does not say who the user is.")
    ports.chats.open(connection).post(connection.member, message.chat, key=message.key)


def _by_mail(user_id: str, message: Message, ports: ChannelPorts) -> None:
    connection = _connected(user_id, lambda one: is_open_for(one, Access.MAIL), ports)
    if connection is None:
        raise _not_connected(Channel.EMAIL)
    ports.mailboxes.open(connection).send(message.mail(connection.account))


def _connected(user_id: str, wanted: Callable[[Connection], bool], ports: ChannelPorts) -> Connection | None:
    found = [one for one in ports.connections.of_user(user_id) if wanted(one)]
    active = [one for one in found if one.status is ConnectionStatus.ACTIVE]
    if found and not active:
        raise ConnectionBroken("The account has to be connected again.")
    return active[0] if active else None


def _not_connected(channel: Channel) -> NotReached:
    return NotReached(f"You prefer {_NAMES[channel]}, which is not connected yet, so it is here.")
