"""How long a task takes: "2 hours", "1h30", "PT2H", "media hora", "anderthalb Stunden"; else what its kind takes."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from assistant.domain.triage.cues import Cue, fold
from assistant.domain.triage.lexicon import listed

LONGEST_MINUTES: Final = 400 * 60
_WORKDAYS_A_WEEK: Final = 5
_HOUR: Final = 60
_UNREADABLE: Final = 'must be a length of time like "2 hours", "1h30", "30m", "half a day" or PT2H'
_NO_UNIT: Final = 'needs a unit, like "30 min" or "2 h"'
_TOO_LONG: Final = "must be at most 400 hours"
_NOT_POSITIVE: Final = "must be more than no time"

_ISO = re.compile(
    r"P(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,4}(?:[.,]\d+)?)D)?"
    r"(?:T(?:(?P<hours>\d{1,4}(?:[.,]\d+)?)H)?(?:(?P<minutes>\d{1,5}(?:[.,]\d+)?)M)?(?:\d{1,5}S)?)?"
)
_CLOCK = re.compile(r"(\d{1,3}) ?(?:h|:|hrs?|std\.?) ?([0-5]\d)(?: ?(?:m|min|mins|h))?")
_NUMBER = r"\d{1,5}(?:[.,]\d{1,3})?"
_RANGE = re.compile(rf"({_NUMBER}) ?(?:-|–|to|a|bis|à) ?(?={_NUMBER} ?[a-z])")
_UNITS: Final = (
    r"(?P<minute>minut\w*|mins?\.?|m|')|(?P<hour>hours?|hrs?\.?|h|horas?|heures?|stunden?|std\.?)|"
    r"(?P<day>(?:work(?:ing)? ?|business )?days?|d|dias?|jours?|j|journees?|(?:arbeits)?tage?s?)|"
    r"(?P<week>weeks?|wks?|w|semanas?|semaines?|wochen?)"
)
_PART = re.compile(rf"(?P<number>{_NUMBER}) ?(?:{_UNITS})(?![a-z])")
_HALF_AFTER = re.compile(r"(\d+) (\w+) (?:and (?:1|a) half|y media|y medio|et demie?)\b")
_HALF_BEFORE = re.compile(r"(\d+) (?:and (?:1|a) half|1/2)(?= )")
_JOIN = re.compile(r"[\s,]+|and\b|y\b|et\b|und\b")
_ABOUT = re.compile(
    r"^(?:(?:about|around|approx(?:imately)?\.?|roughly|circa|ca\.?|up to|max\.?|unos|unas|aprox\.?|environ|etwa|rund|"
    r"~|≈)\s*)+"
)

# Words for amounts, longest first, as the digits they stand for.
_WORDS: Final[Mapping[str, str]] = {
    phrase: digits
    for digits, phrases in {
        "0.5": "1/2",
        "0.5 h": "half an hour, half hour, media hora, une demi-heure, demi-heure, eine halbe stunde, halbe stunde",
        "0.25 h": "quarter of an hour, a quarter of an hour, quarter hour, un cuarto de hora, cuarto de hora, "
        "un quart d'heure, quart d'heure, eine viertelstunde, viertelstunde",
        "0.75 h": "three quarters of an hour, tres cuartos de hora, trois quarts d'heure, eine dreiviertelstunde, "
        "dreiviertelstunde",
        "1.5 h": "an hour and a half, one hour and a half, one and a half hours, hora y media, una hora y media, "
        "une heure et demie, heure et demie, anderthalb stunden, eineinhalb stunden",
        "0.5 d": "half a day, half day, half-day, medio dia, une demi-journee, demi-journee, ein halber tag, "
        "einen halben tag, halber tag, halbtags, a morning, an afternoon, une matinee, una manana",
        "1.5 d": "a day and a half, one and a half days, dia y medio, un dia y medio, une journee et demie, "
        "anderthalb tage, eineinhalb tage",
        "2": "a couple of, couple of, two, dos, deux, zwei",
        "3": "a few, three, tres, trois, drei",
        "4": "four, cuatro, quatre, vier",
        "5": "five, cinco, cinq, funf",
        "1": "an, a, one, un, una, une, ein, eine, einen",
    }.items()
    for phrase in listed(phrases)
}
_WORD = re.compile(
    r"(?<![\w-])(?<!\d )(?:"
    + "|".join(re.escape(phrase) for phrase in sorted(_WORDS, key=len, reverse=True))
    + r")(?![\w-])"
)

_KINDS: Final[Mapping[Cue, int]] = {
    Cue.FIX: 90,
    Cue.MEETING: 60,
    Cue.REVIEW: 60,
    Cue.SEND: 20,
    Cue.CALL: 20,
    Cue.APPROVE: 15,
    Cue.PAY: 15,
    Cue.ANSWER: 15,
}
_MAKING_MINUTES: Final = 120
_OTHER_MINUTES: Final = 45
_MAKING = re.compile(
    r"\b(?:write|draft|prepare|create|build|design|develop|plan|research|analy[sz]e|presentation|deck|slides|report|"
    r"proposal for|strategy for|memo|escribir|redactar|preparar|crear|disenar|desarrollar|informe|presentacion|"
    r"ecrire|rediger|preparer|creer|concevoir|rapport|presentation|schreiben|entwerfen|vorbereiten|erstellen|"
    r"entwickeln|bericht|prasentation)\b"
)


class EffortSource(StrEnum):
    """Where an estimate comes from: the user, or what tasks of this kind usually take."""

    GIVEN = "given"
    TYPICAL = "typical"


@dataclass(frozen=True, slots=True)
class Effort:
    """``minutes`` of work; ``confidence`` from 0 to 1."""

    minutes: int
    source: EffortSource
    confidence: float


_GIVEN: Final = 0.9
_GIVEN_AS_RANGE: Final = 0.7
_TYPICAL_OF_KIND: Final = 0.3
_TYPICAL_OF_ANY: Final = 0.2


@lru_cache(maxsize=1_000)
def read_effort(text: str, *, workday: int) -> Effort:
    """Return the length of time the whole of ``text`` names; a day has ``workday`` minutes, a range counts as its end.

    Raises:
        ValueError: says what is wrong, in words for the user.
    """
    said = " ".join(fold(word) for word in text.replace("’", "'").replace("½", " 1/2").split())
    if re.match(r"[-−]\s*[\dp]", said):
        raise ValueError(_NOT_POSITIVE)
    in_range = _RANGE.search(said) is not None
    minutes = _iso(said.upper(), workday)
    if minutes is None:
        minutes = _in_words(_RANGE.sub("", _ABOUT.sub("", said)), workday)
    if round(minutes) < 1:
        raise ValueError(_NOT_POSITIVE)
    if minutes > LONGEST_MINUTES:
        raise ValueError(_TOO_LONG)
    return Effort(round(minutes), EffortSource.GIVEN, _GIVEN_AS_RANGE if in_range else _GIVEN)


def typical_effort(text: str, cues: Collection[Cue]) -> Effort:
    """Return what a task with these folded words and cues usually takes; the longest of its kinds."""
    if _MAKING.search(text):
        return Effort(_MAKING_MINUTES, EffortSource.TYPICAL, _TYPICAL_OF_KIND)
    kinds = [_KINDS[cue] for cue in cues if cue in _KINDS]
    if kinds:
        return Effort(max(kinds), EffortSource.TYPICAL, _TYPICAL_OF_KIND)
    return Effort(_OTHER_MINUTES, EffortSource.TYPICAL, _TYPICAL_OF_ANY)


def _iso(said: str, workday: int) -> float | None:
    match = _ISO.fullmatch(said)
    if match is None or len(said) <= len("PT"):
        return None
    amounts = {name: float(value.replace(",", ".")) for name, value in match.groupdict().items() if value}
    each = {"weeks": _WORKDAYS_A_WEEK * workday, "days": workday, "hours": _HOUR, "minutes": 1}
    return sum(amount * each[name] for name, amount in amounts.items())


def _in_words(said: str, workday: int) -> float:
    clock = _CLOCK.fullmatch(said)
    if clock:
        return int(clock[1]) * _HOUR + int(clock[2])
    rest = _WORD.sub(lambda match: _WORDS[match[0]], _HALF_AFTER.sub(r"\1.5 \2", said))
    rest = _HALF_BEFORE.sub(r"\1.5", _HALF_AFTER.sub(r"\1.5 \2", rest))
    if re.fullmatch(_NUMBER, rest):
        raise ValueError(_NO_UNIT)
    each = {"minute": 1, "hour": _HOUR, "day": workday, "week": _WORKDAYS_A_WEEK * workday}
    total = 0.0
    for match in _PART.finditer(rest):
        total += float(match["number"].replace(",", ".")) * each[str(match.lastgroup)]
    left = _JOIN.sub("", _PART.sub("", rest))
    if left or not _PART.search(rest):
        raise ValueError(_UNREADABLE)
    return total
