"""Constraints a request leaves out, taken from the user's preferences."""

from collections.abc import Iterable
from datetime import time
from itertools import islice

from assistant.domain.calendar.request import Constraints, TimeWindow
from assistant.domain.calendar.wishes.applying import AppliedWishes, WishConflict
from assistant.domain.calendar.wishes.reading import UnderstoodWish
from assistant.domain.days import Weekday
from assistant.domain.errors import FieldError, InvalidRequest
from assistant.domain.preferences import Preferences

_LONGEST_MINIMUM = 120
_HOURS = ("no_meetings_before", "no_meetings_after", "working_hours")


def completed(given: Constraints, preferences: Preferences) -> Constraints:
    """Return the constraints with every field set.

    Meetings fit into the working hours unless told otherwise; meeting hours beyond the working hours widen them.

    Raises:
        InvalidRequest: meeting hours given on one side leave no time before the working day ends, or after it starts.
    """
    hours = given.working_hours or preferences.working_hours
    before = given.no_meetings_before or hours.start
    after = given.no_meetings_after or hours.end
    _require_some_time(given, before, after)
    focus = given.focus_time_hours or 0.0
    meetings = preferences.meeting_preferences
    return given.model_copy(
        update={
            "focus_time_hours": focus,
            "no_meetings_before": before,
            "no_meetings_after": after,
            "meeting_buffer_minutes": _or(given.meeting_buffer_minutes, meetings.buffer_minutes),
            "max_meetings_per_day": _or(given.max_meetings_per_day, meetings.max_per_day),
            "no_meetings_days": _or(given.no_meetings_days, meetings.no_meetings_days),
            "no_meetings_windows": given.no_meetings_windows or (),
            "working_hours": given.working_hours
            or TimeWindow(start=min(hours.start, before), end=max(hours.end, after)),
            "working_days": _or(given.working_days, tuple(islice(Weekday, 5))),
            "min_focus_block_minutes": given.min_focus_block_minutes or _shortest_focus(focus),
        }
    )


def completed_with_wishes(
    given: Constraints, applied: AppliedWishes, understood: Iterable[UnderstoodWish], preferences: Preferences
) -> tuple[Constraints, tuple[WishConflict, ...]]:
    """Return the constraints with the wishes in them and every field set, and the wishes that do not hold.

    Wishes that leave no time for meetings within the hours of the request and the preferences do not.

    Raises:
        InvalidRequest: the ``given`` constraints alone leave no time for meetings.
    """
    try:
        return completed(applied.constraints, preferences), applied.conflicts
    except InvalidRequest:
        hours = {name: getattr(given, name) for name in _HOURS}
        constraints = completed(applied.constraints.model_copy(update=hours), preferences)
    known = {(conflict.wish, conflict.field) for conflict in applied.conflicts}
    conflicts = (
        WishConflict(wish=one.wish, field=name, detail="leaves no time for meetings in your hours")
        for one in understood
        for name in _HOURS
        if getattr(one.constraint, name) is not None and (one.wish, name) not in known
    )
    return constraints, (*applied.conflicts, *conflicts)


def _require_some_time(given: Constraints, before: time, after: time) -> None:
    if before < after:
        return
    if given.no_meetings_before is not None:
        detail = f"is not before the end of the working hours, {after:%H:%M}"
        broken = FieldError("constraints.no_meetings_before", detail)
    else:
        detail = f"is not after the start of the working hours, {before:%H:%M}"
        broken = FieldError("constraints.no_meetings_after", detail)
    raise InvalidRequest("These hours leave no time for meetings.", errors=(broken,))


def _shortest_focus(hours: float) -> int:
    return min(_LONGEST_MINIMUM, round(60 * hours)) or _LONGEST_MINIMUM


def _or[T](given: T | None, preferred: T) -> T:
    return preferred if given is None else given
