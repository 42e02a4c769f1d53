"""What to do about the ranking and the plan, in a few short sentences; titles are data: quoted and shortened."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.calendar.problem import Minute
from assistant.domain.calendar.reasoning import duration, shown_title
from assistant.domain.tasks.daily_plan import DailyPlan, Left
from assistant.domain.tasks.ranking import Quadrant, Ranked
from assistant.domain.tasks.urgency import shown_time

MOST: Final = 5
_NAMED: Final = 2
_SHORT_OF_TIME: Final = frozenset({Left.NO_TIME, Left.NO_TIME_BEFORE_DUE, Left.NO_STRETCH})


def recommendations(ranked: Sequence[Ranked], plan: DailyPlan, now: datetime, zone: ZoneInfo) -> tuple[str, ...]:
    """Return at most five sentences, what matters most first."""
    return tuple(_sentences(ranked, plan, now, zone))[:MOST]


def _sentences(ranked: Sequence[Ranked], plan: DailyPlan, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    by_id = {one.task.id: one for one in ranked}
    overdue = [one for one in ranked if one.task.due is not None and one.task.due.at < now]
    if overdue:
        yield f"{_count(len(overdue), 'task is', 'tasks are')} overdue: do {_titles(overdue)} first or set a new date."
    if plan.blocks:
        first = plan.blocks[0]
        yield f"Next: {shown_title(by_id[first.task_id].task.title)}, {_span(first.at.start, first.at.end, zone)}."
    short = [by_id[one.task_id] for one in plan.left_out if one.reason in _SHORT_OF_TIME]
    if short:
        needed = duration(sum(one.task.effort.minutes for one in short))
        yield f"No time is left for {_titles(short)} ({needed} in all): move a date, or hand something over."
    late = [by_id[name] for name in dict.fromkeys(block.task_id for block in plan.blocks if block.late)]
    late = [one for one in late if one not in overdue]
    if late:
        yield f"{_titles(late)} will be late even if begun at once: tell those who wait."
    yield from _by_quadrant(ranked)


def _by_quadrant(ranked: Sequence[Ranked]) -> Iterator[str]:
    of = {quadrant: [one for one in ranked if one.quadrant is quadrant] for quadrant in Quadrant}
    if of[Quadrant.Q3]:
        yield f"Delegate {_titles(of[Quadrant.Q3])}: urgent, but little depends on you."
    if of[Quadrant.Q2]:
        yield f"Keep time for {_titles(of[Quadrant.Q2])} before it becomes urgent."
    if of[Quadrant.Q4]:
        yield f"Drop or postpone {_titles(of[Quadrant.Q4])}."


def _titles(some: Sequence[Ranked]) -> str:
    named = [shown_title(one.task.title) for one in some[:_NAMED]]
    more = len(some) - len(named)
    return f"{', '.join(named)} and {more} more" if more else " and ".join(named)


def _span(start: Minute, end: Minute, zone: ZoneInfo) -> str:
    finish = datetime.fromtimestamp(end * 60, zone)
    return f"{shown_time(datetime.fromtimestamp(start * 60, UTC), zone)}–{finish:%H:%M}"


def _count(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"
