"""Microsoft Graph: what mailboxes and calendars of Microsoft 365 share."""

from functools import cached_property
from typing import TYPE_CHECKING, Final

from assistant.wiring.connections import ConnectionWiring

if TYPE_CHECKING:
    from assistant.adapters.graph_api import GraphApi
    from assistant.adapters.graph_subscriptions import GraphSubscriptions

WEBHOOK: Final = "/api/v1/webhooks/graph"


class GraphWiring(ConnectionWiring):
    """Microsoft Graph: what mailboxes and calendars of Microsoft 365 share."""

    @cached_property
    def graph(self) -> "GraphApi":
        """Calls of Microsoft Graph; its HTTP client is imported by the first."""
        from assistant.adapters.graph_api import GraphApi

        return GraphApi(f"{self.settings.microsoft_graph_url}/v1.0", self.access_tokens, self.clock)

    @cached_property
    def graph_subscriptions(self) -> "GraphSubscriptions | None":
        """What asks Graph for notifications; None where it cannot send them."""
        from assistant.adapters.graph_subscriptions import GraphSubscriptions

        address = self.webhook(WEBHOOK, self.settings.microsoft_graph_url)
        return GraphSubscriptions(self.subscriptions, address) if address else None
