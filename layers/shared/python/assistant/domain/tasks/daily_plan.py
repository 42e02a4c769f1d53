"""When to do what: tasks in the free working time of the coming days, most pressing first.

A task is taken while all taken so far, done in the order of their deadlines, still fit; so a pressing task is never
given up for one that matters less. Those taken are placed in that order, as early as possible; on its day an important
task goes to the peak hours and an unimportant one stays out of them. What is late already is placed first.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from math import inf
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.calendar.intervals import during, minus, up
from assistant.domain.calendar.problem import Interval, Minute
from assistant.domain.calendar.reasoning import duration
from assistant.domain.calendar.wall_clock import minute_of
from assistant.domain.tasks.dependencies import blocks
from assistant.domain.tasks.free_time import FreeTime
from assistant.domain.tasks.ranking import Quadrant, Ranked
from assistant.domain.tasks.urgency import shown_time

_MOST_RETRIES: Final = 5


class Left(StrEnum):
    """Why a task is not planned."""

    ELIMINATED = "eliminated"
    DELEGATED = "delegated"
    BLOCKED = "blocked"
    STARTS_LATER = "starts_later"
    NO_TIME = "no_time"
    NO_TIME_BEFORE_DUE = "no_time_before_due"
    NO_STRETCH = "no_stretch"


@dataclass(frozen=True, slots=True)
class PlanRules:
    """How to place work; lengths in minutes. ``peak`` is when the user works best, sorted and apart."""

    zone: ZoneInfo
    grid: int
    days: tuple[Interval, ...]
    """The days to plan, midnight to midnight."""
    peak: tuple[Interval, ...] = ()
    longest: int = 120
    """A longer piece is broken off, and a pause of one step of the grid follows."""
    shortest: int = 30
    """A shorter piece is no use, unless the task is shorter."""
    delegate_to: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a task; ``late`` where it ends after the task is due."""

    task_id: str
    at: Interval
    part: int
    parts: int
    peak: bool
    late: bool


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A task that is not planned, and why."""

    task_id: str
    reason: Left
    detail: str


@dataclass(frozen=True, slots=True)
class DailyPlan:
    """Blocks in time order, and what is left out in rank."""

    blocks: tuple[Block, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class _Job:
    """A task to place: ``due`` is the minute it may not pass, ``latest`` the free minutes by which it must be done."""

    ranked: Ranked
    place: int
    need: int
    due: Minute
    latest: float
    late: bool

    @property
    def id(self) -> str:
        return self.ranked.task.id


def plan_days(ranked: Sequence[Ranked], free: FreeTime, rules: PlanRules) -> DailyPlan:
    """Return when to do the tasks, which come most pressing first and none before one it depends on."""
    gaps = tuple(during(free.gaps, Interval(rules.days[0].start, rules.days[-1].end))) if rules.days else ()
    jobs = _jobs(ranked, free, rules)
    taken, left = _taken(jobs, sum(gap.minutes for gap in gaps), rules)
    placed: Mapping[str, tuple[Interval, ...]] = {}
    retries = _MOST_RETRIES
    for _ in range(len(taken) + 1):
        placed, failed = _placed(taken, gaps, rules)
        if failed is None:
            break
        # Rather than the task that found no stretch, give up the least pressing of those that took it.
        rivals = [job for job in taken if job.id in placed and job.place > failed.place and not _needed(job, taken)]
        dropped = max(rivals, key=lambda job: job.place) if rivals and retries else failed
        retries -= bool(rivals and retries)
        left.append(_no_stretch(dropped, rules))
        taken, blocked = _without_blocked([job for job in taken if job is not dropped], left)
        left += blocked
    order = {one.task.id: index for index, one in enumerate(ranked)}
    return DailyPlan(
        blocks=tuple(sorted((block for job in taken for block in _blocks(job, placed[job.id], rules)), key=_start)),
        left_out=tuple(sorted(left, key=lambda one: order[one.task_id])),
    )


def _start(block: Block) -> Minute:
    return block.at.start


def _jobs(ranked: Sequence[Ranked], free: FreeTime, rules: PlanRules) -> tuple[_Job, ...]:
    """Return a job for each task; what it blocks must still be possible after it."""
    by_id = {one.task.id: one for one in ranked}
    waiting = blocks([one.task for one in ranked])
    latest: dict[str, float] = {}
    jobs: list[_Job] = []
    for place, one in reversed(list(enumerate(ranked))):
        need = up(one.task.effort.minutes, rules.grid)
        due = minute_of(one.task.due.at, rules.zone) if one.task.due else None
        own = inf if due is None else free.until(due)
        after = (latest[name] - up(by_id[name].task.effort.minutes, rules.grid) for name in waiting[one.task.id])
        latest[one.task.id] = min([own, *after])
        late = need > latest[one.task.id]
        end = rules.days[-1].end if rules.days else free.now
        bound = end if due is None or late else min(due, end)
        jobs.append(_Job(one, place, need, bound, latest[one.task.id], late))
    return tuple(reversed(jobs))


def _taken(jobs: Sequence[_Job], whole: int, rules: PlanRules) -> tuple[list[_Job], list[LeftOut]]:
    """Return the jobs that fit together, and those left out."""
    taken: list[_Job] = []
    left: dict[str, LeftOut] = {}
    for job in jobs:
        reason = _unwanted(job, left, rules)
        if reason is None:
            together = [*taken]
            insort(together, job, key=_by_deadline)
            reason = _too_much(job, together, whole, rules)
            if reason is None:
                taken = together
                continue
        left[job.id] = reason
    return taken, list(left.values())


def _by_deadline(job: _Job) -> tuple[float, int]:
    return (job.latest, job.place)


def _unwanted(job: _Job, left: Mapping[str, LeftOut], rules: PlanRules) -> LeftOut | None:
    task, quadrant = job.ranked.task, job.ranked.quadrant
    blocker = next((name for name in task.depends_on if name in left), None)
    if quadrant is Quadrant.Q4:
        return LeftOut(job.id, Left.ELIMINATED, "Neither urgent nor important: nothing is planned for it.")
    if quadrant is Quadrant.Q3 and rules.delegate_to:
        return LeftOut(job.id, Left.DELEGATED, f"Urgent but not important: delegate it to {rules.delegate_to}.")
    if blocker is not None:
        return LeftOut(job.id, Left.BLOCKED, f"Waits for {blocker}, which is not planned.")
    if task.not_before is not None and (not rules.days or task.not_before >= rules.days[-1].end):
        return LeftOut(job.id, Left.STARTS_LATER, "Is not to be started within the days planned.")
    return None


def _too_much(job: _Job, together: Sequence[_Job], whole: int, rules: PlanRules) -> LeftOut | None:
    """Return why the job does not fit beside the others, None where all do, one after the other by deadline."""
    used, missing, in_days = 0, 0.0, False
    for one in together:
        used += one.need
        limit = whole if one.late else min(whole, one.latest)
        if used - limit > missing:
            missing, in_days = used - limit, limit == whole
    return _no_time(job, max(0, int(job.need - missing)), rules, in_days=in_days) if missing else None


def _no_time(job: _Job, left: int, rules: PlanRules, *, in_days: bool) -> LeftOut:
    needs, room = duration(job.need), duration(left)
    task = job.ranked.task
    if in_days or task.due is None:
        detail = f"Needs {needs}; the days planned have {room} left beside more pressing tasks."
        return LeftOut(job.id, Left.NO_TIME, detail)
    detail = f"Needs {needs} by {shown_time(task.due.at, rules.zone)}; more pressing tasks leave {room} until then."
    return LeftOut(job.id, Left.NO_TIME_BEFORE_DUE, detail)


def _no_stretch(job: _Job, rules: PlanRules) -> LeftOut:
    task = job.ranked.task
    least = min(job.need, rules.shortest) if task.splittable else job.need
    detail = f"Needs {duration(job.need)} in stretches of {duration(least)} or more; more pressing tasks leave too few."
    return LeftOut(job.id, Left.NO_STRETCH, detail)


def _needed(job: _Job, taken: Iterable[_Job]) -> bool:
    return any(job.id in other.ranked.task.depends_on for other in taken)


def _without_blocked(taken: Sequence[_Job], left: Sequence[LeftOut]) -> tuple[list[_Job], list[LeftOut]]:
    """Return the jobs whose blockers are still planned, and the others."""
    gone = {one.task_id for one in left}
    kept: list[_Job] = []
    blocked: list[LeftOut] = []
    for job in sorted(taken, key=lambda job: job.place):
        blocker = next((name for name in job.ranked.task.depends_on if name in gone), None)
        if blocker is None:
            kept.append(job)
        else:
            gone.add(job.id)
            blocked.append(LeftOut(job.id, Left.BLOCKED, f"Waits for {blocker}, which is not planned."))
    return sorted(kept, key=_by_deadline), blocked


def _placed(
    taken: Sequence[_Job], gaps: tuple[Interval, ...], rules: PlanRules
) -> tuple[dict[str, tuple[Interval, ...]], _Job | None]:
    """Return the pieces of each job by id, up to the first that finds no place."""
    waited_for = {name for job in taken for name in job.ranked.task.depends_on}
    placed: dict[str, tuple[Interval, ...]] = {}
    for job in taken:
        ends = [placed[name][-1].end for name in job.ranked.task.depends_on if name in placed]
        earliest = max([rules.days[0].start, job.ranked.task.not_before or 0, *ends])
        pieces = _pieces(job, _stretches(job, gaps, earliest, rules, in_order=job.id in waited_for), rules)
        if pieces is None:
            return placed, job
        placed[job.id] = tuple(sorted(pieces))
        gaps = _without(gaps, [_with_pause(piece, rules) for piece in placed[job.id]])
    return placed, None


def _without(gaps: tuple[Interval, ...], pieces: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return the gaps without sorted pieces; only those between the first and the last piece change."""
    first = bisect_right(gaps, pieces[0].start, key=lambda gap: gap.end)
    last = bisect_left(gaps, pieces[-1].end, key=lambda gap: gap.start)
    return (*gaps[:first], *minus(gaps[first:last], pieces), *gaps[last:])


def _with_pause(piece: Interval, rules: PlanRules) -> Interval:
    return Interval(piece.start, piece.end + rules.grid) if piece.minutes >= rules.longest else piece


def _stretches(
    job: _Job, gaps: Iterable[Interval], earliest: Minute, rules: PlanRules, *, in_order: bool
) -> Iterator[Interval]:
    """Yield where the job may be, best first: day by day, by peak hours unless another task waits for it."""
    within = Interval(up(earliest, rules.grid), job.due)
    open_ = (Interval(max(gap.start, within.start), min(gap.end, within.end)) for gap in gaps if gap.overlaps(within))
    if in_order or not rules.peak or not job.ranked.task.splittable:
        yield from open_
        return
    for _, of_day in groupby(open_, key=lambda gap: bisect_right(rules.days, gap.start, key=lambda day: day.end)):
        some = list(of_day)
        off = minus(some, rules.peak)
        peak = minus(some, off)
        yield from (*peak, *off) if job.ranked.importance.important else (*off, *peak)


def _pieces(job: _Job, stretches: Iterable[Interval], rules: PlanRules) -> list[Interval] | None:
    """Return pieces that make up the job; None where the stretches do not hold it."""
    if not job.ranked.task.splittable:
        fitting = (Interval(one.start, one.start + job.need) for one in stretches if one.minutes >= job.need)
        first = next(fitting, None)
        return None if first is None else [first]
    left = job.need
    pieces: list[Interval] = []
    for stretch in stretches:
        start = stretch.start
        while left:
            minutes = _length(left, stretch.end - start, rules)
            if not minutes:
                break
            pieces.append(Interval(start, start + minutes))
            left -= minutes
            start += minutes + rules.grid
        if not left:
            break
    return None if left else pieces


def _length(left: int, room: int, rules: PlanRules) -> int:
    """Return how long the next piece is; 0 where the room is too short. What remains after it is no short piece."""
    minutes = min(left, room // rules.grid * rules.grid, max(rules.longest, rules.grid))
    rest = left - minutes
    if 0 < rest < rules.shortest:
        minutes = (left - rules.shortest) // rules.grid * rules.grid
    return minutes if minutes >= min(rules.shortest, left) else 0


def _blocks(job: _Job, pieces: Sequence[Interval], rules: PlanRules) -> Iterator[Block]:
    due = job.ranked.task.due
    limit = minute_of(due.at, rules.zone) if due else None
    for number, piece in enumerate(pieces, start=1):
        yield Block(
            task_id=job.id,
            at=piece,
            part=number,
            parts=len(pieces),
            peak=any(peak.start <= piece.start and piece.end <= peak.end for peak in rules.peak),
            late=limit is not None and piece.end > limit,
        )
