"""Use cases: answer what a person did in a chat with the assistant, once.

Only who connected the workspace as this very member is answered: who else writes is left, who else presses a button is
told that it is not theirs.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from assistant.domain.chat import ChatMessage, PostedMessage
from assistant.domain.chat_jobs import ButtonPressed, ChatJob, MessageReceived
from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.effects.approval import APPROVE, REJECT, action_hash, approval_ended, pressed
from assistant.domain.effects.effect import EffectRecord, EffectState
from assistant.domain.errors import Conflict, ConnectionBroken, Forbidden, NotFound, Unavailable
from assistant.domain.notification_messages import chat_message
from assistant.domain.providers import Provider
from assistant.domain.users import Identity
from assistant.ports.chat import Chats
from assistant.ports.connections import ConnectionStore
from assistant.ports.notes import NoticeLog
from assistant.ports.notifications import NotificationStore
from assistant.services.answer_approvals import AnswerPorts, ApprovalRequest, approve_effect, reject_effect
from assistant.services.answer_command import CommandPorts, answer_command
from assistant.services.close_question import note_read, question_of
from assistant.services.show_effects import known_effect

logger = logging.getLogger(__name__)

NOT_YOURS: Final = ChatMessage("Only the person this question was put to can answer it.")
OUTDATED: Final = ChatMessage("This button is of another action than the one that waits. Nothing was done.")


@dataclass(frozen=True, slots=True)
class ChatAnswerPorts:
    """The ports answers in chats need."""

    connections: ConnectionStore
    chats: Chats
    done: NoticeLog
    notifications: NotificationStore
    commands: CommandPorts

    @property
    def approvals(self) -> AnswerPorts:
        """What approving and rejecting needs."""
        return self.commands.approvals


def answer_chat(job: ChatJob, *, ports: ChatAnswerPorts) -> None:
    """Do what the person asked for, once for each job.

    Raises:
        Unavailable: the store, the queue or the chat is down; the job is to be done again.
    """
    notice = f"{Provider.SLACK}:{job.id}"
    if ports.done.has(notice):
        return
    try:
        _answer(job, ports)
    except (ConnectionBroken, Forbidden, NotFound) as error:
        # Until the user connects the workspace anew, or where the message is gone, no attempt would end otherwise.
        logger.warning("a chat cannot be answered: %s", type(error).__name__)
    ports.done.add(notice)


def _answer(job: ChatJob, ports: ChatAnswerPorts) -> None:
    found = ports.connections.of_account(Provider.SLACK, job.workspace_id)
    here = [one for one in found if one.status is ConnectionStatus.ACTIVE]
    own = [one for one in here if one.member == job.member]
    match job:
        case ButtonPressed():
            _press(job, own, here, ports)
        case MessageReceived() if own:
            _message(job, own[0], ports)


def _message(message: MessageReceived, connection: Connection, ports: ChatAnswerPorts) -> None:
    """Answer in the direct conversation, also what was asked where others read along."""
    chat = ports.chats.open(connection)
    for number, said in enumerate(answer_command(connection, message, ports=ports.commands)):
        chat.post(message.member, said, key=f"answer:{message.id}:{number}")


def _press(press: ButtonPressed, own: Sequence[Connection], here: Sequence[Connection], ports: ChatAnswerPorts) -> None:
    meant = pressed(press.value)
    if meant is None or press.action not in (APPROVE, REJECT):
        return
    effect_id, sent = meant
    for connection in own:
        record = ports.approvals.effects.find(connection.user_id, [effect_id]).get(effect_id)
        if record:
            _decide(press, record, sent, connection, ports)
            return
    for connection in here[:1]:
        ports.chats.open(connection).tell_privately(press.channel, press.member, NOT_YOURS)


def _decide(
    press: ButtonPressed, record: EffectRecord, sent: str, connection: Connection, ports: ChatAnswerPorts
) -> None:
    """Take the user's word for exactly the action the button was of, and say in its place what became of it."""
    chat = ports.chats.open(connection)
    if sent != action_hash(record.effect):
        chat.tell_privately(press.channel, press.member, OUTDATED)
        return
    user_id, caller = connection.user_id, Identity(connection.user_id, press.id)
    try:
        if press.action == APPROVE:
            approve_effect(user_id, record.id, ApprovalRequest(action_hash=sent), caller, ports=ports.approvals)
        else:
            reject_effect(user_id, record.id, caller, ports=ports.approvals)
    except Conflict:
        # The question waits no more: its message says why.
        logger.info("a button was pressed too late")
    now_is = known_effect(user_id, record.id, ports.approvals.effects)
    state = now_is.state_at(ports.approvals.clock.now())
    if state is EffectState.WAITING:
        raise Unavailable("This effect is being dealt with elsewhere. Please try again shortly.")
    if asked := question_of(now_is, ports.notifications):
        note_read(user_id, asked, ports.notifications, ports.approvals.clock)
    chat.update(PostedMessage(press.channel, press.message_id), chat_message(approval_ended(now_is, state)))
