"""Following connected calendars."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.wiring.connected_calendars import ConnectedCalendarWiring
from assistant.wiring.kept_calendars import KeptCalendarWiring

if TYPE_CHECKING:
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
            self.calendar_queue,
            CalendarMeetingPorts(self.meetings, self.clock),
            self.meter,
            self.clock,
        )
