"""Brings wishes into the constraints of a request and says where they contradict each other."""

from collections.abc import Iterable
from datetime import time
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.domain.calendar.request import Constraints
from assistant.domain.calendar.wishes.joining import LISTS, joined, stated
from assistant.domain.calendar.wishes.reading import UnderstoodWish, WishesRead
from assistant.domain.calendar.wishes.when import SPAN_OF_PART, Span
from assistant.domain.days import DayPart, Weekday

_DAY: Final = 24 * 60
# Of these one value excludes another; of the rest the stricter does for both.
_EXCLUSIVE: Final = frozenset({"working_hours", "working_days"})


class WishConflict(BaseModel):
    """A wish, or a part of one, that does not hold: which constraint it is about, and why."""

    model_config = ConfigDict(frozen=True)

    wish: str
    field: str
    detail: str


class AppliedWishes(BaseModel):
    """Constraints with every wish in them that could be."""

    model_config = ConfigDict(frozen=True)

    constraints: Constraints
    conflicts: tuple[WishConflict, ...] = ()


def apply_wishes(
    constraints: Constraints, read: WishesRead, *, preferred_days: tuple[DayPart, ...] = ()
) -> AppliedWishes:
    """Return the constraints with the wishes in them.

    A constraint that the request states rules over a wish, an earlier wish over a later one; windows and days without
    meetings add up, with the ``preferred_days`` too, which hold where the request states none. What does not hold is a
    conflict, never an error.
    """
    explicit = stated(constraints)
    wished = Constraints()
    conflicts: list[WishConflict] = []
    for wish in read.understood:
        left, overruled = _without_explicit(wish, explicit.keys())
        conflicts += [
            conflict for conflict in overruled if getattr(wish.constraint, conflict.field) != explicit[conflict.field]
        ]
        contradiction = _contradiction(left, constraints, wished)
        if contradiction:
            conflicts.append(WishConflict(wish=wish.wish, field=contradiction, detail=_EARLIER))
        else:
            wished = joined((wished, left))
    adds_days = wished.no_meetings_days and constraints.no_meetings_days is None
    preferred = Constraints(no_meetings_days=preferred_days) if adds_days else Constraints()
    everything = joined((constraints, preferred, wished))
    if wished != Constraints() and _leaves_nothing(everything):
        last = read.understood[-1].wish
        conflicts.append(WishConflict(wish=last, field="no_meetings_windows", detail="leaves no time for meetings"))
    return AppliedWishes(constraints=everything, conflicts=tuple(conflicts))


_EARLIER: Final = "contradicts an earlier wish or the request's constraints, which hold"
_EXPLICIT: Final = "the request's own constraint says otherwise and holds"


def _without_explicit(wish: UnderstoodWish, explicit: Iterable[str]) -> tuple[Constraints, list[WishConflict]]:
    """Return what the wish adds to the explicit constraints, and what those overrule."""
    asked = stated(wish.constraint)
    overruled = [name for name in asked if name in explicit and name not in LISTS]
    left = Constraints(**{name: value for name, value in asked.items() if name not in overruled})
    return left, [WishConflict(wish=wish.wish, field=name, detail=_EXPLICIT) for name in overruled]


def _contradiction(asked: Constraints, constraints: Constraints, wished: Constraints) -> str | None:
    """Return the field in which a wish cannot hold beside what holds already."""
    for name, value in stated(asked).items():
        earlier = getattr(wished, name)
        if name in _EXCLUSIVE and earlier is not None and earlier != value:
            return name
    try:
        joined((constraints, wished, asked))
    except ValidationError:
        return next(iter(stated(asked)))
    return None


def _leaves_nothing(constraints: Constraints) -> bool:
    """Whether no working day has a minute left for meetings."""
    days = constraints.working_days if constraints.working_days is not None else tuple(Weekday)[:5]
    return all(_full(constraints, day) for day in days)


def _full(constraints: Constraints, day: Weekday) -> bool:
    taken = [Span(None, constraints.no_meetings_before or time(0)), Span(constraints.no_meetings_after, None)]
    taken = [span for span in taken if span != Span(None, None)]
    for part in constraints.no_meetings_days or ():
        if part.weekday is day:
            taken.append(SPAN_OF_PART[part.part] if part.part else Span(None, None))
    for window in constraints.no_meetings_windows or ():
        if not window.days or day in window.days:
            taken.append(Span(window.start, window.end))
    free_from = 0
    for start, end in sorted((_minute(span.start, 0), _minute(span.end, _DAY)) for span in taken):
        if start > free_from:
            return False
        free_from = max(free_from, end)
    return free_from >= _DAY


def _minute(at: time | None, otherwise: int) -> int:
    return otherwise if at is None else at.hour * 60 + at.minute
