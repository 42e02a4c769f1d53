"""Reads when something is: "on Mondays and Friday afternoons", "before 9", "between 12 and 1"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from typing import Final, NamedTuple

from assistant.domain.calendar.wishes.clock import Clock, Quantities
from assistant.domain.calendar.wishes.vocabulary import Vocabulary
from assistant.domain.days import PartOfDay, Weekday

_NOON: Final = time(12)
_EVENING: Final = time(18)
_WEEK: Final = len(Weekday)


class Span(NamedTuple):
    """A part of the day; None stands for midnight."""

    start: time | None
    end: time | None


LUNCH: Final = Span(_NOON, time(13))
SPAN_OF_PART: Final = {
    PartOfDay.MORNING: Span(None, _NOON),
    PartOfDay.AFTERNOON: Span(_NOON, None),
    PartOfDay.EVENING: Span(_EVENING, None),
}

type Atom = tuple[Weekday, ...] | PartOfDay | Span


@dataclass(frozen=True, slots=True)
class When:
    """Days, parts of them or times on them; no days means every day, neither parts nor spans the whole day."""

    days: tuple[Weekday, ...] = ()
    parts: tuple[PartOfDay, ...] = ()
    spans: tuple[Span, ...] = ()

    @classmethod
    def of(cls, atoms: list[Atom]) -> "When":
        """Put together what was said of one when."""
        days = [day for atom in atoms if not isinstance(atom, (PartOfDay, Span)) for day in atom]
        parts = [atom for atom in atoms if isinstance(atom, PartOfDay)]
        spans = [atom for atom in atoms if isinstance(atom, Span)]
        return cls(tuple(dict.fromkeys(days)), tuple(dict.fromkeys(parts)), tuple(dict.fromkeys(spans)))


class _NotUnderstood(Exception):
    """A word is not known, or a time does not exist."""


class WhenReader:
    """Reads times in one language; every word has to be accounted for."""

    def __init__(self, words: Vocabulary, quantities: Quantities) -> None:
        self._quantities = quantities
        part = "|".join(f"(?:{one})" for one in words.parts.values())
        day = rf"(?:{'|'.join(words.weekdays)})(?:\b|(?=(?:{part})\b))"
        clock = rf"(?:(?:{words.at}) )?(?:l[ae]s? )?{quantities.clock}"
        to = rf"(?: (?:{words.to}) (?:el |le )?| ?- ?)"
        conjunction = rf"(?:{words.conjunction})"
        self._weekdays = [re.compile(one) for one in words.weekdays]
        self._parts = {part: re.compile(said) for part, said in words.parts.items()}
        self._token = re.compile(
            rf"(?:\b(?:{words.between}) )?(?P<first_day>\b{day}){to}(?P<last_day>{day})|"
            rf"(?:\b(?:{words.between}) )?(?P<start>{clock}){to}(?P<end>{clock})|"
            rf"\b(?:{words.between}) (?P<from>{clock}) {conjunction} (?P<until>{clock})|"
            rf"(?P<weekend>\b(?:{words.weekend})\b)|(?P<day>\b{day})|(?P<lunch>\b(?:{words.lunch})\b)|"
            rf"\b(?:{words.before}) (?P<before>{clock})|\b(?:{words.after}) (?P<after>{clock})|"
            rf"(?P<part>(?:{part})\b)|(?P<conjunction>\b{conjunction}\b|[,&/])|\b(?:{words.filler})\b|\b[ld]'|-?[ ]"
        )

    def read(self, text: str) -> tuple[When, ...]:
        """Return what ``text`` says, nothing where a word of it is not understood.

        "Monday mornings and Fridays" are two; "Mondays and Wednesdays before 9" are one.
        """
        groups: list[list[Atom]] = [[]]
        conjoined = False
        try:
            for match in self._tokens(text):
                conjoined = conjoined or match["conjunction"] is not None
                atom = self._atom(match)
                if atom is None:
                    continue
                if _begins_another(groups[-1], atom, conjoined=conjoined):
                    groups.append([])
                groups[-1].append(atom)
                conjoined = False
        except _NotUnderstood:
            return ()
        whens = tuple(When.of(group) for group in groups if group)
        # "Friday afternoon after 3" is neither the one nor the other.
        return () if any(when.parts and when.spans for when in whens) else whens

    def clock(self, text: str) -> time | None:
        """Return the time of day where a text names that and nothing else."""
        clock = self._quantities.read_clock(text) if re.fullmatch(self._quantities.clock, text) else None
        return clock.at() if clock else None

    def _tokens(self, text: str) -> Iterator[re.Match[str]]:
        position = 0
        while position < len(text):
            match = self._token.match(text, position)
            if match is None:
                raise _NotUnderstood
            yield match
            position = match.end()

    def _atom(self, match: re.Match[str]) -> Atom | None:
        """Return what a token says; None for a word that only joins."""
        if match["weekend"]:
            return (Weekday.SATURDAY, Weekday.SUNDAY)
        if match["first_day"]:
            first, last = self._weekday(match["first_day"]), self._weekday(match["last_day"])
            return tuple(Weekday((first + step) % _WEEK) for step in range((last - first) % _WEEK + 1))
        if match["day"]:
            return (self._weekday(match["day"]),)
        if match["part"]:
            where = match.span("part")
            return next(part for part, pattern in self._parts.items() if pattern.fullmatch(match.string, *where))
        return LUNCH if match["lunch"] else self._span(match)

    def _weekday(self, said: str) -> Weekday:
        return next(day for day, pattern in zip(Weekday, self._weekdays, strict=True) if pattern.match(said))

    def _span(self, match: re.Match[str]) -> Span | None:
        start, end = match["start"] or match["from"], match["end"] or match["until"]
        if start:
            return _between(self._clock(start), self._clock(end))
        if match["before"]:
            return Span(None, _known(self._clock(match["before"]).at()))
        return Span(_known(self._clock(match["after"]).onwards()), None) if match["after"] else None

    def _clock(self, said: str) -> Clock:
        found = re.search(self._quantities.clock, said)
        clock = self._quantities.read_clock(found[0]) if found else None
        if clock is None:
            raise _NotUnderstood
        return clock


def _begins_another(group: list[Atom], atom: Atom, *, conjoined: bool) -> bool:
    """Whether ``atom`` says another when: a day after a time, say, unless it belongs to that."""
    if not group:
        return False
    days = [not isinstance(one, (PartOfDay, Span)) for one in (group[0], group[-1], atom)]
    changed = days[1] != days[2]
    return changed and (conjoined or days[0] == days[2])


def _known(at: time | None) -> time:
    if at is None:
        raise _NotUnderstood
    return at


def _between(start: Clock, end: Clock) -> Span:
    begins, ends, later = _known(start.at()), _known(end.at()), start.later()
    # "6 to 7 pm" begins in the evening, too; "9 to 5" ends in the afternoon.
    if later and not end.bare and later < ends:
        begins = later
    if ends <= begins:
        ends = end.later() or ends
    if ends <= begins:
        raise _NotUnderstood
    return Span(begins, ends)
