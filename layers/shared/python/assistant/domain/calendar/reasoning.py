"""Suggestions in plain words, each claim with the number that bears it out. Titles are data: quoted and shortened."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.domain.calendar.changes import Change, ChangeType
from assistant.domain.calendar.metrics import Metrics
from assistant.domain.calendar.plan import Placed
from assistant.domain.calendar.problem import Event, Interval, Problem, people
from assistant.domain.mail_invisible import one_line

UNTITLED_TASK = "an untitled task"
_LONGEST_TITLE = 60
_MOST_NAMED = 2
_WEEK = 7
_INSTRUCTIONS: Mapping[ChangeType, str] = {
    ChangeType.RESCHEDULE: "Move {0} to {time}.",
    ChangeType.DECLINE: "Decline {0}.",
    ChangeType.SHORTEN: "Shorten {0} to {length}: {time}.",
    ChangeType.MERGE: "Make one meeting of {0} and {1}: {time}.",
    ChangeType.ADD_BUFFER: "Keep {length} free between {0} and {1}: {time}.",
    ChangeType.FOCUS_BLOCK: "Protect {length} of focus time: {time}.",
    ChangeType.TASK_BLOCK: "Work on {0}: {time}.",
}


@dataclass(frozen=True, slots=True)
class Effect:
    """A calendar with and without one change, and what else it makes possible."""

    with_it: Metrics
    without: Metrics
    calendar: Sequence[Placed]
    """Of the whole plan."""
    enables: tuple[str, ...]
    """Titles of what depends on the change."""


@dataclass(frozen=True, slots=True)
class Titles:
    """By id; an event and a task may have the same."""

    events: Mapping[str, str]
    tasks: Mapping[str, str]


def shown_title(title: str, *, untitled: str = "an untitled event") -> str:
    """Return a title in quotes on one line, at most 60 characters of it."""
    visible = visible_title(title)
    return f"“{visible}”" if visible else untitled


def visible_title(title: str) -> str:
    """Return what a person sees of a title, on one line, at most 60 characters of it."""
    visible = one_line(title)
    return visible if len(visible) <= _LONGEST_TITLE else f"{visible[: _LONGEST_TITLE - 1].rstrip()}…"


def duration(minutes: int) -> str:
    """Return ``45 min``, ``2 h`` or ``1 h 30 min``."""
    hours, rest = divmod(minutes, 60)
    return " ".join(
        part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "") if part
    )


def when(problem: Problem, at: Interval) -> str:
    """Return ``Mon 20 Jan, 10:00–11:00`` in the user's zone."""
    start, end = problem.local(at.start), problem.local(at.end)
    return f"{start:%a} {start.day} {start:%b}, {start:%H:%M}–{end:%H:%M}"


def instruction(problem: Problem, change: Change, titles: Titles) -> str:
    """Return what to do, in one sentence."""
    named = [shown_title(titles.events[name]) for name in change.events]
    if change.task:
        named.append(shown_title(titles.tasks[change.task], untitled=UNTITLED_TASK))
    return _INSTRUCTIONS[change.type].format(
        *named,
        time=when(problem, change.at) if change.at else "",
        length=duration(change.at.minutes) if change.at else "",
    )


def reasoning(problem: Problem, change: Change, effect: Effect, events: Mapping[str, Event]) -> str:
    """Return why: what the change gains, then what it asks of others."""
    match change.type:
        case ChangeType.ADD_BUFFER:
            return f"The plan makes this gap; {duration(problem.buffer)} is the buffer you want between two meetings."
        case ChangeType.FOCUS_BLOCK:
            return _focus_reason(problem, change)
        case ChangeType.TASK_BLOCK:
            return _task_reason(problem, change)
    gains = [*_gains(problem, change, effect, events)]
    if not gains and effect.enables:
        gains = [f"makes room for {_named(effect.enables)}"]
    words = ", ".join(gains[:-1]) + " and " + gains[-1] if len(gains) > 1 else "".join(gains)
    return f"{words[:1].upper()}{words[1:]}; {_price(problem, change, events)}."


def _gains(problem: Problem, change: Change, effect: Effect, events: Mapping[str, Event]) -> Iterator[str]:
    now, otherwise = effect.with_it, effect.without
    overlaps = otherwise.conflicts - now.conflicts
    if overlaps > 0:
        yield _overlaps(problem, change, effect, events, overlaps)
    if (minutes := otherwise.outside_minutes - now.outside_minutes) > 0:
        yield f"takes {duration(minutes)} of meetings out of the time you keep free of them"
    if (meetings := _over_maximum(problem, otherwise) - _over_maximum(problem, now)) > 0:
        yield f"takes {_count(meetings, 'meeting')} off days with more than {problem.max_per_day}"
    if (minutes := otherwise.focus_shortfall_minutes - now.focus_shortfall_minutes) > 0:
        yield f"protects {duration(minutes)} more focus time"
    if (gaps := otherwise.buffer_violations - now.buffer_violations) > 0:
        yield f"gives {_count(gaps, 'pair')} of meetings back the buffer of {duration(problem.buffer)}"


def _overlaps(problem: Problem, change: Change, effect: Effect, events: Mapping[str, Event], number: int) -> str:
    """Return its own overlaps with what stands where it stood, and how many others it resolves or makes beside."""
    freed = [events[name].at for name in change.events]
    pairs = [
        f"{shown_title(one.event.title)} ({when(problem, one.event.at)})"
        for at in freed
        for one in effect.calendar
        if one.event.id not in change.events and one.at.overlaps(at) and one.event.at.overlaps(at)
    ]
    if not pairs:
        return f"resolves {_count(number, 'overlap')}"
    own = f"resolves {_count(len(pairs), 'overlap')} with {_named([*dict.fromkeys(pairs)])}"
    if number > len(pairs):
        return f"{own}, lets {number - len(pairs)} more be resolved"
    return f"{own}, makes {_count(len(pairs) - number, 'other')}" if number < len(pairs) else own


def _price(problem: Problem, change: Change, events: Mapping[str, Event]) -> str:
    """Return what the change asks: how far it moves, and how many people it concerns."""
    event = events[change.events[0]]
    affected = f"{_count(people(events[name] for name in change.events), 'other person', 'other people')} affected"
    if change.type is ChangeType.DECLINE or change.at is None:
        return f"gives back {duration(event.minutes)}, {affected}"
    if change.type is ChangeType.SHORTEN:
        return f"ends {duration(event.minutes - change.at.minutes)} earlier, {affected}"
    if change.type is ChangeType.MERGE:
        saved = sum(events[name].minutes for name in change.events) - change.at.minutes
        return f"one meeting instead of two saves {duration(saved)}, {affected}"
    return f"{_moved_by(problem, event, change.at)}, {affected}"


def _moved_by(problem: Problem, event: Event, at: Interval) -> str:
    before, after = problem.local(event.start), problem.local(at.start)
    days = (after.date() - before.date()).days
    if not days:
        return f"moves it {duration(abs(at.start - event.start))} {'later' if at.start > event.start else 'earlier'}"
    if abs(days) < _WEEK:
        return f"moves it from {before:%A %H:%M} to {after:%A %H:%M}"
    return f"moves it from {before:%A} {before.day} {before:%b %H:%M} to {after:%A} {after.day} {after:%b %H:%M}"


def _focus_reason(problem: Problem, change: Change) -> str:
    day = problem.day_at(change.at.start) if change.at else None
    wanted = duration(day.focus_kept + day.focus_wanted + day.focus_beyond) if day else ""
    return f"You want {wanted} of focus time that day; this is free of events for {_length(change)} in one piece."


def _task_reason(problem: Problem, change: Change) -> str:
    task = next(task for task in problem.tasks if task.id == change.task)
    deadline = problem.local(task.deadline)
    words = f"Free of events, and before it is due ({deadline:%a} {deadline.day} {deadline:%b}, {deadline:%H:%M})"
    return f"{words}; one of {task.chunks} pieces of {duration(task.chunk)}." if task.chunks > 1 else f"{words}."


def _length(change: Change) -> str:
    return duration(change.at.minutes) if change.at else ""


def _over_maximum(problem: Problem, numbers: Metrics) -> int:
    most = problem.max_per_day
    return 0 if most is None else sum(max(0, meetings - most) for meetings in numbers.meetings_per_day.values())


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return " and ".join([*names[:_MOST_NAMED], *([f"{more} more"] if more > 0 else [])])


def _count(number: int, singular: str, plural: str | None = None) -> str:
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
