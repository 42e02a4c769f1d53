"""When a task is due, as people write it: "2025-01-22", "Friday 15:00", "EOW", "mañana", "in 3 days"."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.triage.cues import fold
from assistant.domain.triage.deadlines import read_day, read_span
from assistant.domain.triage.lexicon import listed

_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_NO_DAY: Final = "is no day or time that exists"
_UNREADABLE: Final = (
    'must be a day or time like 2025-01-22, 2025-01-22T15:00+01:00, "tomorrow", "Friday 15:00" or "EOW"'
)
_ISO_START = re.compile(r"\d{4}-\d{2}-\d{2}")
_FRIDAY: Final = 4
_NOW: Final = frozenset(
    listed("""
    asap, as soon as possible, now, right now, immediately, urgent, lo antes posible, cuanto antes, ahora, ya
    des que possible, tout de suite, maintenant, immediatement, sofort, so bald wie moglich, jetzt, umgehend
    """)
)
_NEXT_WEEK: Final = frozenset(
    listed("""
    next week, end of next week, la proxima semana, proxima semana, la semana que viene, la semaine prochaine
    semaine prochaine, nachste woche, ende nachster woche
    """)
)
_QUARTER_ENDS: Final = frozenset(
    listed("eoq, end of quarter, end of the quarter, fin de trimestre, fin du trimestre, quartalsende")
)
_YEAR_ENDS: Final = frozenset(
    listed("eoy, end of year, end of the year, fin de ano, fin de l'annee, fin d'annee, jahresende, ende des jahres")
)
_NEVER: Final = frozenset(
    listed("none, no deadline, no due date, someday, n/a, sin fecha, sans echeance, kein termin, ohne frist, -")
)


@dataclass(frozen=True, slots=True)
class Due:
    """``at`` is aware, UTC; ``day_only`` where no time of day was given and it is the end of the business day."""

    at: datetime
    day_only: bool


# Many tasks of a list share a due date.
@lru_cache(maxsize=1_000)
def read_due(text: str, *, now: datetime, zone: ZoneInfo, day_end: time) -> Due | None:
    """Return what the words or the ISO 8601 time mean to somebody in ``zone`` at ``now``; None for no deadline.

    A day without a time of day ends with the business day, at ``day_end``. Days before months: 03/04 is 3 April.

    Raises:
        ValueError: says what is wrong, in words for the user.
    """
    said = " ".join(text.split()).strip(" .!")
    folded = " ".join(fold(word) for word in said.replace("’", "'").split())
    if not folded or folded in _NEVER:
        return None
    try:
        due = _iso(said, zone, day_end) if _ISO_START.match(said) else _in_words(said, folded, now, zone, day_end)
    except (ValueError, OverflowError):
        raise ValueError(_NO_DAY) from None
    if due is None:
        raise ValueError(_UNREADABLE)
    if not _FIRST_YEAR < due.at.year < _LAST_YEAR:
        raise ValueError(f"must be between the years {_FIRST_YEAR + 1} and {_LAST_YEAR - 1}")
    return due


def _iso(said: str, zone: ZoneInfo, day_end: time) -> Due | None:
    if len(said) <= len("2025-01-22"):
        return _on(date.fromisoformat(said), None, zone, day_end)
    at = datetime.fromisoformat(said.replace(" ", "T", 1))
    return Due((at.replace(tzinfo=zone) if at.tzinfo is None else at).astimezone(UTC), day_only=False)


def _in_words(said: str, folded: str, now: datetime, zone: ZoneInfo, day_end: time) -> Due | None:
    today = now.astimezone(zone).date()
    period_end = _end_of_period(folded, today)
    if period_end is not None:
        return _on(period_end, None, zone, day_end)
    span_end = read_span(said, written_at=now)
    if span_end is not None:
        return Due(span_end, day_only=False)
    found = read_day(said, today=today)
    return _on(*found, zone, day_end) if found else None


def _end_of_period(folded: str, today: date) -> date | None:
    if folded in _NOW:
        return today
    if folded in _NEXT_WEEK:
        return today + timedelta(days=7 - today.weekday() + _FRIDAY)
    if folded in _QUARTER_ENDS:
        return _last_day(today.year, (today.month + 2) // 3 * 3)
    return _last_day(today.year, 12) if folded in _YEAR_ENDS else None


def _last_day(year: int, month: int) -> date:
    return (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _on(day: date, clock: time | None, zone: ZoneInfo, day_end: time) -> Due:
    local = datetime.combine(day, clock or day_end, tzinfo=zone)
    return Due(local.astimezone(UTC), day_only=clock is None)
