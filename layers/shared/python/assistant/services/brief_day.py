"""Use case: the daily briefing: read the user's day and tell of it once, at their local time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from assistant.domain.day_briefing import Day, DayMeeting, DayTask, briefing_text, briefing_title
from assistant.domain.effects.wording import summary
from assistant.domain.errors import Unavailable
from assistant.domain.languages import WrittenLanguage
from assistant.domain.memory.memory import MemoryKind
from assistant.domain.notification_times import Period, briefing_day, home, whole_day
from assistant.domain.notifications import News, NotificationKind, Urgency, subject_of
from assistant.domain.preferences import Preferences
from assistant.domain.tasks.due import read_due
from assistant.ports.effects import EffectStore
from assistant.ports.meetings import MeetingStore
from assistant.ports.memory import MemoryStore
from assistant.ports.notifications import NotificationStore
from assistant.ports.tasks import TaskStore
from assistant.services.keep_tasks import active_tasks
from assistant.services.notify import NotifyPorts, notify
from assistant.services.plan_briefing import plan_briefing
from assistant.services.show_effects import waiting_effects

# A briefing that nobody could make in this time is of no use any more.
LATEST: Final = timedelta(hours=4)
_MOST_MEETINGS: Final = 50
_MOST_NOTIFICATIONS: Final = 100
_MOST_MEMORIES: Final = 200


@dataclass(frozen=True, slots=True)
class DayPorts:
    """The ports reading a day needs."""

    meetings: MeetingStore
    tasks: TaskStore
    memories: MemoryStore
    notifications: NotificationStore
    effects: EffectStore


def brief_day(user_id: str, *, notify_ports: NotifyPorts, ports: DayPorts) -> bool:
    """Tell a user of their day and plan the next time; False where it is too early, too late, a day off, or was done.

    Raises:
        Unavailable: the store is down.
    """
    now = notify_ports.clock.now()
    preferences = notify_ports.preferences.read(user_id).preferences
    plan_briefing(user_id, preferences, now, due=notify_ports.due)
    today = briefing_day(now, preferences)
    if today is None or not preferences.daily_briefing.enabled or not today[1] <= now <= today[1] + LATEST:
        return False
    about = f"daily_briefing:{today[0].isoformat()}"
    if ports.notifications.find(user_id, subject_of(about)):
        return False
    news = News(
        about=about,
        kind=NotificationKind.DAILY_BRIEFING,
        title=briefing_title(today[0]),
        text=briefing_text(read_day(user_id, preferences, now, ports=ports)),
        link=f"/api/v1/users/{user_id}/notifications",
        at=now,
        not_after=now + LATEST,
        timed=True,
    )
    return notify(user_id, news, ports=notify_ports)


def read_day(
    user_id: str,
    preferences: Preferences,
    now: datetime,
    *,
    language: WrittenLanguage = WrittenLanguage.ENGLISH,
    ports: DayPorts,
) -> Day:
    """Return what the user's day holds from now on; parts that are down are None."""
    zone = home(preferences)
    whole = whole_day(now.astimezone(zone).date(), zone)
    with ThreadPoolExecutor(5, thread_name_prefix="day") as pool:
        meetings = pool.submit(_tried, partial(_meetings, user_id, Period(now, whole.end), ports.meetings))
        tasks = pool.submit(_tried, partial(_tasks, user_id, preferences, now, whole, ports.tasks))
        mails = pool.submit(_tried, partial(_unread_mails, user_id, ports.notifications))
        waiting = pool.submit(_tried, partial(_waiting, user_id, now, language, ports.effects))
        follow_ups = pool.submit(_tried, partial(_follow_ups, user_id, now, ports.memories))
    due, later = tasks.result() or (None, 0)
    return Day(
        day=whole.start.astimezone(zone).date(),
        zone=zone,
        meetings=meetings.result(),
        tasks=due,
        later_tasks=later,
        mails=mails.result(),
        waiting=waiting.result(),
        follow_ups=follow_ups.result(),
    )


def _tried[Found](read: Callable[[], Found]) -> Found | None:
    try:
        return read()
    except Unavailable:
        return None


def _meetings(user_id: str, rest: Period, meetings: MeetingStore) -> list[DayMeeting]:
    page, _ = meetings.page(user_id, since=rest.start, until=rest.end, after=None, limit=_MOST_MEETINGS)
    return [DayMeeting(one.begins_at, one.duration_minutes, one.meeting_title) for one in page]


def _tasks(
    user_id: str, preferences: Preferences, now: datetime, day: Period, tasks: TaskStore
) -> tuple[list[DayTask], int]:
    """Return the tasks that are due by the end of the day, and how many are open beside them."""
    active, _ = active_tasks(user_id, tasks)
    zone, day_end = home(preferences), preferences.working_hours.end
    due: list[DayTask] = []
    for task in active:
        read = read_due(task.due_date or "", now=now, zone=zone, day_end=day_end)
        if read and read.at < day.end:
            due.append(DayTask(task.title, read.at, overdue=read.at < day.start, day_only=read.day_only))
    return sorted(due, key=lambda one: one.due), len(active) - len(due)


def _unread_mails(user_id: str, notifications: NotificationStore) -> tuple[str, ...]:
    """Return the titles of mails that were told of and not read; what is routine is for the digest."""
    page = [one.shown for one in notifications.page(user_id, before=None, limit=_MOST_NOTIFICATIONS)]
    unread = (one for one in page if one.read_at is None and one.urgency is not Urgency.ROUTINE)
    return tuple(one.title for one in unread if one.kind is NotificationKind.MAIL)


def _waiting(user_id: str, now: datetime, language: WrittenLanguage, effects: EffectStore) -> tuple[str, ...]:
    return tuple(summary(record.effect, language) for record in waiting_effects(user_id, now, effects))


def _follow_ups(user_id: str, now: datetime, memories: MemoryStore) -> tuple[str, ...]:
    page = (kept.memory for kept in memories.page(user_id, before=None, limit=_MOST_MEMORIES))
    return tuple(one.text for one in page if one.kind is MemoryKind.COMMITMENT and one.holds_at(now))
