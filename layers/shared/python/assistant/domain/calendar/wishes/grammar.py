"""Turns a wish in one language into constraints, where a pattern accounts for all of it."""

import re
from collections.abc import Mapping
from datetime import time
from functools import cache
from typing import Final

from pydantic import ValidationError

from assistant.domain.calendar.request import Constraints, NoMeetingsWindow, TimeWindow
from assistant.domain.calendar.wishes.clock import Quantities
from assistant.domain.calendar.wishes.english import VOCABULARY as ENGLISH
from assistant.domain.calendar.wishes.french import VOCABULARY as FRENCH
from assistant.domain.calendar.wishes.german import VOCABULARY as GERMAN
from assistant.domain.calendar.wishes.joining import joined
from assistant.domain.calendar.wishes.spanish import VOCABULARY as SPANISH
from assistant.domain.calendar.wishes.vocabulary import Form, Vocabulary
from assistant.domain.calendar.wishes.when import LUNCH, SPAN_OF_PART, Span, When, WhenReader
from assistant.domain.days import DayPart, Weekday
from assistant.domain.preferences import MeetingPreferences
from assistant.domain.triage.language import Language

VOCABULARIES: Final[Mapping[Language, Vocabulary]] = {
    words.language: words for words in (ENGLISH, SPANISH, FRENCH, GERMAN)
}
_WORKING_WEEK: Final = tuple(Weekday)[:5]
# "No back-to-back meetings" names no minutes: it means the buffer of the preferences before anybody changes them.
_USUAL_BUFFER: Final = MeetingPreferences().buffer_minutes
_MINUTES: Final = 60
_END: Final = re.compile(r"[\s.!;,]+$")


class Grammar:
    """The patterns of one language, compiled."""

    def __init__(self, words: Vocabulary) -> None:
        self._quantities = Quantities(words)
        self._when = WhenReader(words, self._quantities)
        self._opening = re.compile(rf"(?:{words.opening})\s+")
        self._closing = re.compile(rf",?\s+(?:{words.closing})$")
        self._at = re.compile(rf"(?:{words.at}) (?:l[ae]s? )?")
        weekdays = "|".join(words.weekdays)
        reasons = rf"(?: (?!(?:{words.not_a_purpose}|{words.meetings}|{weekdays})\b)[^\W\d_][\w'-]*){{1,5}}"
        purpose = rf" (?:{words.purpose}){reasons}"
        groups = {
            "{when}": "(?P<when>.+?)",
            "{number}": f"(?P<number>{self._quantities.number})",
            "{duration}": f"(?P<duration>{self._quantities.duration})",
            "{meetings}": words.meetings,
            "{purpose!}": purpose,
            "{purpose}": f"(?:{purpose})?",
        }
        self._patterns = [
            (form, re.compile(_filled(pattern, groups))) for form, some in words.patterns.items() for pattern in some
        ]

    def read(self, text: str) -> Constraints | None:
        """Return what a wish, in lower case without accents, asks for; None where it is not understood."""
        wish = self._core(text)
        for form, pattern in self._patterns:
            match = pattern.fullmatch(wish)
            constraints = self._constraints(form, match) if match else None
            if constraints:
                return constraints
        return None

    def _core(self, text: str) -> str:
        """Return the wish without courtesies."""
        wish = _END.sub("", text.strip())
        while opening := self._opening.match(wish):
            wish = wish[opening.end() :]
        return _END.sub("", self._closing.sub("", wish))

    def _constraints(self, form: Form, match: re.Match[str]) -> Constraints | None:
        try:
            return self._times(form, match) if "when" in match.re.groupindex else self._amount(form, match)
        except ValidationError:  # Understood, but beyond what may be asked for: thirty hours of focus a day.
            return None

    def _amount(self, form: Form, match: re.Match[str]) -> Constraints | None:
        named = match.groupdict()
        if "number" in named:
            number = self._quantities.read_number(named["number"])
            return Constraints(max_meetings_per_day=int(number)) if number.is_integer() else None
        if form is Form.BUFFER and "duration" not in named:
            return Constraints(meeting_buffer_minutes=_USUAL_BUFFER)
        minutes = self._quantities.read_duration(named["duration"])
        if minutes is None:
            return None
        if form is Form.BUFFER:
            return Constraints(meeting_buffer_minutes=minutes)
        if form is Form.FOCUS:
            return Constraints(focus_time_hours=minutes / _MINUTES)
        return Constraints(min_focus_block_minutes=minutes)

    def _times(self, form: Form, match: re.Match[str]) -> Constraints | None:
        said = (match["when"] or "").strip()
        if form is Form.LUNCH:
            return self._lunch(said)
        whens = self._when.read(said)
        if not whens:
            return None
        if form is Form.AVOID:
            return joined(_avoiding(when) for when in whens)
        if form is Form.WORK:
            return _working(whens)
        return {Form.ONLY: _only, Form.OFF: _off}[form](whens[0]) if len(whens) == 1 else None

    def _lunch(self, said: str) -> Constraints | None:
        start = self._when.clock(self._at.sub("", said, count=1)) if said else LUNCH.start
        if start and start.hour < time.max.hour:
            return _avoiding(When(spans=(Span(start, start.replace(hour=start.hour + 1)),)))
        whens = self._when.read(said)
        closed = len(whens) == 1 and len(whens[0].spans) == 1 and None not in whens[0].spans[0]
        return _avoiding(whens[0]) if closed else None


@cache
def grammar(language: Language) -> Grammar:
    """Return the grammar of a language; KeyError for one without."""
    return Grammar(VOCABULARIES[language])


def _avoiding(when: When) -> Constraints:
    """Return constraints that keep meetings out of these times."""
    if when.days and not when.spans:
        parts = when.parts or (None,)
        return Constraints(no_meetings_days=tuple(DayPart(day, part) for day in when.days for part in parts))
    windows = [*when.spans, *(SPAN_OF_PART[part] for part in when.parts)]
    # Without days an open end is the limit of every day; a part of the day is a window, which leaves that limit alone.
    limits = [] if when.days else [span for span in when.spans if None in span]
    before = [span.end for span in limits if span.start is None and span.end]
    after = [span.start for span in limits if span.end is None and span.start]
    rest = [
        NoMeetingsWindow(days=when.days, start=start, end=end) for start, end in windows if (start, end) not in limits
    ]
    return Constraints(
        no_meetings_before=max(before, default=None),
        no_meetings_after=min(after, default=None),
        no_meetings_windows=tuple(rest) or None,
    )


def _only(when: When) -> Constraints | None:
    spans = [*when.spans, *(SPAN_OF_PART[part] for part in when.parts)]
    if len(spans) > 1:
        return None
    start, end = spans[0] if spans else Span(None, None)
    if not when.days:
        return Constraints(no_meetings_before=start, no_meetings_after=end)
    others = tuple(DayPart(day) for day in Weekday if day not in when.days)
    around = [span for span in (Span(None, start), Span(end, None)) if span != Span(None, None)]
    windows = tuple(NoMeetingsWindow(days=when.days, start=span.start, end=span.end) for span in around)
    return Constraints(no_meetings_days=others, no_meetings_windows=windows or None)


def _working(whens: tuple[When, ...]) -> Constraints | None:
    """Return the working hours and days of "Monday to Thursday from 8 to 4", in any order."""
    parts = [part for when in whens for part in when.parts]
    spans = [span for when in whens for span in when.spans]
    days = sorted({day for when in whens for day in when.days})
    if parts or len(spans) > 1:
        return None
    hours = None
    for start, end in spans:
        if start is None or end is None:
            return None
        hours = TimeWindow(start=start, end=end)
    return Constraints(working_hours=hours, working_days=tuple(days) or None)


def _off(when: When) -> Constraints | None:
    left = tuple(day for day in _WORKING_WEEK if day not in when.days)
    return None if when.parts or when.spans or not left else Constraints(working_days=left)


def _filled(pattern: str, groups: Mapping[str, str]) -> str:
    for name, group in groups.items():
        pattern = pattern.replace(name, group)
    return pattern
