"""Connected accounts."""

from datetime import UTC, datetime

from assistant.domain.connections import Connection
from assistant.domain.providers import Provider

WEBHOOK = "https://assistant.example/api/v1/webhooks/graph"
CALENDAR_WEBHOOK = "https://assistant.example/api/v1/webhooks/google-calendar"
MICROSOFT = Connection(
    user_id="user123",
    id="connection-1",
    provider=Provider.MICROSOFT,
    account="user@company.com",
    tenant="72f988bf-86f1-41af-91ab-2d7cd011db47",
    name="User",
    scopes=frozenset({"Mail.ReadWrite", "Mail.Send", "Calendars.ReadWrite"}),
    connected_at=datetime(2025, 1, 1, tzinfo=UTC),
)
NOTION = Connection(
    user_id="user123",
    id="notion-1",
    provider=Provider.NOTION,
    account="0a1b2c3d-0000-4000-8000-00000000aaaa",
    member="4f1c1c1e-0000-4000-8000-00000000beef",
    name="Company",
    scopes=frozenset(),
    connected_at=datetime(2025, 1, 1, tzinfo=UTC),
)
