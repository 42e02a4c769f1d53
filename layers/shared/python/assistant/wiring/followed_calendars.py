"""Following connected calendars."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.wiring.connected_calendars import ConnectedCalendarWiring
from assistant.wiring.kept_calendars import KeptCalendarWiring

if TYPE_CHECKING:
    from assistant.services.receive_calendar_notification import CalendarNotificationPorts
    from assistant.services.reconcile_calendars import CalendarReconcilePorts
    from assistant.services.sync_calendar import CalendarSyncPorts


class FollowedCalendarWiring(ConnectedCalendarWiring, KeptCalendarWiring):
    """Following connected calendars."""

    @cached_property
    def calendar_sync_ports(self) -> "CalendarSyncPorts":
        """What following calendars needs."""
        from assistant.services.keep_calendar_meetings import CalendarMeetingPorts
        from assistant.services.sync_calendar import CalendarSyncPorts

        return CalendarSyncPorts(
            self.connections,
            self.calendars,
            self.calendar_places,
            self.kept_events,
            self.subscriptions,
            self.calendar_queue,
            CalendarMeetingPorts(self.meetings, self.clock),
            self.meter,
            self.clock,
            self.notifier,
        )

    @cached_property
    def calendar_notification_ports(self) -> "CalendarNotificationPorts":
        """What notifications of Google Calendar need."""
        from assistant.services.receive_calendar_notification import CalendarNotificationPorts

        return CalendarNotificationPorts(self.subscriptions, self.calendar_queue, self.clock)

    @cached_property
    def calendar_reconcile_ports(self) -> "CalendarReconcilePorts":
        """What finding calendars to look at needs."""
        from assistant.services.reconcile_calendars import CalendarReconcilePorts

        return CalendarReconcilePorts(
            self.connections, self.account_rounds, self.calendar_places, self.calendar_queue, self.clock
        )
