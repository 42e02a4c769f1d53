"""What users were told, what is due and its queue, in memory."""

from collections.abc import Sequence
from datetime import datetime

from assistant.domain.notifications import Due, KeptNotification, News, Notification, subject_of
from assistant.ports.runtime import Clock
from tests.fakes.stores import Outage


class MemoryNotifications:
    """Implements ``ports.NotificationStore``."""

    def __init__(self, clock: Clock, outage: Outage | None = None) -> None:
        self._clock = clock
        self._outage = outage or Outage()
        self.kept: dict[tuple[str, str], KeptNotification] = {}

    def page(self, user_id: str, *, before: str | None, limit: int) -> Sequence[KeptNotification]:
        self._outage.check()
        mine = (one for (owner, _), one in self.kept.items() if owner == user_id)
        older = (one for one in mine if before is None or one.shown.id < before)
        return sorted(older, key=lambda one: one.shown.id, reverse=True)[:limit]

    def mark(self, user_id: str, notification_id: str, *, read_at: datetime | None) -> Notification | None:
        self._outage.check()
        known = self.kept.get((user_id, notification_id))
        if known is None or known.shown.expires_at <= self._clock.now():
            return None
        shown = known.shown.model_copy(update={"read_at": read_at})
        self.kept[user_id, notification_id] = known.model_copy(update={"shown": shown, "version": known.version + 1})
        return shown

    def find(self, user_id: str, subject: str) -> KeptNotification | None:
        self._outage.check()
        mine = (one for (owner, _), one in self.kept.items() if owner == user_id)
        found = [one for one in mine if subject_of(one.news.about) == subject]
        return next((one for one in found if one.shown.expires_at > self._clock.now()), None)

    def replace(self, user_id: str, kept: KeptNotification) -> bool:
        self._outage.check()
        place = (user_id, kept.shown.id)
        current = self.kept.get(place)
        if current and current.shown.expires_at <= self._clock.now():
            current = None
        if (current.version if current else 0) != kept.version:
            return False
        self.kept[place] = kept.model_copy(update={"version": kept.version + 1})
        return True


class MemoryDueIndex:
    """Implements ``ports.DueIndex``."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self.places: dict[Due, datetime | None] = {}

    def plan(self, due: Due, *, taken_until: datetime | None = None) -> None:
        self._outage.check()
        self.places.setdefault(_to_the_second(due), taken_until)

    def until(self, now: datetime, *, limit: int) -> Sequence[Due]:
        self._outage.check()
        free = (due for due, taken_until in self.places.items() if taken_until is None or taken_until <= now)
        return sorted((due for due in free if due.at <= now), key=lambda due: due.at)[:limit]

    def claim(self, due: Due, *, now: datetime, until: datetime) -> bool:
        self._outage.check()
        place = _to_the_second(due)
        taken_until = self.places.get(place)
        if place not in self.places or (taken_until and taken_until > now):
            return False
        self.places[place] = until
        return True

    def done(self, due: Due) -> None:
        self._outage.check()
        self.places.pop(_to_the_second(due), None)


class MemoryDueQueue:
    """Implements ``ports.DueQueue``."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self.jobs: list[Due] = []

    def send(self, job: Due) -> None:
        self._outage.check()
        self.jobs.append(job)


class MemoryNotifier:
    """Implements ``ports.Notifier``: remembers what was told of each thing."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self.told: dict[tuple[str, str], News] = {}

    def notify(self, user_id: str, news: News) -> bool:
        self._outage.check()
        earlier = self.told.get((user_id, news.about))
        if earlier and (earlier.at > news.at or earlier.says_the_same(news)):
            return False
        self.told[user_id, news.about] = news
        return True


def _to_the_second(due: Due) -> Due:
    return due.model_copy(update={"at": due.at.replace(microsecond=0)})
