"""What people do in chats: requests of Slack, their queue, and answers."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.runtime.settings import needed
from assistant.wiring.delivery import DeliveryWiring
from assistant.wiring.notes import NotesWiring

if TYPE_CHECKING:
    from assistant.ports.chat import ChatQueue
    from assistant.services.answer_chat import ChatAnswerPorts
    from assistant.services.answer_command import CommandPorts
    from assistant.services.receive_slack_event import SlackEventPorts


class ChatWiring(NotesWiring, DeliveryWiring):
    """What people do in chats: requests of Slack, their queue, and answers."""

    @cached_property
    def chat_queue(self) -> "ChatQueue":
        """Where what people did in chats goes."""
        from assistant.adapters.sqs_audit import sqs_client
        from assistant.adapters.sqs_chats import SqsChats

        return SqsChats(needed("CHATS_QUEUE_URL", self.settings.chats_queue_url), sqs_client(attempts=1))

    @cached_property
    def slack_event_ports(self) -> "SlackEventPorts":
        """What requests of Slack need."""
        from assistant.services.receive_slack_event import SlackEventPorts

        return SlackEventPorts(self.oauth_clients, self.chat_queue, self.clock)

    @cached_property
    def command_ports(self) -> "CommandPorts":
        """What commands need; tasks are ranked without Claude, which a chat does not wait for."""
        from dataclasses import replace

        from assistant.services.answer_command import CommandPorts
        from assistant.services.tell_colleague import TellPorts

        tasks = replace(self.prioritize_ports, claude=lambda: None)
        tell = TellPorts(self.chats, self.propose_ports)
        return CommandPorts(self.answer_ports, self.day_ports, tasks, tell, self.preferences)

    @cached_property
    def chat_answer_ports(self) -> "ChatAnswerPorts":
        """What answers in chats need."""
        from assistant.services.answer_chat import ChatAnswerPorts

        return ChatAnswerPorts(self.connections, self.chats, self.notices, self.notifications, self.command_ports)
