"""Reads times of day, durations and numbers in the words of a language."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from typing import Final

from assistant.domain.calendar.wishes.vocabulary import Vocabulary

_HALF_DAY: Final = 12
# A bare "after 4" means the afternoon: nobody plans meetings before six in the morning.
_FIRST_MORNING_HOUR: Final = 6
# An open "after 6" means the evening: the morning is nearly the whole day.
_LAST_EVENING_HOUR: Final = 8
_LAST_HOUR: Final = 23
_MINUTES: Final = 60
_DIGITS: Final = re.compile(r"\d+")
_HOURS_AND_MINUTES: Final = re.compile(r"(\d+)h(\d\d)")


@dataclass(frozen=True, slots=True)
class Clock:
    """A time as it was said; ``bare``: nothing tells whether morning or afternoon is meant."""

    hour: int
    minute: int
    bare: bool

    def at(self) -> time | None:
        """Return the time of day, a bare 1 to 5 in the afternoon; None where there is no such time."""
        early = self.bare and 0 < self.hour < _FIRST_MORNING_HOUR
        return _time(self.hour + _HALF_DAY if early else self.hour, self.minute)

    def onwards(self) -> time | None:
        """Return the time of day from which on something holds, a bare 1 to 8 in the afternoon or evening."""
        late = self.bare and 0 < self.hour <= _LAST_EVENING_HOUR
        return self.later() if late else self.at()

    def later(self) -> time | None:
        """Return a bare time twelve hours later, where that is still the same day."""
        return _time(self.hour + _HALF_DAY, self.minute) if self.bare else None


class Quantities:
    """Patterns, without groups, for the quantities of a language, and what their matches mean."""

    def __init__(self, words: Vocabulary) -> None:
        self._words = words
        named = alternatives(words.numbers)
        self.number = rf"(?:\d+(?:[.,]\d+)?|{named})"
        self.clock = _clock_pattern(words, named)
        half = rf"(?: (?:{words.and_a_half}))?"
        minutes = rf"{self.number}[ -]?(?:{words.minutes})\b"
        self.duration = (
            rf"(?:{alternatives(words.durations)}|\d+h\d\d|"
            rf"{self.number}[ -]?(?:{words.hours})\b{half}(?:,? (?:\w+ )?{minutes})?|{minutes})"
        )
        self._amount = re.compile(rf"({self.number})[ -]?(?:({words.hours})|{words.minutes})\b")
        self._named_hour = re.compile(rf"\b(?:{named})\b")

    def read_clock(self, said: str) -> Clock | None:
        """Return the time that ``clock`` matched."""
        words, digits, named = self._words, _DIGITS.findall(said), self._named_hour.search(said)
        if re.fullmatch(words.noon, said):
            return Clock(_HALF_DAY, 0, bare=False)
        if not digits and not named:
            return None
        hour = int(digits[0]) if digits else int(words.numbers[named[0]]) if named else 0
        minute = int(digits[1]) if len(digits) > 1 else 0
        minute += 30 * _says(words.half_past, said) + 15 * _says(words.quarter_past, said)
        morning, afternoon = _says(words.in_the_morning, said), _says(words.in_the_afternoon, said)
        if _says(words.half_to, said):
            hour, minute = hour - 1, 30
        if afternoon and hour < _HALF_DAY:
            hour += _HALF_DAY
        if morning and hour == _HALF_DAY:
            hour = 0
        return Clock(hour, minute, bare=not (morning or afternoon or said.startswith("0")))

    def read_duration(self, said: str) -> int | None:
        """Return the minutes that ``duration`` matched, where they are a whole number."""
        if said in self._words.durations:
            return self._words.durations[said]
        if both := _HOURS_AND_MINUTES.fullmatch(said):
            return int(both[1]) * _MINUTES + int(both[2])
        amounts = self._amount.findall(said)
        minutes = sum(self.read_number(amount) * (_MINUTES if hours else 1) for amount, hours in amounts)
        minutes += 30 * _says(self._words.and_a_half, said)
        return int(minutes) if minutes.is_integer() else None

    def read_number(self, said: str) -> float:
        """Return the number that ``number`` matched."""
        named = self._words.numbers.get(said)
        return float(said.replace(",", ".")) if named is None else named


def alternatives(words: Iterable[str]) -> str:
    """Return a pattern for any of the words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _clock_pattern(words: Vocabulary, named: str) -> str:
    minutes = rf"(?:(?::|\.| ?h ?| (?:{words.o_clock}) )[0-5]\d)"
    ending = rf"(?: ?(?:{words.o_clock})\b)?"
    half = rf"(?: (?:{words.half_past}|{words.quarter_past})\b)?"
    day_time = rf"(?: ?(?:{words.in_the_morning}|{words.in_the_afternoon})(?!\w))?"
    before = rf"(?:(?:{words.half_to}) )?"
    return rf"(?:\b(?:{words.noon})\b|\b{before}(?:\d{{1,2}}{minutes}?|(?:{named})\b){ending}{half}{day_time}(?![\d:]))"


def _says(pattern: str, text: str) -> bool:
    return re.search(rf"(?:\b|(?<=\d))(?:{pattern})(?!\w)", text) is not None


def _time(hour: int, minute: int) -> time | None:
    return time(hour, minute) if 0 <= hour <= _LAST_HOUR and minute < _MINUTES else None
