"""The languages the core writes in, and how days and times are written in them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final


class WrittenLanguage(StrEnum):
    """Languages the core writes in (ISO 639-1)."""

    ENGLISH = "en"
    SPANISH = "es"
    FRENCH = "fr"
    GERMAN = "de"


def in_each[Words](english: Words, spanish: Words, french: Words, german: Words) -> Mapping[WrittenLanguage, Words]:
    """Return words by their language."""
    return dict(zip(WrittenLanguage, (english, spanish, french, german), strict=True))


# Words of an equal number, Monday and January first.
WEEKDAYS: Final[Mapping[WrittenLanguage, Sequence[str]]] = in_each(
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
)
MONTHS: Final[Mapping[WrittenLanguage, Sequence[str]]] = in_each(
    (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
        "diciembre",
    ),
    (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
        "décembre",
    ),
    (
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
        "Dezember",
    ),
)  # fmt: skip
_DAY: Final = in_each(
    "{weekday} {day} {month}", "{weekday} {day} de {month}", "{weekday} {day} {month}", "{weekday}, {day}. {month}"
)
_MOMENT: Final = in_each("{day}, {time}", "{day} a las {time}", "{day} à {time}", "{day}, {time} Uhr")


def written_day(day: date, language: WrittenLanguage) -> str:
    """Return a day with its weekday, without the year: ``Monday 20 January``."""
    weekday, month = WEEKDAYS[language][day.weekday()], MONTHS[language][day.month - 1]
    return _DAY[language].format(weekday=weekday, day=day.day, month=month)


def written_moment(moment: datetime, language: WrittenLanguage) -> str:
    """Return a moment: ``Monday 20 January, 14:00``."""
    return _MOMENT[language].format(day=written_day(moment.date(), language), time=f"{moment:%H:%M}")


def written_hours(start: datetime, end: datetime, language: WrittenLanguage) -> str:
    """Return a time of a day, ``Monday 20 January, 14:00–15:00``, or of several."""
    if start.date() != end.date():
        return f"{written_moment(start, language)} – {written_moment(end, language)}"
    return _MOMENT[language].format(day=written_day(start.date(), language), time=f"{start:%H:%M}–{end:%H:%M}")
