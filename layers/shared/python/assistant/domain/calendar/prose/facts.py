"""What a summary of a plan may say: its facts, each with the numbers, times, days and titles that belong to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Final

from assistant.domain.calendar.changes import Change, ChangeType
from assistant.domain.calendar.metrics import Metrics, metrics
from assistant.domain.calendar.objective import do_nothing, over_maximum
from assistant.domain.calendar.plan import placed
from assistant.domain.calendar.plan_record import PlanRecord
from assistant.domain.calendar.problem import Problem, people
from assistant.domain.calendar.reasoning import visible_title
from assistant.domain.calendar.suggestions import Review, reviewed, saved_minutes
from assistant.domain.calendar.unmet import Unmet, UnmetKind, unmet

_MOST_CHANGES: Final = 3
_MOST_TASKS: Final = 2
_MOST_UNMET: Final = 2
# Focus time is told in all, and short buffers are for the list.
_NOT_SINGLE: Final = frozenset({UnmetKind.FOCUS_TIME, UnmetKind.BUFFER})
_QUOTES: Final = str.maketrans(dict.fromkeys('“”„‟«»"', "'"))


class FactKind(StrEnum):
    """What a fact is about; those from OVERLAP on are what the plan leaves unmet."""

    OVERALL = "overall"
    FOCUS = "focus"
    SAVED = "saved"
    MOVED = "moved"
    DECLINED = "declined"
    SHORTENED = "shortened"
    MERGED = "merged"
    TASK = "task"
    MORE = "more"
    OVERLAP = "overlap"
    OUTSIDE_HOURS = "outside_hours"
    OVER_MAXIMUM = "over_maximum"
    UNSCHEDULED_TASK = "unscheduled_task"
    FOCUS_MISSING = "focus_missing"
    MORE_UNMET = "more_unmet"


_UNMET: Final = frozenset(
    {
        FactKind.OVERLAP,
        FactKind.OUTSIDE_HOURS,
        FactKind.OVER_MAXIMUM,
        FactKind.UNSCHEDULED_TASK,
        FactKind.FOCUS_MISSING,
        FactKind.MORE_UNMET,
    }
)
_KINDS: Final[Mapping[ChangeType, FactKind]] = {
    ChangeType.RESCHEDULE: FactKind.MOVED,
    ChangeType.DECLINE: FactKind.DECLINED,
    ChangeType.SHORTEN: FactKind.SHORTENED,
    ChangeType.MERGE: FactKind.MERGED,
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing a summary may say, its values by name; times are in the user's zone, an empty title is none."""

    kind: FactKind
    titles: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    minutes: Mapping[str, int] = field(default_factory=dict)
    times: Mapping[str, datetime] = field(default_factory=dict)
    days: Mapping[str, date] = field(default_factory=dict)

    @property
    def must_be_said(self) -> bool:
        """Whether a summary without it would hide something: what the plan is about, and what it leaves unmet."""
        return self.kind is FactKind.OVERALL or self.kind in _UNMET


def plan_facts(record: PlanRecord) -> tuple[Fact, ...]:
    """Return the facts of a plan: in all, the changes worth most, its tasks, then what stays unmet."""
    problem, plan = record.problem, record.solution.plan
    review = reviewed(problem, plan)
    before, after = metrics(problem, do_nothing(problem)), metrics(problem, plan)
    altering = [change for change in review.changes if change.altered]
    changes = [_change(review, change) for change in islice(altering, _MOST_CHANGES)]
    tasks = [*islice(_tasks(review), _MOST_TASKS)]
    left_over = len(altering) - len(changes) + len(plan.tasks) - len(tasks)
    more = [Fact(FactKind.MORE, counts={"more": left_over})] if left_over else []
    overall = Fact(
        FactKind.OVERALL,
        counts={
            "changes": len({name for change in altering for name in change.altered}),
            "conflicts_before": before.conflicts,
            "conflicts_after": after.conflicts,
        },
        days={"first": problem.days[0].date, "last": problem.days[-1].date},
    )
    return (overall, *_gains(review, before, after), *changes, *tasks, *more, *_unmet(problem, review, after))


def _gains(review: Review, before: Metrics, after: Metrics) -> Iterator[Fact]:
    if before.protected_focus_minutes or after.protected_focus_minutes:
        protected = {"focus_before": before.protected_focus_minutes, "focus_after": after.protected_focus_minutes}
        yield Fact(FactKind.FOCUS, minutes=protected)
    events = {event.id: event for event in review.problem.events}
    saved = sum(saved_minutes(change, events) for change in review.changes)
    if saved:
        yield Fact(FactKind.SAVED, minutes={"saved": saved})


def _change(review: Review, change: Change) -> Fact:
    problem = review.problem
    events = {event.id: event for event in problem.events}
    altered = [events[name] for name in change.altered]
    times = {"old_start": problem.local(altered[0].start)}
    minutes = {}
    if change.at:
        times |= {"start": problem.local(change.at.start), "end": problem.local(change.at.end)}
        minutes["length"] = change.at.minutes
    if saved := saved_minutes(change, events):
        minutes["saved"] = saved
    return Fact(
        _KINDS[change.type],
        titles=tuple(_title(event.title) for event in altered),
        counts={"people": affected} if (affected := people(altered)) else {},
        minutes=minutes,
        times=times,
    )


def _tasks(review: Review) -> Iterator[Fact]:
    for task in review.problem.tasks:
        pieces = review.plan.tasks.get(task.id, ())
        if pieces:
            yield Fact(
                FactKind.TASK,
                titles=(_title(task.title),),
                minutes={"length": sum(piece.minutes for piece in pieces)},
                times={"start": review.problem.local(min(pieces).start)},
            )


def _unmet(problem: Problem, review: Review, after: Metrics) -> Iterator[Fact]:
    single = [one for one in unmet(problem, review.plan) if one.kind not in _NOT_SINGLE]
    for one in islice(single, _MOST_UNMET):
        yield _left_unmet(problem, review, one)
    if after.focus_shortfall_minutes:
        yield Fact(FactKind.FOCUS_MISSING, minutes={"missing": after.focus_shortfall_minutes})
    if len(single) > _MOST_UNMET:
        yield Fact(FactKind.MORE_UNMET)


def _left_unmet(problem: Problem, review: Review, one: Unmet) -> Fact:
    named = [event.title for name in one.event_ids for event in problem.events if event.id == name]
    named += [task.title for task in problem.tasks if task.id == one.task_id]
    counts = {}
    if one.kind is UnmetKind.OVER_MAXIMUM:
        most = problem.max_per_day or 0
        over = {day.date: more for day, more in over_maximum(problem, placed(problem, review.plan)).items()}
        counts = {"meetings": most + over[one.day], "most": most} if one.day else {}
    return Fact(
        FactKind(one.kind.value),
        titles=tuple(map(_title, named)),
        counts=counts,
        minutes={"minutes": one.minutes} if one.minutes else {},
        days={"day": one.day} if one.day else {},
    )


def _title(title: str) -> str:
    """Return a title as it may be quoted: what looks like the end of a quote is no quote any more."""
    return visible_title(title.translate(_QUOTES))
