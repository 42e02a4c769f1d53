"""A set of changes to a calendar."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.domain.calendar.problem import Interval


@dataclass(frozen=True, slots=True)
class Merge:
    """Two events become one, which keeps the id of ``first``."""

    first: str
    second: str
    at: Interval


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes by event id and task id; an event has at most one."""

    moved: Mapping[str, Interval] = field(default_factory=dict)
    declined: frozenset[str] = frozenset()
    shortened: frozenset[str] = frozenset()
    merged: tuple[Merge, ...] = ()
    tasks: Mapping[str, tuple[Interval, ...]] = field(default_factory=dict)
    focus: tuple[Interval, ...] = ()


EMPTY_PLAN = Plan()
