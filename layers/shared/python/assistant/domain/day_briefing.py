"""The day of a user in a few lines: meetings, tasks, mail, what waits for their word, and what others owe them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.day_words import DAY_WORDS, Counted, DayWords
from assistant.domain.languages import WrittenLanguage, written_day

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
    ``waiting`` says what waits for the user's word, ``follow_ups`` what is promised and open.
    """

    day: date
    zone: ZoneInfo
    meetings: Sequence[DayMeeting] | None = ()
    tasks: Sequence[DayTask] | None = ()
    later_tasks: int = 0
    mails: Sequence[str] | None = ()
    waiting: Sequence[str] | None = ()
    follow_ups: Sequence[str] | None = ()


def briefing_title(day: date, language: WrittenLanguage = WrittenLanguage.ENGLISH) -> str:
    """Return what the briefing of a day is called."""
    return DAY_WORDS[language].title.format(day=written_day(day, language))


def briefing_text(day: Day, language: WrittenLanguage = WrittenLanguage.ENGLISH) -> str:
    """Return the whole briefing."""
    words = DAY_WORDS[language]
    parts = (
        _meetings(day, words),
        _tasks(day, language),
        _listed(day.mails, words.mails, words.mails_missing, words),
        _listed(day.waiting, words.waiting, words.waiting_missing, words),
        _listed(day.follow_ups, words.follow_ups, words.follow_ups_missing, words),
    )
    return "\n\n".join(part for part in parts if part)


def _meetings(day: Day, words: DayWords) -> str:
    """Return the meetings, the first first."""
    if day.meetings is None:
        return words.meetings_missing
    if not day.meetings:
        return words.no_meetings
    lines = (f"{one.begins.astimezone(day.zone):%H:%M} {_line(one.title)} ({one.minutes} min)" for one in day.meetings)
    return _list(lines, len(day.meetings), words.meetings, words)


def _tasks(day: Day, language: WrittenLanguage) -> str:
    """Return the tasks that are due, overdue ones first."""
    words = DAY_WORDS[language]
    if day.tasks is None:
        return words.tasks_missing
    later = _count(day.later_tasks, words.later_tasks) if day.later_tasks else ""
    if not day.tasks:
        return f"{words.no_tasks} {later}".strip()
    lines = (f"{_line(one.title)} ({_due(one, day.zone, language)})" for one in day.tasks)
    return f"{_list(lines, len(day.tasks), words.tasks, words)}\n{later}".strip()


def _listed(found: Sequence[str] | None, heading: Counted, missing: str, words: DayWords) -> str:
    if found is None:
        return missing
    return _list(map(_line, found), len(found), heading, words) if found else ""


def _list(lines: Iterable[str], number: int, heading: Counted, words: DayWords) -> str:
    shown = [f"• {line}" for line in islice(lines, _MOST_LINES)]
    more = [words.more.format(number - _MOST_LINES)] if number > _MOST_LINES else []
    return "\n".join([_count(number, heading), *shown, *more])


def _due(task: DayTask, zone: ZoneInfo, language: WrittenLanguage) -> str:
    words, local = DAY_WORDS[language], task.due.astimezone(zone)
    if task.overdue:
        return words.was_due.format(day=written_day(local.date(), language))
    return words.due_today if task.day_only else words.due_at.format(time=f"{local:%H:%M}")


def _count(number: int, counted: Counted) -> str:
    return counted[number != 1].format(number)


def _line(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= _LONGEST_LINE else f"{said[: _LONGEST_LINE - 1]}…"
