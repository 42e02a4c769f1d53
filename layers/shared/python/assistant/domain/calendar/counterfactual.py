"""Why a change is suggested: the plan without it, and the best other thing that could be done instead."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from assistant.domain.calendar.changes import Change, ChangeType, changes, plan_of
from assistant.domain.calendar.objective import Score, best_focus, focus_gaps, score
from assistant.domain.calendar.plan import Plan, merged_minutes, placed, shortened_time
from assistant.domain.calendar.problem import Event, Interval, Minute, Problem
from assistant.domain.calendar.rules import merge_starts, starts, task_starts, violations
from assistant.domain.calendar.suggestions import Review
from assistant.domain.calendar.unmet import Unmet, unmet


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another change in the place of the suggested one, and what the plan then scores."""

    change: Change
    score: Score


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """The plan with and without a change; ``unmet`` is what only leaving it out leaves unmet."""

    with_it: Score
    without: Score
    unmet: tuple[Unmet, ...]
    alternative: Alternative | None
    """The best allowed one, with everything kept, or with all that does not depend on the suggested one."""


def counterfactual(review: Review, index: int) -> Counterfactual:
    """Return what happens without this change."""
    problem, without = review.problem, review.without[index]
    known = set(unmet(problem, review.plan))
    return Counterfactual(
        with_it=score(problem, review.plan),
        without=score(problem, without),
        unmet=tuple(one for one in unmet(problem, without) if one not in known),
        alternative=_best_alternative(problem, _kept(review, index), review.changes[index]),
    )


def _kept(review: Review, index: int) -> tuple[Plan, ...]:
    """Return the plan without the change alone, and, where others depend on it, without those as well."""
    others = tuple(change for place, change in enumerate(review.changes) if place != index)
    alone, without = plan_of(others), review.without[index]
    depend = any(index in needed for needed in review.needs)
    return (alone, without) if depend else (without,)


def _best_alternative(problem: Problem, kept: Iterable[Plan], suggested: Change) -> Alternative | None:
    """Return the allowed alternative that scores lowest, the first of equal ones."""
    altering = suggested.type not in {ChangeType.FOCUS_BLOCK, ChangeType.TASK_BLOCK}
    candidates: list[tuple[Score, int, Change, Plan]] = []
    for without in kept:
        others = changes(problem, without)
        for change in _others(problem, without, suggested):
            plan = plan_of((*others, change))
            if altering:
                plan = replace(plan, focus=best_focus(problem, replace(plan, focus=())))
            candidates.append((score(problem, plan), len(candidates), change, plan))
    for reached, _, change, plan in sorted(candidates, key=lambda candidate: candidate[:2]):
        if not violations(problem, plan):
            return Alternative(change, reached)
    return None


def _others(problem: Problem, without: Plan, suggested: Change) -> Iterator[Change]:
    """Yield what else could be done with the same events, task or focus time, where nothing stands in the way."""
    own = set(suggested.events)
    taken = [one.at for one in placed(problem, without) if one.event.id not in own]
    taken += [piece for pieces in without.tasks.values() for piece in pieces]
    events = {event.id: event for event in problem.events}
    match suggested.type:
        case ChangeType.ADD_BUFFER:
            found: Iterator[Change] = iter(())
        case ChangeType.FOCUS_BLOCK:
            found = _other_focus(problem, without, suggested)
        case ChangeType.TASK_BLOCK:
            found = _other_pieces(problem, suggested)
        case ChangeType.MERGE:
            found = _other_merges(problem, suggested, *(events[name] for name in suggested.events))
        case _:
            found = _other_changes(problem, events[suggested.events[0]])
    for change in found:
        free = change.at is None or change.type is ChangeType.SHORTEN or not any(map(change.at.overlaps, taken))
        if change != suggested and free:
            yield change


def _other_changes(problem: Problem, event: Event) -> Iterator[Change]:
    for start in starts(problem, event):
        yield Change(ChangeType.RESCHEDULE, _at(start, event.minutes), (event.id,))
    if event.shortened is not None:
        yield Change(ChangeType.SHORTEN, shortened_time(event), (event.id,))
    if event.declinable:
        yield Change(ChangeType.DECLINE, None, (event.id,))


def _other_merges(problem: Problem, suggested: Change, first: Event, second: Event) -> Iterator[Change]:
    for start in merge_starts(problem, first, second):
        yield replace(suggested, at=_at(start, merged_minutes(first, second)))


def _other_pieces(problem: Problem, suggested: Change) -> Iterator[Change]:
    task = next(task for task in problem.tasks if task.id == suggested.task)
    for start in task_starts(problem, task):
        yield replace(suggested, at=_at(start, task.chunk))


def _other_focus(problem: Problem, without: Plan, suggested: Change) -> Iterator[Change]:
    """Yield blocks of the same length on the same day."""
    day = problem.day_at(suggested.at.start) if suggested.at else None
    if day is None or suggested.at is None:
        return
    taken = sorted([*(one.at for one in placed(problem, without)), *without.focus])
    for gap in focus_gaps(problem, day, taken):
        for start in range(gap.start, gap.end - suggested.at.minutes + 1, problem.grid):
            yield Change(ChangeType.FOCUS_BLOCK, _at(start, suggested.at.minutes))


def _at(start: Minute, minutes: int) -> Interval:
    return Interval(start, start + minutes)
