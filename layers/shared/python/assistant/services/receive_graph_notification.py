"""Use case: take notifications of Microsoft Graph, and queue what they are about.

They only say that something happened; what did, the worker asks Graph. Each is held against the subscription that it
names, so that one that proves nothing keeps no other from being taken.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Annotated, Any, Final

from pydantic import AliasChoices, BaseModel, Field, ValidationError

from assistant.domain.errors import Malformed, NotAuthentic
from assistant.domain.mailbox_sync import MailboxSync, SyncReason
from assistant.domain.subscriptions import Subscription, Watched
from assistant.ports.mailbox_sync import MailboxQueue
from assistant.ports.runtime import Clock
from assistant.ports.subscriptions import SubscriptionStore

logger = logging.getLogger(__name__)

_LONGEST_NAME: Final = 200
_LONGEST_RESOURCE: Final = 2000
# More does not fit into a delivery.
_MOST_AT_ONCE: Final = 1000
# As many as one read takes: who proves nothing costs no more. Reconciliation finds what a delivery told of others.
_MOST_SUBSCRIPTIONS: Final = 100


class _Resource(BaseModel):
    etag: Annotated[str, Field(alias="@odata.etag", max_length=_LONGEST_NAME)] = ""


class _Notification(BaseModel):
    subscription_id: Annotated[str, Field(alias="subscriptionId", min_length=1, max_length=_LONGEST_NAME)]
    client_state: Annotated[str, Field(alias="clientState", max_length=_LONGEST_NAME)]
    # What becomes of a subscription is told under another name: microsoftgraph/msgraph-sdk-dotnet issue 3103.
    tenant: Annotated[str, Field(validation_alias=AliasChoices("tenantId", "organizationId"), max_length=_LONGEST_NAME)]
    resource: Annotated[str, Field(max_length=_LONGEST_RESOURCE)] = ""
    # An event may change again while the queue remembers what it was told of it.
    resource_data: Annotated[_Resource | None, Field(alias="resourceData")] = None
    lifecycle_event: Annotated[str | None, Field(alias="lifecycleEvent", max_length=_LONGEST_NAME)] = None

    @property
    def news(self) -> str:
        """What is the same however often it is told."""
        etag = self.resource_data.etag if self.resource_data else ""
        return f"{self.lifecycle_event} {self.resource} {etag}"


class _Delivery(BaseModel):
    value: Annotated[list[Any], Field(min_length=1, max_length=_MOST_AT_ONCE)]


@dataclass(frozen=True, slots=True)
class GraphNotificationPorts:
    """The ports notifications of Graph need; ``queues`` by what is watched."""

    subscriptions: SubscriptionStore
    queues: Mapping[Watched, MailboxQueue]
    clock: Clock


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a delivery: subscriptions to look at, and notifications that prove nothing."""

    queued: int
    refused: int


def receive_graph_notifications(body: bytes, *, ports: GraphNotificationPorts) -> Taken:
    """Queue what the proven notifications are about, once for each subscription.

    Raises:
        NotAuthentic: none of them is proven.
        Malformed: the body is no delivery of notifications.
        Unavailable: the store or the queue is down; Graph delivers again.
    """
    try:
        given = _Delivery.model_validate_json(body).value
    except ValidationError:
        raise Malformed("These are no notifications of Microsoft Graph.") from None
    proven = _proven(given, ports.subscriptions)
    refused = len(given) - sum(map(len, proven.values()))
    if not proven:
        raise NotAuthentic("No notification is of a subscription of this deployment.")
    if refused:
        logger.warning("notifications were refused", extra={"refused": refused})
    jobs = defaultdict(list)
    for one, some in proven.items():
        jobs[one.watched].append(_job(one, some, ports.clock))
    for watched, queued in jobs.items():
        ports.queues[watched].request(queued)
    return Taken(queued=len(proven), refused=refused)


def _proven(given: Sequence[object], store: SubscriptionStore) -> Mapping[Subscription, Sequence[_Notification]]:
    """Return by subscription the notifications that carry its secret and name its organisation."""
    named: defaultdict[str, list[_Notification]] = defaultdict(list)
    for item in given:
        with suppress(ValidationError):
            read = _Notification.model_validate(item)
            named[read.subscription_id].append(read)
    known = store.find_all(list(islice(named, _MOST_SUBSCRIPTIONS))) if named else ()
    checked = ((one, [each for each in named[one.id] if _proves(each, one)]) for one in known)
    return {one: some for one, some in checked if some}


def _proves(notification: _Notification, subscription: Subscription) -> bool:
    return subscription.knows(notification.client_state) and subscription.is_of(notification.tenant)


def _job(subscription: Subscription, notifications: Sequence[_Notification], clock: Clock) -> MailboxSync:
    """Return what to do; where Graph tells of the subscription itself, it is to be renewed or made again."""
    news = sorted({one.news for one in notifications})
    ends = any(one.lifecycle_event for one in notifications)
    return MailboxSync(
        id=sha256("\n".join((subscription.id, *news)).encode()).hexdigest(),
        user_id=subscription.user_id,
        connection_id=subscription.connection_id,
        reason=SyncReason.UNWATCHED if ends else SyncReason.NOTIFIED,
        noticed_at=clock.now(),
    )
