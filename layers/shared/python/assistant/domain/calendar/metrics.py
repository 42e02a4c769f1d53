"""What a calendar is like before and after a plan, in numbers a person understands."""

from dataclasses import dataclass
from datetime import date

from assistant.domain.calendar.intervals import during, free, union
from assistant.domain.calendar.objective import (
    focus_missing,
    meetings_a_day,
    outside_minutes,
    overlapping_pairs,
    short_buffers,
)
from assistant.domain.calendar.plan import Plan, placed
from assistant.domain.calendar.problem import Problem


@dataclass(frozen=True, slots=True)
class Metrics:
    """A calendar in numbers; a free gap is a stretch of the working hours without events."""

    conflicts: int
    outside_minutes: int
    """Of meetings outside the allowed hours."""
    buffer_violations: int
    """Pairs of meetings with less than the buffer between."""
    meeting_minutes: int
    meetings_per_day: dict[date, int]
    """Of every working day."""
    protected_focus_minutes: int
    focus_shortfall_minutes: int
    potential_focus_minutes: int
    """In free gaps long enough for a focus block."""
    fragmented_minutes: int
    """In free gaps that are not."""
    fragments: int
    """How many such gaps there are."""
    longest_free_block: int
    """Minutes."""


def metrics(problem: Problem, plan: Plan) -> Metrics:
    """Return the numbers of the calendar an allowed plan makes; "before" is that of ``do_nothing``."""
    calendar = placed(problem, plan)
    meetings = [one.at for one in calendar if one.event.is_meeting]
    days = [day for day in problem.days if day.open]
    a_day = meetings_a_day(problem, calendar)
    taken = union(one.at for one in calendar)
    gaps = [gap.minutes for day in days for gap in free(day.work, during(taken, day.work))]
    fragments = [minutes for minutes in gaps if minutes < problem.min_focus_block]
    return Metrics(
        conflicts=overlapping_pairs(calendar),
        outside_minutes=sum(outside_minutes(problem, at) for at in meetings),
        buffer_violations=short_buffers(problem, calendar),
        meeting_minutes=sum(at.minutes for at in meetings),
        meetings_per_day={day.date: a_day[day] for day in days},
        protected_focus_minutes=sum(day.focus_kept for day in days) + sum(block.minutes for block in plan.focus),
        focus_shortfall_minutes=(
            sum(focus_missing(problem, plan.focus).values()) + sum(day.focus_beyond for day in problem.days)
        ),
        potential_focus_minutes=sum(gaps) - sum(fragments),
        fragmented_minutes=sum(fragments),
        fragments=len(fragments),
        longest_free_block=max(gaps, default=0),
    )
