"""Use case: bring a message to a user by chat or by mail, through the accounts they connected."""

from collections.abc import Callable, Sequence
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


def reach(user_id: str, channels: Sequence[Channel], *, ports: ChannelPorts) -> tuple[Channel, Connection]:
    """Return the first of the channels that is connected, and by which account.

    Raises:
        NotReached: none is; the note is of the last.
        Unavailable: the store is down.
    """
    accounts = ports.connections.of_user(user_id)
    found = [(channel, one) for channel in channels for one in accounts if _carries(one, channel)]
    active = [way for way in found if way[1].status is ConnectionStatus.ACTIVE]
    if active:
        return active[0]
    last = channels[-1]
    if any(channel is last for channel, _ in found):
        raise _broken(last)
    raise NotReached(f"You prefer {_NAMES[last]}, which is not connected yet, so it is here.")


def send_message(channel: Channel, connection: Connection, message: Message, *, ports: ChannelPorts) -> None:
    """Send it by an account, once for each key.

    Raises:
        NotReached: the consent to the account is gone, or nobody is there.
        Unavailable: the channel is down.
    """
    try:
        if channel is Channel.SLACK:
            _by_chat(connection, message, ports)
        else:
            ports.mailboxes.open(connection).send(message.mail(connection.account))
    except (ConnectionBroken, Forbidden):
        raise _broken(channel) from None
    except NotFound:
        raise NotReached("Slack does not know you in this workspace, so it is here.") from None


def _by_chat(connection: Connection, message: Message, ports: ChannelPorts) -> None:
    if connection.member is None:
        raise NotFound("The connection does not say who the user is.")
    ports.chats.open(connection).post(connection.member, message.chat, key=message.key)


def _carries(connection: Connection, channel: Channel) -> bool:
    if channel is Channel.SLACK:
        return connection.provider is Provider.SLACK
    return is_open_for(connection, Access.MAIL)


def _broken(channel: Channel) -> NotReached:
    return NotReached(f"Your {_NAMES[channel]} account has to be connected again; until then messages are here.")
