"""Tasks as the core sees them: words read, times known, goals found."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.calendar.problem import Minute
from assistant.domain.calendar.wall_clock import minute_of
from assistant.domain.errors import FieldError, InvalidRequest
from assistant.domain.sources import Source
from assistant.domain.tasks.due import Due, read_due
from assistant.domain.tasks.effort import Effort, read_effort, typical_effort
from assistant.domain.tasks.request import Goal, TaskFields
from assistant.domain.triage.cues import Cue, CueHit, find_cues, words
from assistant.domain.words import terms

_READ_UNTIL: Final = 2_000
_MOST_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Frame:
    """What "tomorrow" and "a day" mean here: the time, the user's zone, the business day's end and minutes."""

    now: datetime
    zone: ZoneInfo
    day_end: time
    workday: int


@dataclass(frozen=True, slots=True)
class Task:
    """A task to rank. ``text`` is its title and the start of its description, which ``tokens`` and ``hits`` index into.

    ``folded`` has the words in lower case without accents, one space apart.
    """

    id: str
    title: str
    text: str
    tokens: tuple[tuple[str, int, int], ...]
    folded: str
    hits: tuple[CueHit, ...]
    due: Due | None
    effort: Effort
    depends_on: tuple[str, ...]
    goals: tuple[Goal, ...]
    waiting: tuple[str, ...]
    stated: int | None
    """Importance in the user's own word, 1 to 10."""
    not_before: Minute | None = None
    splittable: bool = True
    source: Source | None = None
    """Where a task that was found, not given, comes from."""

    def said(self, *cues: Cue) -> tuple[str, ...]:
        """Return the words that speak for any of the cues, in reading order."""
        return tuple(dict.fromkeys(self.text[hit.start : hit.end] for hit in self.hits if hit.cue in cues))

    def saying(self, words_wanted: re.Pattern[str]) -> str | None:
        """Return the first words that match in ``folded``, as they are written."""
        match = words_wanted.search(self.folded)
        if match is None:
            return None
        first = self.folded.count(" ", 0, match.start())
        last = self.folded.count(" ", 0, match.end())
        return self.text[self.tokens[first][1] : self.tokens[last][2]]


def read_task(
    task_id: str, given: TaskFields, frame: Frame, goals: Sequence[Goal], *, source: Source | None = None
) -> tuple[Task | None, tuple[FieldError, ...]]:
    """Return the task, or the fields that cannot be read, relative to the task."""
    text = f"{given.title}\n{given.description}"[:_READ_UNTIL]
    tokens = words(text)
    folded = " ".join(word for word, _, _ in tokens)
    hits = find_cues(text, tokens)
    problems: list[FieldError] = []
    due: Due | None = None
    effort: Effort | None = None
    try:
        due = read_due(given.due_date or "", now=frame.now, zone=frame.zone, day_end=frame.day_end)
    except ValueError as error:
        problems.append(FieldError("due_date", str(error)))
    try:
        if given.estimated_time is not None:
            effort = read_effort(given.estimated_time, workday=frame.workday)
    except ValueError as error:
        problems.append(FieldError("estimated_time", str(error)))
    known = {goal.id for goal in goals}
    said = frozenset(terms(text)) if goals else frozenset[str]()
    problems += (
        FieldError(f"goals[{index}]", "is the id of no goal")
        for index, name in enumerate(given.goals)
        if name not in known
    )
    if problems:
        return None, tuple(problems)
    task = Task(
        id=task_id,
        title=given.title,
        text=text,
        tokens=tuple(tokens),
        folded=folded,
        hits=hits,
        due=due,
        effort=effort or typical_effort(folded, [hit.cue for hit in hits]),
        depends_on=tuple(dict.fromkeys(given.depends_on)),
        goals=tuple(goal for goal in goals if goal.id in given.goals or _shares_words(goal, said)),
        waiting=given.people_waiting,
        stated=given.importance,
        not_before=minute_of(given.start_after, frame.zone) if given.start_after else None,
        splittable=given.splittable,
        source=source,
    )
    return task, ()


def _shares_words(goal: Goal, said: frozenset[str]) -> bool:
    """Whether half of the goal's words, two at least where it has as many, stand in the task."""
    wanted = set(terms(goal.title))
    found = wanted & said
    return bool(found) and len(found) >= min(2, len(wanted)) and 2 * len(found) >= len(wanted)


def require_readable(problems: Iterable[FieldError]) -> None:
    """Raise InvalidRequest where there are problems, naming the first hundred."""
    shown = tuple(problems)[:_MOST_SHOWN]
    if shown:
        raise InvalidRequest("Some fields need another value.", errors=shown)
