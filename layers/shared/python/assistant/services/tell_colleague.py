"""Use case: pass the user's words on to a colleague in the chat, after the user saw what will be written to whom."""

from dataclasses import dataclass, replace

from assistant.domain.chat import ChatMessage, ChatUser
from assistant.domain.chat_commands import Tell
from assistant.domain.chat_jobs import MessageReceived
from assistant.domain.chat_words import ChatWords
from assistant.domain.connections import Connection
from assistant.domain.effects.actions import LONGEST_MESSAGE, PostMessage
from assistant.domain.effects.approval import approval_asked, approval_ended
from assistant.domain.effects.effect import LONGEST_TITLE, Capability, Effect, EffectState, Origin, Target
from assistant.domain.effects.provenance import Traced
from assistant.domain.errors import NotFound
from assistant.domain.notification_messages import chat_message
from assistant.domain.notifications import News
from assistant.domain.sources import Source, SourceKind
from assistant.domain.triage.decision import DecidedBy
from assistant.ports.chat import Chat, Chats
from assistant.services.propose_effects import ProposePorts, propose_effects


@dataclass(frozen=True, slots=True)
class TellPorts:
    """The ports telling a colleague needs."""

    chats: Chats
    propose: ProposePorts


class _AskedHere:
    """Implements ``ports.Notifier``: the question is put where the user asked for it, and nowhere else."""

    def notify(self, user_id: str, news: News) -> bool:
        """Tell nobody."""
        del user_id, news
        return False


def tell_colleague(
    connection: Connection, asked: Tell, message: MessageReceived, *, words: ChatWords, ports: TellPorts
) -> ChatMessage:
    """Propose to write to them and return the question with its buttons, or why nothing is proposed.

    Asked again by the same message it says how that stands.

    Raises:
        Unavailable: the chat, the store or the queue is down.
    """
    if len(asked.text) > LONGEST_MESSAGE:
        return ChatMessage(words.too_long.format(LONGEST_MESSAGE))
    chat = ports.chats.open(connection)
    to = _person(chat, asked.to)
    if to is None:
        return ChatMessage(words.nobody)
    now = ports.propose.clock.now()
    effect = Effect(
        user_id=connection.user_id,
        target=Target(connection_id=connection.id, object_id=message.id, title=to.name[:LONGEST_TITLE]),
        action=PostMessage(
            to=Traced(value=to),
            text=Traced(value=asked.text),
            sender=Traced(value=chat.person(message.member).name),
        ),
        origin=Origin(capability=Capability.CHAT, run_id=message.id, decided_by=DecidedBy.USER),
        confidence=1.0,
        reasoning="You asked for it.",
        evidence=(Source.whole(SourceKind.REQUEST, message.id),),
        proposed_at=now,
    )
    here = replace(ports.propose, notifier=_AskedHere())
    (record,) = propose_effects(connection.user_id, [effect], request_id=message.id, ports=here)
    state = record.state_at(now)
    waits = state is EffectState.WAITING
    return chat_message(approval_asked(record) if waits else approval_ended(record, state))


def _person(chat: Chat, named: str) -> ChatUser | None:
    """Return who has this address, or this id."""
    if "@" in named:
        return chat.user_of(named)
    try:
        return chat.person(named)
    except NotFound:
        return None
