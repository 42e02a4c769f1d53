"""Finds dated deadlines ("by Friday", "bis 28.02.", "avant le 3 mars", "3月5日前") in the user's zone."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.triage.cues import fold
from assistant.domain.triage.language import has_chinese

_END_OF_DAY: Final = time(17, 0)
_MIDNIGHT: Final = time(23, 59)
_READ_UNTIL: Final = 4_000
_HORIZON: Final = timedelta(days=366)

_BEFORE = (
    r"(?:by|before|until|till|due(?: on| by| date(?: is|:)?)?|deadline(?: is|:| of| on)?|no later than|"
    r"not later than|"
    r"latest by|on or before|needed by|expires?(?: on)?|ends?(?: on)?|closes?(?: on| at)?|"
    r"antes del?|para el|para la|para|hasta el|hasta|a m[aá]s tardar el|vence el|fecha l[ií]mite(?: es| el|:)?|"
    r"avant le|avant la|avant|d['’]ici le|d['’]ici|jusqu['’]au|au plus tard le|au plus tard|pour le|"
    r"date limite ?:?(?: le)?|"
    r"bis zum|bis sp[aä]testens|sp[aä]testens am|sp[aä]testens|bis|vor dem|f[aä]llig am|frist ?:?(?: ist)?)"
)
WEEKDAYS: Final = {
    name: index
    for index, names in enumerate(
        (
            "monday mon lunes lundi montag",
            "tuesday tue tues martes mardi dienstag",
            "wednesday wed miercoles mercredi mittwoch",
            "thursday thu thurs thur jueves jeudi donnerstag",
            "friday fri viernes vendredi freitag",
            "saturday sat sabado samedi samstag",
            "sunday sun domingo dimanche sonntag",
        )
    )
    for name in names.split()
}
MONTHS: Final = {
    name: index
    for index, names in enumerate(
        (
            "january jan enero janvier januar",
            "february feb febrero fevrier februar",
            "march mar marzo mars marz",
            "april apr abril avril",
            "may mayo mai",
            "june jun junio juin juni",
            "july jul julio juillet juli",
            "august aug agosto aout",
            "september sep sept septiembre septembre",
            "october oct octubre octobre oktober",
            "november nov noviembre novembre",
            "december dec diciembre decembre dezember",
        ),
        start=1,
    )
    for name in names.split()
}
_CHINESE_DAYS: Final = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
RELATIVE_DAYS: Final = {
    "today": 0, "tonight": 0, "eod": 0, "cob": 0, "end of day": 0, "end of the day": 0, "close of business": 0,
    "hoy": 0, "esta tarde": 0, "esta noche": 0, "aujourd'hui": 0, "ce soir": 0, "heute": 0, "heute abend": 0,
    "this morning": 0, "this afternoon": 0, "this evening": 0, "noon": 0,
    "tomorrow": 1, "manana": 1, "demain": 1, "morgen": 1, "day after tomorrow": 2, "ubermorgen": 2, "apres-demain": 2,
}  # fmt: skip
_CHINESE_RELATIVE: Final = {"今天": 0, "今日": 0, "今晚": 0, "明天": 1, "明日": 1, "后天": 2, "後天": 2}
_WEEK_ENDS = (
    r"(?:the )?end of (?:the |this )?week|eow|this week|fin de (?:la )?semana|esta semana|la fin de (?:la )?semaine|"
    r"fin de semaine|cette semaine|ende der woche|diese[rn]? woche"
)
_MONTH_ENDS = (
    r"(?:the )?end of (?:the |this )?month|eom|fin de mes|la fin du mois|fin du mois|monatsende|ende des monats"
)
_NAME = r"[^\W\d_]+"
_CLOCK = (
    r"(?:[, ]+(?:at|a las|[aà]|um|by|@)? ?(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))? ?"
    # A full stop ends the sentence, but "14.03." is a date.
    r"(?P<half>[ap]\.?m\.?|uhr|h)?(?![\d/-]|\.\d|(?<=\.\d\d)\.))?"
)
_WHEN = (
    rf"(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})|(?P<numeric>\d{{1,2}}[./]\d{{1,2}}\.?(?:[./]?\d{{2,4}})?)|"
    rf"(?P<week>{_WEEK_ENDS})|(?P<month_end>{_MONTH_ENDS})|"
    rf"(?P<day_first>\d{{1,2}})(?:st|nd|rd|th|er|\.)?(?: of|"
    rf" de)? (?![ap]m\b|uhr\b|h\b)(?P<month_after>{_NAME})\.?(?:,? (?:de )?(?P<year_a>\d{{4}}))?|"
    rf"(?P<relative>end of (?:the )?day|close of business|day after tomorrow|this (?:morning|afternoon|evening)|"
    rf"esta (?:tarde|noche)|ce soir|heute abend|apr[eè]s-demain|aujourd['’]hui|today|tonight|eod|cob|noon|hoy|"
    rf"heute|tomorrow|"
    rf"ma[nñ]ana|demain|morgen|[uü]bermorgen)\b(?!['’]s)(?: (?P<day_of_relative>{_NAME}))?|"
    rf"(?:(?:the |el |le |la |am |den |dem |this |next |este |pr[oó]ximo |diesen |n[aä]chsten )*)(?P<name>{_NAME})\.?"
    rf"(?: (?P<day_after>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year_b>\d{{4}}))?)?"
)
_TIME_FIRST = (
    r"(?:(?P<early>\d{1,2})(?:[:.h](?P<early_minute>\d{2}))? ?(?P<early_half>[ap]\.?m\.?|uhr|h)?,? "
    r"(?:on |el |le |am )?)??"
)
type _Reader = tuple[re.Pattern[str], Callable[[re.Match[str], datetime], datetime | None]]
_NEXT = re.compile(r"\b(?:next|pr[oó]ximo|n[aä]chsten|prochaine?)\b", re.IGNORECASE)
_DATED = re.compile(
    rf"\b{_BEFORE}\s+(?:the |el |le |la |las |am |den |dem |zum )?{_TIME_FIRST}(?:{_WHEN}){_CLOCK}", re.IGNORECASE
)
# A bare "3.5" is no day, neither are "mon rapport" and "the sun"; "on 22" would take the 22 from its January.
_NO_DAY = r"\d+[./]\d+(?![./\d])|(?:mon|sat|sun|on|at|the|el|del|le|du|am|vom|den|dem|zum|um|by)\b"
_NAMED = re.compile(rf"(?<![\w.,/-])(?!{_NO_DAY}){_TIME_FIRST}(?:{_WHEN}){_CLOCK}", re.IGNORECASE)
# Without a preposition only words that leave no doubt: "need this today", "ASAP tomorrow morning".
_BARE = re.compile(
    r"\b(?:(?:need|needed|necesito|necesitamos|besoin|brauche[n]?|ben[oö]tige[n]?|respond|reply|answer|submit|"
    r"sign|send|pay|"
    r"required|requested|closes?|expires?)\b[^.!?\n]{0,60}?)\b(?P<relative>today|tonight|hoy|esta tarde|"
    r"aujourd['’]hui|ce soir|"
    r"heute|tomorrow|ma[nñ]ana|demain|morgen)\b(?!['’]s)",
    re.IGNORECASE,
)
_WITHIN = re.compile(
    r"\b(?:within|in the next|in less than|next|en las pr[oó]ximas|dentro de|en menos de|sous|d['’]ici|"
    r"dans les(?: prochaines)?|"
    r"dans un d[eé]lai de|innerhalb(?: von)?|binnen|in den n[aä]chsten)\s+(?:the (?:next )?)?(?P<count>\d{1,3}|"
    r"an?|one|two|three|una?|une?|einer|einem)"
    r"[\s-]*(?P<unit>minut\w*|hours?|hrs?|horas?|heures?|stunden?|h|days?|d[ií]as?|jours?|tag\w*|business days?|"
    r"weeks?|semanas?|semaines?|wochen?)\b",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    rf"(?:{_BEFORE}\s+)?(?:(?:the|on|at|el|le|la|am|zum) )?{_TIME_FIRST}(?:{_WHEN}){_CLOCK}", re.IGNORECASE
)
# What is said of a deadline alone: "in 3 days".
_IN = re.compile(r"^(?:in|en|dans)\s+(?=\S+[\s-]*[^\W\d])", re.IGNORECASE)
_CHINESE = re.compile(
    r"(?:请?在|于|截至|截止(?:日期|时间)?[:：]?|最晚|不迟于)?\s*"
    r"(?:(?P<relative>今天|今日|今晚|明天|明日|后天|後天)|"
    r"(?:(?P<year>\d{4})年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})[日号號]|"
    r"(?:本|这|這|下)?(?:周|週|星期)(?P<weekday>[一二三四五六日天]))"
    r"(?:上午|下午|晚上|中午)?(?:(?P<hour>\d{1,2})[点點:：](?:\d{2})?分?)?(?:之?前|以前|截止|内|內|下班前)"
)
_CHINESE_WITHIN = re.compile(r"(?P<count>\d{1,3})\s?个?(?P<unit>分钟|小时|小時|天|工作日|周)(?:之)?(?:内|內)")
_NUMBERS: Final = {"a": 1, "an": 1, "one": 1, "un": 1, "una": 1, "une": 1, "einer": 1, "einem": 1, "two": 2, "three": 3}
_UNITS: Final = {
    "min": timedelta(minutes=1), "hou": timedelta(hours=1), "hrs": timedelta(hours=1), "hr": timedelta(hours=1),
    "hor": timedelta(hours=1), "heu": timedelta(hours=1), "stu": timedelta(hours=1), "h": timedelta(hours=1),
    "day": timedelta(days=1), "dia": timedelta(days=1), "jou": timedelta(days=1), "tag": timedelta(days=1),
    "bus": timedelta(days=1), "wee": timedelta(weeks=1), "sem": timedelta(weeks=1), "woc": timedelta(weeks=1),
    "分钟": timedelta(minutes=1), "小时": timedelta(hours=1), "小時": timedelta(hours=1), "天": timedelta(days=1),
    "工作日": timedelta(days=1), "周": timedelta(weeks=1),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deadline:
    """``when`` is aware, UTC; ``text[start:end]`` says it."""

    when: datetime
    start: int
    end: int


def find_deadlines(text: str, *, written_at: datetime, zone: ZoneInfo) -> tuple[Deadline, ...]:
    """Return the deadlines ``text`` names, earliest first; words like "tomorrow" count from ``written_at``."""
    local = written_at.astimezone(zone)
    text = text[:_READ_UNTIL]
    found: list[Deadline] = []
    for deadline in _found(text, local):
        apart = all(deadline.end <= other.start or other.end <= deadline.start for other in found)
        if apart and _is_near(deadline.when, written_at):
            found.append(deadline)
    return tuple(sorted(found, key=lambda deadline: (deadline.when, deadline.start)))


def find_days(text: str, *, written_at: datetime, zone: ZoneInfo) -> tuple[Deadline, ...]:
    """Return the days ``text`` names with or without a "by": "on Friday", "mañana", "22 January 14:00"; earliest first.

    For sentences known to say what is to be done; in others a day is no deadline.
    """
    local = written_at.astimezone(zone)
    days = _read(text[:_READ_UNTIL], local, ((_NAMED, _dated),))
    return tuple(sorted((day for day in days if _is_near(day.when, written_at)), key=lambda day: day.when))


def read_day(text: str, *, today: date) -> tuple[date, time | None] | None:
    """Return the day that the whole of ``text`` names, past ones too, and its time of day if it names one.

    None where it names no day.

    Raises:
        ValueError: there is no such day or time.
    """
    match = _WHOLE.fullmatch(text)
    day = _day(match, today) if match else None
    if match is None or day is None or (match["hour"] and not (match["half"] or match["minute"])):
        return None
    return day, _clock(match)


def read_span(text: str, *, written_at: datetime) -> datetime | None:
    """Return when a span of time that is the whole of ``text`` ends: "within 24 hours", "in 3 Tagen"; aware, UTC.

    Raises:
        OverflowError: it ends after the year 9999.
    """
    match = _WITHIN.fullmatch(_IN.sub("within ", text))
    return _within(match, written_at) if match else None


def _is_near(when: datetime, written_at: datetime) -> bool:
    return written_at - timedelta(days=1) <= when <= written_at + _HORIZON


def _found(text: str, local: datetime) -> Iterator[Deadline]:
    chinese: tuple[_Reader, ...] = ((_CHINESE_WITHIN, _within), (_CHINESE, _chinese))
    latin: tuple[_Reader, ...] = ((_WITHIN, _within), (_DATED, _dated), (_BARE, _bare))
    return _read(text, local, (chinese if has_chinese(text) else ()) + latin)


def _read(text: str, local: datetime, readers: tuple[_Reader, ...]) -> Iterator[Deadline]:
    for pattern, reader in readers:
        for match in pattern.finditer(text):
            try:
                when = reader(match, local)
            except (ValueError, OverflowError):  # 31 February, hour 27: not a date.
                when = None
            if when is not None:
                yield Deadline(when.astimezone(UTC), match.start(), match.end())


def _within(match: re.Match[str], local: datetime) -> datetime:
    count = match["count"].lower()
    unit = fold(match["unit"])
    span = _UNITS.get(unit) or _UNITS[unit[:3]]
    # Elapsed time, so it is added in UTC: a clock change must not move it.
    return local.astimezone(UTC) + (int(count) if count.isdigit() else _NUMBERS[count]) * span


def _bare(match: re.Match[str], local: datetime) -> datetime:
    return _at(local, local.date() + timedelta(days=RELATIVE_DAYS[_plain(match["relative"])]), None)


def _chinese(match: re.Match[str], local: datetime) -> datetime:
    hour = int(match["hour"]) if match["hour"] else None
    if hour is not None and hour < 12 and ("下午" in match[0] or "晚上" in match[0]):  # noqa: PLR2004 - noon
        hour += 12
    at = time(hour) if hour is not None else None
    if match["relative"]:
        return _at(local, local.date() + timedelta(days=_CHINESE_RELATIVE[match["relative"]]), at)
    if match["weekday"]:
        week = 7 if "下" in match[0][: match[0].index(match["weekday"])] else 0
        monday = local.date() - timedelta(days=local.weekday())
        return _at(local, monday + timedelta(days=_CHINESE_DAYS[match["weekday"]] + week), at)
    return _at(local, _day_of_year(local.date(), int(match["month"]), int(match["day"]), match["year"]), at)


def _dated(match: re.Match[str], local: datetime) -> datetime | None:
    day = _day(match, local.date())
    return None if day is None else _at(local, day, _clock(match))


def _day(match: re.Match[str], today: date) -> date | None:
    if match["iso"]:
        return date.fromisoformat(match["iso"])
    if match["numeric"]:
        return _numeric(match["numeric"], today)
    if match["relative"]:
        named = WEEKDAYS.get(fold(match["day_of_relative"] or ""))
        offset = RELATIVE_DAYS[_plain(match["relative"])]
        return _next_weekday(today, named) if named is not None else today + timedelta(days=offset)
    return _end_of_period(match, today) or _named_day(match, today)


def _end_of_period(match: re.Match[str], today: date) -> date | None:
    if match["week"]:
        return _next_weekday(today, 4)
    if match["month_end"]:
        return (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return None


def _named_day(match: re.Match[str], today: date) -> date | None:
    if match["day_first"]:
        month = MONTHS.get(fold(match["month_after"]))
        return _day_of_year(today, month, int(match["day_first"]), match["year_a"]) if month else None
    name = fold(match["name"])
    if name in MONTHS and match["day_after"]:
        return _day_of_year(today, MONTHS[name], int(match["day_after"]), match["year_b"])
    if name not in WEEKDAYS:
        return None
    # Said on a Wednesday, "next Wednesday" is not today.
    return _next_weekday(today + timedelta(days=bool(_NEXT.search(match[0]))), WEEKDAYS[name])


def _next_weekday(today: date, weekday: int) -> date:
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _day_of_year(today: date, month: int, day: int, year: str | None) -> date:
    if year:
        return date(int(year), month, day)
    this_year = date(today.year, month, day)
    # A date half a year gone means the next one.
    return this_year if today - this_year < timedelta(days=183) else date(today.year + 1, month, day)


def _numeric(value: str, today: date) -> date:
    """Read 28.02. and 28/02/2026 day first; 02/28 month first, since no month is the 28th."""
    parts = [int(part) for part in re.findall(r"\d+", value)]
    first, second = parts[:2]
    day, month = (second, first) if "/" in value and second > 12 else (first, second)  # noqa: PLR2004 - months
    year = str(parts[2] + 2000 if parts[2] < 100 else parts[2]) if len(parts) > 2 else None  # noqa: PLR2004 - d/m/yy
    return _day_of_year(today, month, day, year)


def _clock(match: re.Match[str]) -> time | None:
    if match["relative"] and match["relative"].lower() == "noon":
        return time(12)
    if not match["hour"]:
        early = match["early"] and (match["early_half"] or match["early_minute"])
        if early:
            return _time_of_day(match["early"], match["early_minute"], match["early_half"])
        return _MIDNIGHT if match["relative"] and fold(match["relative"]) in ("tonight", "ce soir") else None
    # A bare number after a date ("by Friday 3 people") is no hour.
    if not match["half"] and not match["minute"]:
        return None
    return _time_of_day(match["hour"], match["minute"], match["half"])


def _time_of_day(hour: str, minute: str | None, half: str | None) -> time:
    marker = (half or "").lower()
    hours = int(hour) % 12 + 12 if marker.startswith("p") else int(hour)
    if marker.startswith("a") and hours == 12:  # noqa: PLR2004 - 12 a.m. is midnight
        hours = 0
    return time(hours, int(minute or 0))


def _plain(word: str) -> str:
    return fold(word).replace("’", "'")


def _at(local: datetime, day: date, at: time | None) -> datetime:
    return datetime.combine(day, at or _END_OF_DAY, tzinfo=local.tzinfo)
