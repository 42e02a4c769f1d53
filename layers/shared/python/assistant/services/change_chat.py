"""Writes messages in connected chats and takes them back: the executor of the actions on chats."""

from dataclasses import dataclass

from assistant.domain.effects.actions import AnyAction, DeleteMessage, Inverse, PostMessage, TargetState
from assistant.domain.effects.approval import message_to
from assistant.domain.effects.effect import Effect
from assistant.ports.chat import Chat, Chats
from assistant.ports.connections import ConnectionStore
from assistant.services.effect_account import account_of


@dataclass(frozen=True, slots=True)
class ChatExecutor:
    """Implements ``ports.effects.EffectExecutor``; the id of the effect is the key of its message."""

    connections: ConnectionStore
    chats: Chats

    def observe(self, effect: Effect) -> TargetState:
        """Return whether the message stands in the conversation."""
        posted = self._chat(effect).find(_wanted(effect).to.value.id, key=effect.id)
        return {"posted": posted is not None}

    def apply(self, effect: Effect, action: AnyAction | Inverse) -> None:
        """Write the message, or delete it."""
        chat, wanted = self._chat(effect), _wanted(effect)
        person = wanted.to.value.id
        if not isinstance(action, DeleteMessage):
            chat.post(person, message_to(wanted), key=effect.id)
        elif posted := chat.find(person, key=effect.id):
            chat.delete(posted)

    def _chat(self, effect: Effect) -> Chat:
        return self.chats.open(account_of(effect, self.connections))


def _wanted(effect: Effect) -> PostMessage:
    if not isinstance(effect.action, PostMessage):
        raise TypeError(f"no action on chats: {effect.action.kind}")
    return effect.action
