"""Whether a sentence about a fact claims anything the fact does not say.

Every number, duration, time of day, date, weekday and quoted title of the sentence has to be one of the fact's; what
looks like an amount and cannot be read is refused too. A number is taken for what it is said to be: the 60 of 60
minutes does not make 60 meetings true. An article ("a meeting") is no number here, and what a sentence claims without
any of these is not checked.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import time
from typing import Final

from assistant.domain.calendar.prose.amounts import ARTICLE, DURATIONS, HOURS, MINUTES, NO_MORE, NUMBERS, UNREADABLE
from assistant.domain.calendar.prose.facts import Fact
from assistant.domain.calendar.wishes.clock import alternatives
from assistant.domain.languages import MONTHS, WEEKDAYS, WrittenLanguage
from assistant.domain.llm import Rejected
from assistant.domain.mail_invisible import strip_invisible
from assistant.domain.triage.cues import fold

# Stands where something was that the fact bears out; no word, and nothing a text may hold.
_DONE: Final = "\0"
# The same for amounts and times: a number beside one would change what it says.
_AMOUNT_DONE: Final = "\1"
_QUOTES: Final = (("“", "”"), ("„", "“"), ('"', '"'), ("«", "»"), ("« ", " »"))
# Letters of the four languages, figures and plain punctuation: no links, addresses, markup or signs of other scripts.
_PLAIN: Final = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿŒœ0-9\s.,;:!?¡¿()'’–—\-\0]*")
_ADDRESS: Final = re.compile(r"[a-z]{2}\.[a-z]{2}|\bwww\b")
_ROMAN: Final = re.compile(r"\b[IVXLCDM]{2,}\b")
_BELOW_ZERO: Final = re.compile(r"(?:^|\s)[-–]\d|\bminus\b|\bmenos\b|\bmoins\b")
_OTHER_DAY: Final = (
    r"today|tonight|tomorrow|yesterday|hoy|ayer|anoche|(?<!la )(?<!las )mananas?|aujourd'?hui|demain|heute|gestern"
    r"|morgen"
)
_ELSEWHERE: Final = {WrittenLanguage.FRENCH: "|hier", WrittenLanguage.GERMAN: "|ubermorgen|vorgestern"}

type _Supported = Callable[[re.Match[str]], bool]


def check_claims(text: str, fact: Fact, language: WrittenLanguage) -> None:
    """Raise Rejected where the text claims what the fact does not say."""
    shown = unicodedata.normalize("NFKC", strip_invisible(text))
    rest = _without_titles(shown, fact)
    if not _PLAIN.fullmatch(rest):
        raise Rejected("characters", retry=True)
    if _ROMAN.search(rest):
        raise Rejected("number", retry=True)
    folded = fold(rest.replace("’", "'"))
    if _ADDRESS.search(folded):
        raise Rejected("characters", retry=True)
    _Claims(fact, language).check(folded)


def _without_titles(text: str, fact: Fact) -> str:
    """Return the text without the fact's titles, each of which it has to quote; other quotes stay, and are refused."""
    for title in dict.fromkeys(filter(None, fact.titles)):
        left = text
        for opening, closing in _QUOTES:
            left = left.replace(f"{opening}{unicodedata.normalize('NFKC', title)}{closing}", _DONE)
        if left == text:
            raise Rejected("title", retry=True)
        text = left
    return text


class _Claims:
    """Takes out of a folded text what the fact bears out, step by step; nothing that counts may be left."""

    def __init__(self, fact: Fact, language: WrittenLanguage) -> None:
        self._days = {*fact.days.values(), *(moment.date() for moment in fact.times.values())}
        self._times = {moment.time() for moment in fact.times.values()}
        self._minutes = set(fact.minutes.values())
        self._counts = set(fact.counts.values())
        self._other_day = re.compile(rf"\b(?:{_OTHER_DAY}{_ELSEWHERE.get(language, '')})\b")
        self._nothing = re.compile(rf"\b(?:{NO_MORE[language]})\b")

    def check(self, text: str) -> None:
        """Raise Rejected for the first claim without support."""
        if self._other_day.search(text):
            raise Rejected("day", retry=True)
        if _BELOW_ZERO.search(text):
            raise Rejected("number", retry=True)
        for pattern, supported, reason in self._steps():
            if not all(map(supported, pattern.finditer(text))):
                raise Rejected(reason, retry=True)
            text = pattern.sub(_AMOUNT_DONE if pattern in _AMOUNTS else _DONE, text)
        if UNREADABLE.search(text) or re.search(r"\d", text):
            raise Rejected("number", retry=True)

    def _steps(self) -> Iterator[tuple[re.Pattern[str], _Supported, str]]:
        yield _DATE, self._is_day, "day"
        yield _CLOCK, self._is_time, "time"
        yield _NOON, self._is_noon, "time"
        yield _SHORT_HOURS, self._is_time_or_minutes, "time"
        yield _DURATION, self._is_minutes, "duration"
        yield _WEEKDAY, self._is_weekday, "day"
        yield _MONTH, self._is_month, "day"
        yield _BESIDE, lambda _: False, "number"
        yield _NUMBER, self._is_number, "number"
        yield self._nothing, lambda _: 0 in self._counts, "number"

    def _is_day(self, claim: re.Match[str]) -> bool:
        said = claim.groupdict()
        day, year = next(said[name] for name in ("day", "day2", "day3") if said[name]), said["year"] or said["year3"]
        month = int(said["month3"]) if said["month3"] else _MONTH_NUMBERS[said["month"] or said["month2"]]
        weekday = said["weekday"]
        return any(
            (one.day, one.month) == (int(day), month)
            and (not year or one.year == int(year))
            and (not weekday or one.weekday() == _WEEKDAY_NUMBERS[weekday])
            for one in self._days
        )

    def _is_time(self, claim: re.Match[str]) -> bool:
        hour, minute = int(claim["hour"] or claim["hour2"]), int(claim["minute"] or 0)
        half = (claim["half"] or claim["half2"] or "")[:1]
        if half and not 1 <= hour <= 12:  # noqa: PLR2004 hours of a clock with two halves of the day
            return False
        return _clock(hour % 12 + (12 if half == "p" else 0) if half else hour, minute) in self._times

    def _is_noon(self, claim: re.Match[str]) -> bool:
        return time(0 if claim["midnight"] else 12) in self._times

    def _is_time_or_minutes(self, claim: re.Match[str]) -> bool:
        hour, minute = int(claim["hour"]), int(claim["glued"] or claim["spaced"] or 0)
        is_time = not claim["spaced"] and _clock(hour, minute) in self._times
        return is_time or 60 * hour + minute in self._minutes

    def _is_minutes(self, claim: re.Match[str]) -> bool:
        if claim["named"]:
            return DURATIONS[claim["named"]] in self._minutes
        hours = _value(claim["hours"]) if claim["hours"] else 0.0
        minutes = _value(claim["minutes"] or claim["only"]) if claim["minutes"] or claim["only"] else 0.0
        return 60 * hours + minutes in self._minutes

    def _is_weekday(self, claim: re.Match[str]) -> bool:
        return any(day.weekday() == _WEEKDAY_NUMBERS[claim["weekday"]] for day in self._days)

    def _is_month(self, claim: re.Match[str]) -> bool:
        return any(day.month == _MONTH_NUMBERS[claim["month"]] for day in self._days)

    def _is_number(self, claim: re.Match[str]) -> bool:
        value = _value(claim["number"])
        is_date = claim["ordinal"] is not None and value in {day.day for day in self._days}
        return not claim["more"] and (value in self._counts or is_date)


def _clock(hour: int, minute: int) -> time | None:
    return time(hour, minute) if hour < 24 and minute < 60 else None  # noqa: PLR2004 of a day and an hour


def _value(said: str) -> float:
    """Return a number in figures or in words; groups of three figures are thousands."""
    if said in NUMBERS:
        return NUMBERS[said]
    if _THOUSANDS.fullmatch(said):
        return float(re.sub(r"\D", "", said))
    return float(said.replace(",", ".")) if _PLAIN_NUMBER.fullmatch(said) else -1.0


def _numbered(names: Iterable[tuple[int, str]]) -> dict[str, int]:
    return {fold(name): number for number, name in names}


_THOUSANDS: Final = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+")
_PLAIN_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)?")
_ABBREVIATED_MONTHS: Final = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    "ene", "fevr", "marz", "abr", "mayo", "junio", "julio", "ago", "sept", "okt", "novembre", "dez",
)  # fmt: skip
_MONTH_NUMBERS: Final = _numbered(
    [(number % 12 + 1, name) for number, name in enumerate(_ABBREVIATED_MONTHS)]
    + [(number, name) for names in MONTHS.values() for number, name in enumerate(names, start=1)]
) | {"janv": 1, "avr": 4, "juil": 7, "dic": 12}
_ABBREVIATED_WEEKDAYS: Final = (
    "mon", "tue", "wed", "thu", "fri", "sat", "sun",
    "lun", "mar", "mie", "jue", "vie", "sab", "dom",
    "lun", "mar", "mer", "jeu", "ven", "sam", "dim",
)  # fmt: skip
_WEEKDAY_NUMBERS: Final = (
    _numbered((number % 7, name) for number, name in enumerate(_ABBREVIATED_WEEKDAYS))
    | _numbered(
        (number, name + ending)
        for names in WEEKDAYS.values()
        for number, name in enumerate(names)
        for ending in ("", "s")
    )
    | {"tues": 1, "thur": 3, "thurs": 3}
)
_WEEKDAYS: Final = alternatives(_WEEKDAY_NUMBERS)
_MONTHS: Final = alternatives(_MONTH_NUMBERS)
_ORDINAL: Final = r"(?:st|nd|rd|th|ers?|eres?|ere|e|eme|o|a)"
_FIGURES: Final = r"\d+(?:[.,' ]\d+)*"
_SPOKEN: Final = alternatives(NUMBERS)
_AMOUNT: Final = rf"(?:{_FIGURES}|{_SPOKEN})"

_DATE: Final = re.compile(
    rf"(?<![\w.,:])(?:(?P<weekday>{_WEEKDAYS})\.?,?\s+(?:(?:the|el|le|den|dem|der)\s+)?)?(?:"
    rf"(?P<day>\d{{1,2}})(?:{_ORDINAL}|\.)?\s+(?:(?:de|of)\s+)?(?P<month>{_MONTHS})\b\.?"
    rf"|(?P<month2>{_MONTHS})\.?\s+(?:the\s+)?(?P<day2>\d{{1,2}}){_ORDINAL}?\b(?![:.]\d)"
    rf")(?:,?\s+(?:(?:de|del)\s+)?(?P<year>\d{{4}})\b)?"
    rf"|(?<![\w.,:])(?P<year3>\d{{4}})-(?P<month3>\d{{2}})-(?P<day3>\d{{2}})\b"
)
_CLOCK: Final = re.compile(
    r"(?<![\w.,:])(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?![\d:])"
    r"(?:(?<=:\d\d)(?:\s?(?P<half>[ap]\.?m\b\.?))?|\s?(?:uhr\b)|(?=[–-]\d{1,2}\.\d{2}\s?uhr\b))(?:\s?uhr\b|\s?h\b)?"
    r"|(?<![\w.,:])(?P<hour2>\d{1,2})\s?(?:(?P<half2>[ap]\.?m\b\.?)|o'?clock\b|uhr\b)"
)
_NOON: Final = re.compile(
    r"\b(?:noon|midday|mediodia|midi|mittags?|(?P<midnight>midnight|medianoche|minuit|mitternachts?))\b"
)
_SHORT_HOURS: Final = re.compile(
    r"(?<![\w.,:])(?P<hour>\d{1,3})\s?h(?:(?P<glued>\d{2})\b|\s(?P<spaced>\d{1,2})\s?min\b|\b)(?![:.]?\d)"
)
_UNIT: Final = rf"(?:{MINUTES}|minutes?|mins?)"
_DURATION: Final = re.compile(
    rf"(?<![\w.,:])(?:(?P<named>{alternatives(DURATIONS)})\b|(?P<only>{_AMOUNT})[\s-]?{_UNIT}\b"
    rf"|(?P<hours>{_AMOUNT})[\s-]?(?:{HOURS})\b(?:,?\s(?:(?:and|y|et|und)\s)?(?P<minutes>{_AMOUNT})[\s-]?{_UNIT}\b)?)"
)
_WEEKDAY: Final = re.compile(rf"\b(?P<weekday>{_WEEKDAYS})\b")
# Alone, "may" and "march" are verbs as well, and "sept" is a number.
_MONTH: Final = re.compile(rf"\b(?:(?<=in )|(?<=of )|(?!(?:may|march|mar|sept)\b))(?P<month>{_MONTHS})\b")
_AND: Final = r"(?:and|y|et|und)"
_UP_TO: Final = r"(?:to|al?|hasta|au|bis|auf)"
_NUMBER: Final = re.compile(
    rf"(?<![\w.,:])(?P<number>{_FIGURES}|(?:{_SPOKEN})(?!\w))(?:(?<=\d)(?P<ordinal>{_ORDINAL})(?!\w))?"
    rf"(?P<more>[\s-]+(?:{_AND}[\s-]+)?(?:{_FIGURES}|{_SPOKEN}|{ARTICLE})(?!\w))?(?!\w)"
)
# "Twenty five minutes" after the five minutes, "20 and 21 January" after the latter, "2 h 30".
_BESIDE: Final = re.compile(
    rf"(?:{_FIGURES}|\b(?:{_SPOKEN}))(?:[\s-]+(?:{_AND}[\s-]+)?|\s?[–-]\s?|\s{_UP_TO}\s){_AMOUNT_DONE}"
    rf"|{_AMOUNT_DONE}[\s-]+(?:{_AND}[\s-]+)?(?:{_FIGURES}|{_SPOKEN})(?!\w)"
)
_AMOUNTS: Final = frozenset({_DATE, _CLOCK, _NOON, _SHORT_HOURS, _DURATION})
