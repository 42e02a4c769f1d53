"""The words of one language a wish may use. Everything is matched in lower case without accents."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from assistant.domain.days import PartOfDay
from assistant.domain.triage.language import Language


class Form(StrEnum):
    """What a whole wish says; the comment names the groups its patterns have."""

    AVOID = "avoid"  # when: no meetings then
    ONLY = "only"  # when: meetings at no other time
    LUNCH = "lunch"  # when, optional: no meetings then, 12:00 to 13:00 by default
    MOST = "most"  # number: of meetings a day
    BUFFER = "buffer"  # duration, optional: between two meetings
    FOCUS = "focus"  # duration: of focus time a day
    FOCUS_BLOCK = "focus_block"  # duration: of the shortest block
    WORK = "work"  # when: working hours, working days or both
    OFF = "off"  # when: days that are no working days


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Regular expressions, without groups, for the words of a language.

    ``numbers`` and ``durations`` (in minutes) give the values of words. In ``patterns`` {when}, {number} and
    {duration} stand for the groups of that name, {meetings} for ``meetings`` and {purpose} for words after ``purpose``.
    """

    language: Language
    weekdays: tuple[str, str, str, str, str, str, str]
    weekend: str
    parts: Mapping[PartOfDay, str]
    lunch: str
    noon: str
    before: str
    after: str
    between: str
    to: str
    at: str
    conjunction: str
    filler: str
    o_clock: str
    in_the_morning: str
    in_the_afternoon: str
    half_past: str
    quarter_past: str
    half_to: str
    numbers: Mapping[str, float]
    hours: str
    minutes: str
    and_a_half: str
    durations: Mapping[str, int]
    opening: str
    closing: str
    meetings: str
    purpose: str
    not_a_purpose: str
    patterns: Mapping[Form, tuple[str, ...]]
