"""Subscriptions of Microsoft Graph, for mail and calendars: made, renewed, ended."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from assistant.adapters.graph_api import GraphAccount, segment
from assistant.adapters.graph_message import moment
from assistant.domain.errors import NotFound
from assistant.domain.subscriptions import Subscription, Watched, secret_hash
from assistant.ports.subscriptions import SubscriptionStore

# Outlook takes 10,080 minutes at most; some less, so that clocks may differ.
WATCHED_FOR = timedelta(minutes=10_000)
# Of mail only what arrives is news; what the assistant does there would come back as a change.
_CHANGES: Mapping[Watched, str] = {Watched.MAIL: "created", Watched.CALENDAR: "created,updated,deleted"}


class GraphSubscriptions:
    """Subscriptions whose notifications go to ``url``; ``store`` knows them."""

    def __init__(self, store: SubscriptionStore, url: str) -> None:
        self._store = store
        self._url = url

    def watch(self, account: GraphAccount, watched: Watched, resource: str, now: datetime) -> datetime:
        """Ask for notifications of a resource, or for more time; return until when Graph sends them."""
        until = (now + WATCHED_FOR).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        known = self._store.of_connection(account.connection, watched)
        if known:
            try:
                renewed = account.patch(f"subscriptions/{segment(known.id)}", {"expirationDateTime": until})
            except NotFound:
                self._store.remove(known)
            else:
                expires_at = moment(renewed["expirationDateTime"])
                self._store.put(replace(known, expires_at=expires_at))
                return expires_at
        return self._subscribe(account, watched, resource, until)

    def unwatch(self, account: GraphAccount, watched: Watched) -> None:
        """Ask for no more notifications."""
        known = self._store.of_connection(account.connection, watched)
        if known:
            account.delete(f"subscriptions/{segment(known.id)}")
            self._store.remove(known)

    def _subscribe(self, account: GraphAccount, watched: Watched, resource: str, until: str) -> datetime:
        secret = secrets.token_urlsafe(32)
        made = account.post(
            "subscriptions",
            {
                "changeType": _CHANGES[watched],
                "notificationUrl": self._url,
                "lifecycleNotificationUrl": self._url,
                "resource": resource,
                "expirationDateTime": until,
                "clientState": secret,
            },
        )
        connection = account.connection
        subscription = Subscription(
            id=made["id"],
            user_id=connection.user_id,
            connection_id=connection.id,
            watched=watched,
            secret_hash=secret_hash(secret),
            expires_at=moment(made["expirationDateTime"]),
            tenant=connection.tenant,
        )
        self._store.put(subscription)
        return subscription.expires_at
