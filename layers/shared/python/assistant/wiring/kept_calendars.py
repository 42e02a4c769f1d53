"""Events of connected calendars as they are kept here."""

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.wiring.foundation import Foundation

if TYPE_CHECKING:
    from assistant.ports.kept_calendar import CalendarPlaces, KeptEvents


class KeptCalendarWiring(Foundation):
    """Events of connected calendars as they are kept here."""

    @cached_property
    def kept_events(self) -> "KeptEvents":
        """Events of connected calendars; one attempt, as users and queues come again."""
        from assistant.adapters.dynamo_kept_events import DynamoKeptEvents

        return DynamoKeptEvents(self._impatient_table)

    @cached_property
    def calendar_places(self) -> "CalendarPlaces":
        """How far calendars were read."""
        from assistant.adapters.dynamo_kept_events import DynamoCalendarPlaces

        return DynamoCalendarPlaces(self._table, self.clock)
