"""Notification channels of Google Calendar: opened, followed by others before they end, and closed.

A channel cannot be renewed: another one takes its place, at most seven days long.
"""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from assistant.adapters.google_http import GoogleCalls, Service
from assistant.domain.connections import Connection
from assistant.domain.errors import NotFound
from assistant.domain.subscriptions import Subscription, Watched, secret_hash
from assistant.ports.subscriptions import SubscriptionStore

WATCHED_FOR = timedelta(days=7)


class GoogleChannels:
    """Channels whose notifications go to ``url``; ``store`` knows them."""

    def __init__(self, store: SubscriptionStore, url: str) -> None:
        self._store = store
        self._url = url

    def watch(self, call: GoogleCalls, calendar: Service, connection: Connection, now: datetime) -> datetime:
        """Open a channel in the place of the one before; return until when it is open."""
        before = self._store.of_connection(connection, Watched.CALENDAR)
        secret = secrets.token_urlsafe(32)
        wanted = {
            "id": str(uuid4()),
            "type": "web_hook",
            "address": self._url,
            "token": secret,
            "expiration": str(int((now + WATCHED_FOR).timestamp() * 1000)),
        }
        # Opened twice, Google refuses the id of the first.
        made = call(calendar.events().watch(calendarId="primary", body=wanted), repeatable=False)
        opened = Subscription(
            id=made["id"],
            user_id=connection.user_id,
            connection_id=connection.id,
            watched=Watched.CALENDAR,
            secret_hash=secret_hash(secret),
            expires_at=datetime.fromtimestamp(int(made["expiration"]) / 1000, UTC),
            resource=made["resourceId"],
        )
        self._store.put(opened)
        if before:
            _stop(call, calendar, before)
        return opened.expires_at

    def unwatch(self, call: GoogleCalls, calendar: Service, connection: Connection) -> None:
        """Close the channel."""
        known = self._store.of_connection(connection, Watched.CALENDAR)
        if known:
            _stop(call, calendar, known)
            self._store.remove(known)


def _stop(call: GoogleCalls, calendar: Service, channel: Subscription) -> None:
    body = {"id": channel.id, "resourceId": channel.resource}
    try:
        call(calendar.channels().stop(body=body))
    except NotFound:
        # It has ended by itself.
        return
