"""Words to paste into a mail: times offered in the recipient's zone and language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from assistant.domain.calendar.problem import Interval
from assistant.domain.triage.language import Language

type OfferLanguage = Literal["en", "es", "fr", "de"]


@dataclass(frozen=True, slots=True)
class _Words:
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    day: str
    zone: str
    one: str
    several: str
    between: str = "; "


_WORDS: Final[Mapping[Language, _Words]] = {
    Language.ENGLISH: _Words(
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
         "December"),
        "{weekday} {day} {month}",
        "{city} time",
        "Would {slots} suit you?",
        "Would one of these times suit you: {slots}?",
    ),
    Language.SPANISH: _Words(
        ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
        ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
         "noviembre", "diciembre"),
        "{weekday} {day} de {month}",
        "hora de {city}",
        "¿Le vendría bien el {slots}?",
        "¿Le vendría bien alguno de estos momentos: {slots}?",
    ),
    Language.FRENCH: _Words(
        ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
         "décembre"),
        "{weekday} {day} {month}",
        "heure de {city}",
        "Est-ce que le {slots} vous conviendrait ?",
        "Est-ce que l'un de ces créneaux vous conviendrait : {slots} ?",
        " ; ",
    ),
    Language.GERMAN: _Words(
        ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
        ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
         "Dezember"),
        "{weekday}, {day}. {month}",
        "Ortszeit {city}",
        "Würde Ihnen {slots} passen?",
        "Würde Ihnen einer dieser Termine passen: {slots}?",
    ),
}  # fmt: skip


def offered(slots: Sequence[Interval], zone: ZoneInfo, language: Language) -> str:
    """Return one question that offers the slots; empty where there are none.

    The zone is said once, or with every slot where the clocks change between them.
    """
    if not slots:
        return ""
    words = _WORDS[language]
    zones = [_zone(slot, zone, words) for slot in slots]
    if len(set(zones)) == 1:
        listed = f"{words.between.join(said(slot, zone, language) for slot in slots)} ({zones[0]})"
    else:
        listed = words.between.join(
            f"{said(slot, zone, language)} ({named})" for slot, named in zip(slots, zones, strict=True)
        )
    return (words.one if len(slots) == 1 else words.several).format(slots=listed)


def said(slot: Interval, zone: ZoneInfo, language: Language) -> str:
    """Return "Tuesday 21 January, 15:00–15:30" as clocks in ``zone`` show it."""
    words = _WORDS[language]
    start, end = _local(slot.start, zone), _local(slot.end, zone)
    day = words.day.format(weekday=words.weekdays[start.weekday()], day=start.day, month=words.months[start.month - 1])
    return f"{day}, {start:%H:%M}–{end:%H:%M}"


def _zone(slot: Interval, zone: ZoneInfo, words: _Words) -> str:
    """Return "Madrid time, UTC+1"; the offset is that of the slot."""
    offset = _local(slot.start, zone).utcoffset() or timedelta()
    minutes = abs(offset) // timedelta(minutes=1)
    sign = "-" if offset < timedelta() else "+"
    utc = f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "") if minutes else "UTC"
    city = zone.key.rpartition("/")[2].replace("_", " ")
    named = "/" in zone.key and not zone.key.startswith("Etc/")
    return f"{words.zone.format(city=city)}, {utc}" if named else utc


def _local(minute: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(minute * 60, zone)
