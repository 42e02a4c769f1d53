"""Telling users something: what they were told, what is due, and the queue to what sends it."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.runtime.settings import needed
from assistant.wiring.foundation import Foundation

if TYPE_CHECKING:
    from assistant.ports.meetings import MeetingStore
    from assistant.ports.notifications import DueIndex, DueQueue, NotificationStore, Notifier
    from assistant.services.edit_preferences import PreferencePorts
    from assistant.services.notify import NotifyPorts
    from assistant.services.release_notifications import ReleasePorts
    from assistant.services.show_notifications import NotificationPorts


class NotificationWiring(Foundation):
    """Telling users something: what they were told, what is due, and the queue to what sends it."""

    @cached_property
    def meetings(self) -> "MeetingStore":
        """Kept meetings and the index of those to prepare."""
        from assistant.adapters.dynamo_meetings import DynamoMeetings

        return DynamoMeetings(self._table, self.clock)

    @cached_property
    def notifications(self) -> "NotificationStore":
        """What users were told."""
        from assistant.adapters.dynamo_notifications import DynamoNotifications

        return DynamoNotifications(self._table, self.clock)

    @cached_property
    def due(self) -> "DueIndex":
        """What is to be done for users, by time."""
        from assistant.adapters.dynamo_due import DynamoDueIndex

        return DynamoDueIndex(self._table)

    @cached_property
    def preference_ports(self) -> "PreferencePorts":
        """What changes of preferences need."""
        from assistant.services.edit_preferences import PreferencePorts

        return PreferencePorts(self.preferences, self.due, self.audit_trail, self.clock)

    @cached_property
    def due_queue(self) -> "DueQueue":
        """The queue to what sends notifications."""
        from assistant.adapters.sqs_audit import sqs_client
        from assistant.adapters.sqs_jobs import SqsJobs

        url = needed("NOTIFICATIONS_QUEUE_URL", self.settings.notifications_queue_url)
        return SqsJobs(url, sqs_client(attempts=1))

    @cached_property
    def notifier(self) -> "Notifier":
        """Where users are told something, by the channel they prefer."""
        from assistant.services.notify import PreferredNotifier

        return PreferredNotifier(self.notify_ports)

    @cached_property
    def notify_ports(self) -> "NotifyPorts":
        """What telling needs."""
        from assistant.services.notify import NotifyPorts

        return NotifyPorts(self.notifications, self.due, self.due_queue, self.meetings, self.preferences, self.clock)

    @cached_property
    def release_ports(self) -> "ReleasePorts":
        """What handing over what is due needs."""
        from assistant.services.release_notifications import ReleasePorts

        return ReleasePorts(self.due, self.due_queue, self.clock)

    @cached_property
    def notification_ports(self) -> "NotificationPorts":
        """What showing notifications needs."""
        from assistant.services.show_notifications import NotificationPorts

        return NotificationPorts(self.notifications, self.clock)
