"""Calendars of connected accounts."""

from functools import cached_property
from typing import TYPE_CHECKING, Final

from assistant.wiring.graph import GraphWiring

if TYPE_CHECKING:
    from assistant.adapters.google_channels import GoogleChannels
    from assistant.ports.calendar_account import CalendarAccounts

WEBHOOK: Final = "/api/v1/webhooks/google-calendar"


class ConnectedCalendarWiring(GraphWiring):
    """Calendars of connected accounts."""

    @cached_property
    def calendars(self) -> "CalendarAccounts":
        """Calendars of every provider; its client is imported when the first calendar is opened."""
        from assistant.adapters.provider_accounts import ProviderAccounts
        from assistant.domain.providers import Access, Provider

        made_by = {Provider.GOOGLE: self._google_calendars, Provider.MICROSOFT: self._graph_calendars}
        return ProviderAccounts({**made_by, **self.accounts_by_row(Access.CALENDAR)}, "calendar")

    def _google_calendars(self) -> "CalendarAccounts":
        from assistant.adapters.google_calendar import GoogleCalendars

        base_url = self.settings.google_calendar_base_url
        return GoogleCalendars(base_url, self.access_tokens, self._google_channels, self.clock)

    def _google_channels(self) -> "GoogleChannels | None":
        """What opens channels; None where Google cannot reach this deployment."""
        from assistant.adapters.google_channels import GoogleChannels

        address = self.webhook(WEBHOOK, self.settings.google_calendar_base_url or "https:")
        return GoogleChannels(self.subscriptions, address) if address else None

    def _graph_calendars(self) -> "CalendarAccounts":
        from assistant.adapters.graph_calendar import GraphCalendars

        return GraphCalendars(self.graph, lambda: self.graph_subscriptions, self.clock)
