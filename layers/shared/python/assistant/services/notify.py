"""Use case: tell a user something, once, by the channel they prefer and when they may be disturbed.

The dashboard has it at once. What goes elsewhere is planned in the index before it is kept, so that whatever breaks off
is found there by the next run; what may be sent now is handed to the queue as well.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from assistant.domain.errors import Conflict, Unavailable
from assistant.domain.notification_times import LONGEST_MEETING, Period, sending_time
from assistant.domain.notifications import Due, DueKind, KeptNotification, News, Urgency, subject_of, told
from assistant.domain.preferences import Preferences
from assistant.ports.meetings import MeetingStore
from assistant.ports.notifications import DueIndex, DueQueue, NotificationStore
from assistant.ports.runtime import Clock
from assistant.ports.users import PreferenceStore
from assistant.services.plan_briefing import plan_briefing

logger = logging.getLogger(__name__)

# As long as the queue takes to deliver, or to give up; then the next run hands it over again.
QUEUED_FOR: Final = timedelta(minutes=10)
IN_INBOX: Final = "It is in your inbox, so no mail tells of it."
TOO_LATE: Final = "It would have come too late elsewhere, so it is here."
_ATTEMPTS: Final = 5
_MOST_MEETINGS: Final = 100
_AHEAD: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class NotifyPorts:
    """The ports telling needs."""

    notifications: NotificationStore
    due: DueIndex
    queue: DueQueue
    meetings: MeetingStore
    preferences: PreferenceStore
    clock: Clock


class PreferredNotifier:
    """Implements ``ports.Notifier`` over the ports of its parts."""

    def __init__(self, ports: NotifyPorts) -> None:
        self._ports = ports

    def notify(self, user_id: str, news: News) -> bool:
        """Tell it; False when the same, or something newer, was told about the thing before."""
        return notify(user_id, news, ports=self._ports)


def notify(user_id: str, news: News, *, ports: NotifyPorts) -> bool:
    """Tell a user something; False when the same, or something newer, was told about the thing before.

    Raises:
        Conflict: what is told of the thing kept changing meanwhile.
        Unavailable: the store is down.
    """
    for _ in range(_ATTEMPTS):
        earlier = ports.notifications.find(user_id, subject_of(news.about))
        if earlier and (earlier.news.at > news.at or earlier.news.says_the_same(news)):
            return False
        if _tell(user_id, news, earlier, ports):
            return True
    raise Conflict("What is told of this is being changed elsewhere. Please try again.")


def when(user_id: str, news: News, preferences: Preferences, now: datetime, *, ports: NotifyPorts) -> datetime | None:
    """Return when news may be sent, ``now`` at the earliest; None where that would be too late. May be Unavailable."""
    if news.timed:
        return now
    meetings: list[Period] = []
    if news.urgency is not Urgency.ROUTINE:
        page, _ = ports.meetings.page(
            user_id, since=now - LONGEST_MEETING, until=now + _AHEAD, after=None, limit=_MOST_MEETINGS
        )
        meetings = [Period(one.begins_at, one.begins_at + timedelta(minutes=one.duration_minutes)) for one in page]
    return sending_time(news.urgency, now, preferences, meetings, news.not_after)


def hand_over(place: Due, queue: DueQueue) -> None:
    """Have a place that is planned done now, or by the next run where the queue is down."""
    try:
        queue.send(place)
    except Unavailable:
        logger.warning("a notification waits for the next run")


def _tell(user_id: str, news: News, earlier: KeptNotification | None, ports: NotifyPorts) -> bool:
    """Plan, keep and hand over; False when the kept notification is no longer ``earlier``."""
    now = ports.clock.now()
    preferences = ports.preferences.read(user_id).preferences
    plan_briefing(user_id, preferences, now, due=ports.due)
    kept = told(news, news.urgency.channel(preferences.notification_channels), earlier)
    if not kept.to_be_sent:
        return ports.notifications.replace(user_id, kept)
    if kept.is_mail_by_mail:
        return ports.notifications.replace(user_id, kept.left_here(IN_INBOX))
    at = when(user_id, news, preferences, now, ports=ports)
    if at is None:
        return ports.notifications.replace(user_id, kept.left_here(TOO_LATE))
    place = _place(user_id, news, at)
    if at > now:
        ports.due.plan(place)
        return ports.notifications.replace(user_id, kept.held(at))
    ports.due.plan(place, taken_until=now + QUEUED_FOR)
    if not ports.notifications.replace(user_id, kept):
        return False
    hand_over(place, ports.queue)
    return True


def _place(user_id: str, news: News, at: datetime) -> Due:
    if news.urgency is Urgency.ROUTINE and not news.timed:
        return Due(user_id=user_id, kind=DueKind.DIGEST, at=at)
    return Due(user_id=user_id, kind=DueKind.NOTIFICATION, at=at, subject=subject_of(news.about))
