"""Says constraints back, one sentence each, in the language of the wish."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Final

from assistant.domain.calendar.request import Constraints, NoMeetingsWindow
from assistant.domain.calendar.wishes.when import SPAN_OF_PART, Span
from assistant.domain.days import DayPart, PartOfDay
from assistant.domain.triage.language import Language


@dataclass(frozen=True, slots=True)
class Phrases:
    """What a language says; {when}, {start}, {end} and {amount} are filled in."""

    conjunction: str
    decimal: str
    weekdays: tuple[str, str, str, str, str, str, str]
    """As "on Mondays"."""
    parts_of_weekday: Mapping[PartOfDay, str]
    """Of "on {day}"; {day} is one of ``weekdays``."""
    parts: Mapping[PartOfDay, str]
    before: str
    after: str
    between: str
    no_meetings: str
    most: str
    most_one: str
    buffer: str
    focus: str
    focus_block: str
    work: str


_MORNING, _AFTERNOON, _EVENING = PartOfDay
_ENGLISH = Phrases(
    conjunction="and",
    decimal=".",
    weekdays=(
        "on Mondays", "on Tuesdays", "on Wednesdays", "on Thursdays", "on Fridays", "on Saturdays", "on Sundays",
    ),
    parts_of_weekday={
        _MORNING: "{day} in the morning", _AFTERNOON: "{day} in the afternoon", _EVENING: "{day} in the evening",
    },
    parts={_MORNING: "in the morning", _AFTERNOON: "in the afternoon", _EVENING: "in the evening"},
    before="before {end}",
    after="after {start}",
    between="from {start} to {end}",
    no_meetings="No meetings {when}.",
    most="At most {amount} meetings a day.",
    most_one="At most one meeting a day.",
    buffer="{amount} minutes between meetings.",
    focus="{amount} h of focus time a day.",
    focus_block="Focus blocks of {amount} minutes or more.",
    work="You work {when}.",
)  # fmt: skip
_SPANISH = Phrases(
    conjunction="y",
    decimal=",",
    weekdays=(
        "los lunes", "los martes", "los miércoles", "los jueves", "los viernes", "los sábados", "los domingos",
    ),
    parts_of_weekday={
        _MORNING: "{day} por la mañana", _AFTERNOON: "{day} por la tarde", _EVENING: "{day} por la noche",
    },
    parts={_MORNING: "por la mañana", _AFTERNOON: "por la tarde", _EVENING: "por la noche"},
    before="antes de las {end}",
    after="después de las {start}",
    between="de {start} a {end}",
    no_meetings="Sin reuniones {when}.",
    most="Como mucho {amount} reuniones al día.",
    most_one="Como mucho una reunión al día.",
    buffer="{amount} minutos entre reuniones.",
    focus="{amount} h de concentración al día.",
    focus_block="Bloques de concentración de al menos {amount} minutos.",
    work="Trabajas {when}.",
)  # fmt: skip
_FRENCH = Phrases(
    conjunction="et",
    decimal=",",
    weekdays=("le lundi", "le mardi", "le mercredi", "le jeudi", "le vendredi", "le samedi", "le dimanche"),
    parts_of_weekday={_MORNING: "{day} matin", _AFTERNOON: "{day} après-midi", _EVENING: "{day} soir"},
    parts={_MORNING: "le matin", _AFTERNOON: "l'après-midi", _EVENING: "le soir"},
    before="avant {end}",
    after="après {start}",
    between="de {start} à {end}",
    no_meetings="Pas de réunion {when}.",
    most="Au plus {amount} réunions par jour.",
    most_one="Au plus une réunion par jour.",
    buffer="{amount} minutes entre les réunions.",
    focus="{amount} h de concentration par jour.",
    focus_block="Des plages de concentration d'au moins {amount} minutes.",
    work="Vous travaillez {when}.",
)
_GERMAN = Phrases(
    conjunction="und",
    decimal=",",
    weekdays=("montags", "dienstags", "mittwochs", "donnerstags", "freitags", "samstags", "sonntags"),
    parts_of_weekday={_MORNING: "{day} vormittags", _AFTERNOON: "{day} nachmittags", _EVENING: "{day} abends"},
    parts={_MORNING: "vormittags", _AFTERNOON: "nachmittags", _EVENING: "abends"},
    before="vor {end} Uhr",
    after="nach {start} Uhr",
    between="von {start} bis {end} Uhr",
    no_meetings="Keine Termine {when}.",
    most="Höchstens {amount} Termine am Tag.",
    most_one="Höchstens ein Termin am Tag.",
    buffer="{amount} Minuten zwischen Terminen.",
    focus="{amount} h Fokuszeit am Tag.",
    focus_block="Fokusblöcke von mindestens {amount} Minuten.",
    work="Sie arbeiten {when}.",
)
_PHRASES: Final[Mapping[Language, Phrases]] = {
    Language.ENGLISH: _ENGLISH,
    Language.SPANISH: _SPANISH,
    Language.FRENCH: _FRENCH,
    Language.GERMAN: _GERMAN,
}
_PART_OF_SPAN: Final = {span: part for part, span in SPAN_OF_PART.items()}


def said_back(constraints: Constraints, language: Language) -> str:
    """Return what the constraints ask for, in English where there are no words for ``language``."""
    return " ".join(_sentences(constraints, _PHRASES.get(language, _ENGLISH)))


def _sentences(constraints: Constraints, say: Phrases) -> Iterator[str]:
    avoided = list(_avoided(constraints, say))
    if avoided:
        yield say.no_meetings.format(when=_listed(avoided, say))
    most = constraints.max_meetings_per_day
    if most is not None:
        yield say.most_one if most == 1 else say.most.format(amount=most)
    if constraints.meeting_buffer_minutes is not None:
        yield say.buffer.format(amount=constraints.meeting_buffer_minutes)
    if constraints.focus_time_hours is not None:
        yield say.focus.format(amount=f"{constraints.focus_time_hours:.4g}".replace(".", say.decimal))
    if constraints.min_focus_block_minutes is not None:
        yield say.focus_block.format(amount=constraints.min_focus_block_minutes)
    hours, days = constraints.working_hours, constraints.working_days
    if hours or days:
        on = [_listed([say.weekdays[day] for day in days], say)] if days else []
        yield say.work.format(when=" ".join(on + ([_span(Span(hours.start, hours.end), say)] if hours else [])))


def _avoided(constraints: Constraints, say: Phrases) -> Iterator[str]:
    for limit in (Span(None, constraints.no_meetings_before), Span(constraints.no_meetings_after, None)):
        if limit != Span(None, None):
            yield _span(limit, say)
    # What holds every day comes first and whole days last, or the one would be heard as a part of the other.
    for window in sorted(constraints.no_meetings_windows or (), key=lambda window: bool(window.days)):
        yield _window(window, say)
    for day in sorted(constraints.no_meetings_days or (), key=lambda day: day.part is None):
        yield _day_part(day, say)


def _day_part(day: DayPart, say: Phrases) -> str:
    name = say.weekdays[day.weekday]
    return say.parts_of_weekday[day.part].format(day=name) if day.part else name


def _window(window: NoMeetingsWindow, say: Phrases) -> str:
    span = Span(window.start, window.end)
    days = _listed([say.weekdays[day] for day in window.days], say)
    if not days and span in _PART_OF_SPAN:
        return say.parts[_PART_OF_SPAN[span]]
    return " ".join(part for part in (days, _span(span, say)) if part)


def _span(span: Span, say: Phrases) -> str:
    """Return "from 9:00 to 17:00"; nothing for a whole day."""
    start, end = _clock(span.start), _clock(span.end)
    if span.start is None:
        return say.before.format(end=end) if end else ""
    return (say.between if end else say.after).format(start=start, end=end)


def _clock(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""


def _listed(phrases: Iterable[str], say: Phrases) -> str:
    *others, last = [*phrases] or [""]
    return f"{', '.join(others)} {say.conjunction} {last}" if others else last
