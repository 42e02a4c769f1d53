"""Several constraints as one: lists are joined, and of two bounds the stricter holds."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from assistant.domain.calendar.request import Constraints

_JOINED: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "focus_time_hours": max,
    "no_meetings_before": max,
    "no_meetings_after": min,
    "meeting_buffer_minutes": max,
    "max_meetings_per_day": min,
    "min_focus_block_minutes": max,
    "no_meetings_days": lambda one, other: tuple(dict.fromkeys((*one, *other))),
    "no_meetings_windows": lambda one, other: tuple(dict.fromkeys((*one, *other))),
}
LISTS: Final = frozenset({"no_meetings_days", "no_meetings_windows"})


def stated(constraints: Constraints) -> Mapping[str, Any]:
    """Return the fields that say something."""
    return {name: value for name in type(constraints).model_fields if (value := getattr(constraints, name)) is not None}


def joined(some: Iterable[Constraints]) -> Constraints:
    """Return one constraint for all; of two working hours or working days the first holds.

    Raises:
        pydantic.ValidationError: they leave no time for meetings, or have more parts than one constraint may.
    """
    fields: dict[str, Any] = {}
    for constraints in some:
        for name, value in stated(constraints).items():
            join = _JOINED.get(name, lambda one, _: one)
            fields[name] = join(fields[name], value) if name in fields else value
    return Constraints(**fields)
