"""Which task waits for which: unknown ids and cycles are named, and blockers come first."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush
from typing import Final

from assistant.domain.errors import FieldError
from assistant.domain.tasks.task import Task

_MOST_NAMED: Final = 6


def broken_dependencies(
    depends_on: Sequence[tuple[str, Sequence[str]]], *, closed: frozenset[str]
) -> tuple[FieldError, ...]:
    """Return what is wrong with (id, ids it depends on), by place in the list; ``closed`` tasks are done.

    A cycle is named once, at its first task, with its ids in order.
    """
    places = {task_id: index for index, (task_id, _) in enumerate(depends_on)}
    unknown = tuple(
        FieldError(f"tasks[{index}].depends_on[{number}]", "is the id of no task of the request")
        for index, (_, needed) in enumerate(depends_on)
        for number, name in enumerate(needed)
        if name not in places and name not in closed
    )
    if unknown:
        return unknown
    cycle = _cycle(dict(depends_on))
    if not cycle:
        return ()
    first = min(range(len(cycle)), key=lambda index: places[cycle[index]])
    path = [*cycle[first:], *cycle[:first]]
    shown = [*path[:_MOST_NAMED], *(["…"] if len(path) > _MOST_NAMED else []), path[0]]
    detail = f"makes a cycle: {' → '.join(name if len(name) <= 40 else f'{name[:40]}…' for name in shown)}"  # noqa: PLR2004
    return (FieldError(f"tasks[{places[path[0]]}].depends_on", detail),)


def _cycle(depends_on: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the ids of a cycle, each depending on the next; empty where there is none."""
    try:
        TopologicalSorter(depends_on).prepare()
    except CycleError as error:
        # graphlib names it from what is needed to what needs it, the first twice.
        return list(reversed(error.args[1][1:]))
    return []


def blocks(tasks: Sequence[Task]) -> Mapping[str, tuple[str, ...]]:
    """Return by id which of the tasks wait for it."""
    waiting: dict[str, list[str]] = {task.id: [] for task in tasks}
    for task in tasks:
        for name in task.depends_on:
            if name in waiting:
                waiting[name].append(task.id)
    return {name: tuple(ids) for name, ids in waiting.items()}


def blockers_first(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Return the tasks in their order as far as no task comes before one it depends on."""
    place = {task.id: index for index, task in enumerate(tasks)}
    waiting = blocks(tasks)
    missing = {task.id: sum(name in place for name in task.depends_on) for task in tasks}
    ready = [index for index, task in enumerate(tasks) if not missing[task.id]]
    heapify(ready)
    ordered: list[Task] = []
    while ready:
        task = tasks[heappop(ready)]
        ordered.append(task)
        for name in waiting[task.id]:
            missing[name] -= 1
            if not missing[name]:
                heappush(ready, place[name])
    return tuple(ordered)
