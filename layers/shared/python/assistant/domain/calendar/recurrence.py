"""Recurrence in RFC 5545 terms: which days a series falls on.

Rules are walked here and not by ``dateutil``: that starts at the first occurrence ever, and walks to the year 9999 in
search of a 30 February. This jumps to the days asked for and stops behind them. Time of day and zone are the caller's.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from assistant.domain.preferences import iana_zone

# What is planned lies in these, and so do the ends of what begins before; further out, times have no other zone.
_YEARS = range(1600, 2200)
_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORKABLE = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "WKST"}


class Frequency(StrEnum):
    """The period a rule repeats in; a calendar has no use for a shorter one."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """A weekday (0 is Monday): every one, or the n-th in the month or year, from the end where ``nth`` is negative."""

    weekday: int
    nth: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """An RRULE. ``until`` is included: a day, an instant, or wall-clock time of the series."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: date | None = None
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    weekdays: frozenset[NthWeekday] = frozenset()
    positions: frozenset[int] = frozenset()
    week_start: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """What makes an event recur. ``left_out`` and ``added`` hold days, aware instants and wall-clock times."""

    rule: Rule | None
    left_out: frozenset[date]
    added: tuple[date, ...]


def read_series(lines: tuple[str, ...]) -> Series:
    """Read RRULE, EXDATE and RDATE lines; ValueError says what is wrong."""
    rules: list[Rule] = []
    dates: dict[str, list[date]] = {"EXDATE": [], "RDATE": []}
    for line in lines:
        head, _, value = line.strip().partition(":")
        name = head.upper().split(";")[0]
        if name == "RRULE":
            rules.append(read_rule(value))
        elif name in dates:
            zone = next((given[5:] for given in head.split(";") if given.upper().startswith("TZID=")), None)
            dates[name] += [one for one in (_date(part, zone) for part in value.split(",")) if one.year in _YEARS]
        else:
            raise ValueError(f"must be RRULE, EXDATE or RDATE lines, not {name[:20] or 'an empty one'}")
    if len(rules) > 1:
        raise ValueError("must not have a second RRULE")
    return Series(rules[0] if rules else None, frozenset(dates["EXDATE"]), tuple(dates["RDATE"]))


def read_rule(text: str) -> Rule:
    """Read the value of an RRULE; ValueError says what is wrong."""
    parts = dict(_part(part) for part in text.upper().strip().rstrip(";").split(";"))
    for name in parts.keys() - _WORKABLE:
        raise ValueError(f"{name[:20]} is not supported in an RRULE")
    if parts.get("FREQ") not in Frequency:
        raise ValueError("FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("COUNT and UNTIL must not stand together")
    return Rule(
        frequency=Frequency(parts["FREQ"]),
        interval=_numbers(parts, "INTERVAL", 1, 9_999)[0] if "INTERVAL" in parts else 1,
        count=_numbers(parts, "COUNT", 1, 99_999)[0] if "COUNT" in parts else None,
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        months=frozenset(_numbers(parts, "BYMONTH", 1, 12)),
        month_days=frozenset(_numbers(parts, "BYMONTHDAY", 1, 31, signed=True)),
        weekdays=frozenset(map(_nth_weekday, parts["BYDAY"].split(","))) if "BYDAY" in parts else frozenset(),
        positions=frozenset(_numbers(parts, "BYSETPOS", 1, 366, signed=True)),
        week_start=_nth_weekday(parts.get("WKST", "MO")).weekday,
    )


def _part(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError("must be a rule like RRULE:FREQ=WEEKLY;BYDAY=MO")
    return name.strip(), value.strip()


def _numbers(parts: Mapping[str, str], name: str, least: int, most: int, *, signed: bool = False) -> tuple[int, ...]:
    if name not in parts:
        return ()
    texts = parts[name].split(",")
    if not all(re.fullmatch(r"[+-]?[0-9]{1,5}", text) for text in texts):
        raise ValueError(f"{name} must be whole numbers")
    numbers = tuple(map(int, texts))
    if not all(least <= (abs(number) if signed else number) <= most for number in numbers):
        raise ValueError(f"{name} must be {least} to {most}")
    return numbers


def _nth_weekday(text: str) -> NthWeekday:
    found = re.fullmatch(r"([+-]?[0-9]{1,2})?([A-Z]{2})", text.strip())
    if not found or found[2] not in _CODES or (found[1] and int(found[1]) == 0):
        raise ValueError("BYDAY and WKST must be days like MO, or -1FR in BYDAY")
    return NthWeekday(_CODES.index(found[2]), int(found[1]) if found[1] else None)


def _until(text: str) -> date | None:
    """Return the end of a series, None where nobody plans that far: some programs write the year 9999 for no end."""
    until = _date(text, None)
    if until.year < _YEARS.start:
        raise ValueError(f"UNTIL must not be before the year {_YEARS.start}")
    return until if until.year in _YEARS else None


def _date(text: str, zone: str | None) -> date:
    """Return a day, an aware instant, or wall-clock time."""
    text = text.strip().upper()
    try:
        if "T" not in text:
            return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
        clock = datetime.strptime(text.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - the zone is set below
    except ValueError:
        raise ValueError("dates must look like 20250120 or 20250120T100000Z") from None
    if text.endswith("Z"):
        return clock.replace(tzinfo=UTC)
    return clock.replace(tzinfo=ZoneInfo(iana_zone(zone))) if zone else clock


def periods(rule: Rule, first: date, since: date, until: date) -> Iterator[tuple[date, ...]]:
    """Yield, period by period, the days from ``since`` to ``until`` of a series that begins on ``first``.

    Periods without any are yielded too, so that the caller can stop a walk that finds nothing. A rule with COUNT is
    walked from its first day, any other from ``since``. A first day the rule does not match is not in the series.
    """
    rule = _with_defaults(rule, first)
    left = rule.count
    for begin, end in _spans(rule, first, max(first, since) if left is None else first, until):
        found = [day for day in _matching(rule, begin, end) if day >= first]
        if left is not None:
            found = found[:left]
            left -= len(found)
        yield tuple(day for day in found if since <= day <= until)
        if left == 0:
            return


def _with_defaults(rule: Rule, first: date) -> Rule:
    """Return the rule with what it leaves to its first day (RFC 5545, 3.3.10)."""
    if rule.month_days or rule.weekdays or rule.frequency is Frequency.DAILY:
        return rule
    if rule.frequency is Frequency.WEEKLY:
        return replace(rule, weekdays=frozenset({NthWeekday(first.weekday())}))
    months = rule.months or frozenset({first.month} if rule.frequency is Frequency.YEARLY else ())
    return replace(rule, months=months, month_days=frozenset({first.day}))


def _spans(rule: Rule, first: date, since: date, until: date) -> Iterator[tuple[date, date]]:
    """Yield first and last day of every period the interval picks, from about ``since`` until ``until``."""
    match rule.frequency:
        case Frequency.DAILY:
            origin, length = first, 1
        case Frequency.WEEKLY:
            origin, length = first - timedelta(days=(first.weekday() - rule.week_start) % 7), 7
        case Frequency.MONTHLY:
            yield from _month_spans(first, since, until, rule.interval)
            return
        case Frequency.YEARLY:
            for year in range(since.year - (since.year - first.year) % rule.interval, until.year + 1, rule.interval):
                yield date(year, 1, 1), date(year, 12, 31)
            return
    step = length * rule.interval
    for day in range(origin.toordinal() + (since - origin).days // step * step, until.toordinal() + 1, step):
        yield date.fromordinal(day), date.fromordinal(day + length - 1)


def _month_spans(first: date, since: date, until: date, interval: int) -> Iterator[tuple[date, date]]:
    origin, begin = _month_number(first), _month_number(since)
    for number in range(begin - (begin - origin) % interval, _month_number(until) + 1, interval):
        yield _month_span(number // 12, number % 12 + 1)


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _month_span(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _matching(rule: Rule, begin: date, end: date) -> list[date]:
    """Return the days of one period the rule picks, sorted."""
    spans = [(begin, end)]
    if rule.frequency is Frequency.YEARLY and rule.months:
        spans = [_month_span(begin.year, month) for month in sorted(rule.months)]
    days = [day for span in spans for day in _days(*span) if _picked(rule, day, *span)]
    if not rule.positions:
        return days
    return sorted({days[index] for index in map(_index, rule.positions) if -len(days) <= index < len(days)})


def _index(position: int) -> int:
    return position - 1 if position > 0 else position


def _days(begin: date, end: date) -> Iterator[date]:
    return map(date.fromordinal, range(begin.toordinal(), end.toordinal() + 1))


def _picked(rule: Rule, day: date, begin: date, end: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if rule.month_days and rule.month_days.isdisjoint({day.day, day.day - monthrange(day.year, day.month)[1] - 1}):
        return False
    if not rule.weekdays:
        return True
    nths = [wanted.nth for wanted in rule.weekdays if wanted.weekday == day.weekday()]
    if not nths or rule.frequency in {Frequency.DAILY, Frequency.WEEKLY} or None in nths:
        return bool(nths)
    return (day - begin).days // 7 + 1 in nths or -((end - day).days // 7) - 1 in nths
