"""Sending notifications and the daily briefing, and settling effects."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.wiring.mailboxes import MailBoxWiring
from assistant.wiring.tasks import TaskWiring

if TYPE_CHECKING:
    from assistant.services.brief_day import DayPorts
    from assistant.services.deliver_notifications import DeliverPorts
    from assistant.services.send_message import ChannelPorts


class DeliveryWiring(MailBoxWiring, TaskWiring):
    """Sending notifications and the daily briefing, and settling effects."""

    @cached_property
    def day_ports(self) -> "DayPorts":
        """What reading a user's day needs."""
        from assistant.services.brief_day import DayPorts

        return DayPorts(self.meetings, self.tasks, self.memories, self.notifications, self.effects)

    @cached_property
    def channel_ports(self) -> "ChannelPorts":
        """What reaching users elsewhere needs."""
        from assistant.services.send_message import ChannelPorts

        return ChannelPorts(self.connections, self.chats, self.mailboxes)

    @cached_property
    def deliver_ports(self) -> "DeliverPorts":
        """What doing what is due needs."""
        from assistant.services.deliver_notifications import DeliverPorts
        from assistant.services.settle_effects import SettlePorts

        settle = SettlePorts(self.effects, self.effect_queue, self.notify_ports, self.clock)
        return DeliverPorts(self.notify_ports, self.channel_ports, self.day_ports, settle)
