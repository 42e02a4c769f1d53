"""The day of a user in a few lines: meetings, tasks, mail, what waits for their word, and what others owe them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

_MOST_LINES: Final = 8
_LONGEST_LINE: Final = 140


@dataclass(frozen=True, slots=True)
class DayMeeting:
    """A meeting of the day."""

    begins: datetime
    minutes: int
    title: str


@dataclass(frozen=True, slots=True)
class DayTask:
    """A task that is due by the end of the day; ``overdue`` where it was due before the day."""

    title: str
    due: datetime
    overdue: bool
    day_only: bool = True


@dataclass(frozen=True, slots=True)
class Day:
    """What a user's day holds; a part is None where it could not be read. Times are aware.

    ``later_tasks`` counts open tasks that are not due yet. ``mails`` are titles of what was told of mail and not read,
    ``waiting`` what waits for the user's word, ``follow_ups`` what is promised and open.
    """

    day: date
    zone: ZoneInfo
    meetings: Sequence[DayMeeting] | None = ()
    tasks: Sequence[DayTask] | None = ()
    later_tasks: int = 0
    mails: Sequence[str] | None = ()
    waiting: Sequence[str] | None = ()
    follow_ups: Sequence[str] | None = ()


def briefing_title(day: date) -> str:
    """Return what the briefing of a day is called."""
    return f"Your {day:%A, %-d %B}"


def briefing_text(day: Day) -> str:
    """Return the whole briefing."""
    parts = (meetings_text(day), tasks_text(day), mails_text(day), waiting_text(day), follow_ups_text(day))
    return "\n\n".join(part for part in parts if part)


def meetings_text(day: Day) -> str:
    """Return the meetings, the first first."""
    if day.meetings is None:
        return "Your meetings cannot be read right now."
    if not day.meetings:
        return "No meetings today."
    lines = (
        f"• {one.begins.astimezone(day.zone):%H:%M} {_line(one.title)} ({one.minutes} min)" for one in day.meetings
    )
    return "\n".join([f"{_count(len(day.meetings), 'meeting')} today:", *_some(lines, len(day.meetings))])


def tasks_text(day: Day) -> str:
    """Return the tasks that are due, overdue ones first."""
    if day.tasks is None:
        return "Your tasks cannot be read right now."
    later = f"{_count(day.later_tasks, 'open task')} later." if day.later_tasks else ""
    if not day.tasks:
        return f"No tasks due today. {later}".strip()
    lines = (f"• {_line(one.title)} ({_due(one, day.zone)})" for one in day.tasks)
    listed = "\n".join([f"{_count(len(day.tasks), 'task')} due:", *_some(lines, len(day.tasks))])
    return f"{listed}\n{later}".strip()


def mails_text(day: Day) -> str:
    """Return the mail that was told of and not read."""
    return _listed(day.mails, "mail", "to look at", "Your mail cannot be read right now.")


def waiting_text(day: Day) -> str:
    """Return what waits for the user's word."""
    return _listed(day.waiting, "action", "waiting for your word", "What waits for your word cannot be read right now.")


def follow_ups_text(day: Day) -> str:
    """Return what is promised and open."""
    return _listed(day.follow_ups, "follow-up", "open", "Your follow-ups cannot be read right now.")


def _listed(found: Sequence[str] | None, what: str, how: str, missing: str) -> str:
    if found is None:
        return missing
    if not found:
        return ""
    lines = (f"• {_line(one)}" for one in found)
    return "\n".join([f"{_count(len(found), what)} {how}:", *_some(lines, len(found))])


def _some(lines: Iterator[str], number: int) -> list[str]:
    shown = [line for line, _ in zip(lines, range(_MOST_LINES), strict=False)]
    return [*shown, f"… and {number - _MOST_LINES} more."] if number > _MOST_LINES else shown


def _due(task: DayTask, zone: ZoneInfo) -> str:
    local = task.due.astimezone(zone)
    if task.overdue:
        return f"was due {local:%a %-d %b}"
    return "today" if task.day_only else f"today, {local:%H:%M}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _line(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= _LONGEST_LINE else f"{said[: _LONGEST_LINE - 1]}…"
