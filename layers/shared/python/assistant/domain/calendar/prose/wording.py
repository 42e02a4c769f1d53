"""The core's words for the facts of a plan, in English, Spanish, French and German; also how values are written."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from assistant.domain.calendar.prose.facts import Fact, FactKind
from assistant.domain.calendar.reasoning import duration


class SummaryLanguage(StrEnum):
    """Languages a summary may be in (ISO 639-1)."""

    ENGLISH = "en"
    SPANISH = "es"
    FRENCH = "fr"
    GERMAN = "de"


def _row[Words](english: Words, spanish: Words, french: Words, german: Words) -> Mapping[SummaryLanguage, Words]:
    return dict(zip(SummaryLanguage, (english, spanish, french, german), strict=True))


# Words of an equal number, Monday and January first.
WEEKDAYS: Final[Mapping[SummaryLanguage, Sequence[str]]] = _row(
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
)
MONTHS: Final[Mapping[SummaryLanguage, Sequence[str]]] = _row(
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
_DAY: Final = _row(
    "{weekday} {day} {month}", "{weekday} {day} de {month}", "{weekday} {day} {month}", "{weekday}, {day}. {month}"
)
_MOMENT: Final = _row("{day}, {time}", "{day} a las {time}", "{day} à {time}", "{day}, {time} Uhr")
_UNTITLED: Final = _row("An untitled event", "Un evento sin título", "Un événement sans titre", "Ein Termin ohne Titel")
# Of one and of any other number; French counts nothing as one.
_EVENTS: Final = _row(
    ("{} event", "{} events"),
    ("{} evento", "{} eventos"),
    ("{} événement", "{} événements"),
    ("{} Termin", "{} Termine"),
)
_MEETINGS: Final = _row(
    ("{} meeting", "{} meetings"),
    ("{} reunión", "{} reuniones"),
    ("{} réunion", "{} réunions"),
    ("{} Besprechung", "{} Besprechungen"),
)
_PEOPLE: Final = _row(
    ("{} other person", "{} other people"),
    ("{} persona más", "{} personas más"),
    ("{} autre personne", "{} autres personnes"),
    ("{} weitere Person", "{} weitere Personen"),
)
_NOUNS: Final = {"changes": _EVENTS, "meetings": _MEETINGS, "people": _PEOPLE}
_CONCERNS: Final = _row(
    " That concerns {people}.", " Afecta a {people}.", " Cela concerne {people}.", " Das betrifft {people}."
)
_SENTENCES: Final[Mapping[FactKind, Mapping[SummaryLanguage, str]]] = {
    FactKind.OVERALL: _row(
        "The plan for {first} to {last} changes {changes}. Overlaps before: {conflicts_before}; with the plan: "
        "{conflicts_after}.",
        "El plan del {first} al {last} cambia {changes}. Solapamientos antes: {conflicts_before}; con el plan: "
        "{conflicts_after}.",
        "Le plan du {first} au {last} modifie {changes}. Chevauchements avant : {conflicts_before} ; avec le plan : "
        "{conflicts_after}.",
        "Der Plan für {first} bis {last} ändert {changes}. Überschneidungen vorher: {conflicts_before}; mit dem Plan: "
        "{conflicts_after}.",
    ),
    FactKind.FOCUS: _row(
        "Protected focus time before: {focus_before}; with the plan: {focus_after}.",
        "Tiempo de concentración protegido antes: {focus_before}; con el plan: {focus_after}.",
        "Temps de concentration protégé avant : {focus_before} ; avec le plan : {focus_after}.",
        "Geschützte Fokuszeit vorher: {focus_before}; mit dem Plan: {focus_after}.",
    ),
    FactKind.SAVED: _row(
        "It gives you back {saved} of meetings.",
        "Te devuelve {saved} de reuniones.",
        "Il vous rend {saved} de réunions.",
        "Er gibt Ihnen {saved} an Besprechungen zurück.",
    ),
    FactKind.MOVED: _row(
        "{title} moves from {old_start} to {when}.",
        "{title} pasa del {old_start} al {when}.",
        "{title} passe du {old_start} au {when}.",
        "{title} wandert von {old_start} auf {when}.",
    ),
    FactKind.DECLINED: _row(
        "{title} on {old_start} is to be declined, which gives back {saved}.",
        "{title} del {old_start} se rechaza, lo que devuelve {saved}.",
        "{title} du {old_start} est à décliner, ce qui rend {saved}.",
        "{title} am {old_start} wird abgesagt, das gibt {saved} zurück.",
    ),
    FactKind.SHORTENED: _row(
        "{title} is cut to {length}: {when}.",
        "{title} se acorta a {length}: {when}.",
        "{title} est réduit à {length} : {when}.",
        "{title} wird auf {length} gekürzt: {when}.",
    ),
    FactKind.MERGED: _row(
        "{title} and {other} become a single meeting: {when}.",
        "{title} y {other} se unen en la misma reunión: {when}.",
        "{title} et {other} deviennent la même réunion : {when}.",
        "{title} und {other} werden zusammengelegt: {when}.",
    ),
    FactKind.TASK: _row(
        "{title} gets {length}, starting on {start}.",
        "{title} tiene {length}, a partir del {start}.",
        "{title} reçoit {length}, à partir du {start}.",
        "{title} bekommt {length}, beginnend am {start}.",
    ),
    FactKind.MORE: _row(
        "Further changes: {more}.",
        "Otros cambios: {more}.",
        "Autres changements : {more}.",
        "Weitere Änderungen: {more}.",
    ),
    FactKind.OVERLAP: _row(
        "{title} and {other} still overlap on {day}, for {minutes}.",
        "{title} y {other} siguen solapándose el {day}, durante {minutes}.",
        "{title} et {other} se chevauchent encore le {day}, pendant {minutes}.",
        "{title} und {other} überschneiden sich am {day} weiterhin, für {minutes}.",
    ),
    FactKind.OUTSIDE_HOURS: _row(
        "{title} on {day} still takes {minutes} that you keep free of meetings.",
        "{title} del {day} sigue ocupando {minutes} que quieres sin reuniones.",
        "{title} du {day} prend encore {minutes} que vous gardez sans réunion.",
        "{title} am {day} belegt weiterhin {minutes}, die Sie von Besprechungen frei halten.",
    ),
    FactKind.OVER_MAXIMUM: _row(
        "There are still {meetings} on {day}; you want at most {most}.",
        "El {day} sigue teniendo {meetings}; quieres como mucho {most}.",
        "Le {day} compte encore {meetings} ; vous en voulez au plus {most}.",
        "Am {day} sind es weiterhin {meetings}; Sie wollen höchstens {most}.",
    ),
    FactKind.UNSCHEDULED_TASK: _row(
        "{title} still lacks {minutes} before it is due.",
        "A {title} le siguen faltando {minutes} antes de su plazo.",
        "Il manque encore {minutes} à {title} avant son échéance.",
        "{title} fehlen bis zur Frist weiterhin {minutes}.",
    ),
    FactKind.FOCUS_MISSING: _row(
        "Focus time that is still missing: {missing}.",
        "Tiempo de concentración que sigue faltando: {missing}.",
        "Temps de concentration qui manque encore : {missing}.",
        "Fokuszeit, die weiterhin fehlt: {missing}.",
    ),
    FactKind.MORE_UNMET: _row(
        "What else stays unmet is listed in the plan.",
        "Lo demás que queda sin cumplir está en el plan.",
        "Ce qui reste par ailleurs sans solution figure dans le plan.",
        "Was sonst offen bleibt, steht im Plan.",
    ),
}


def said(fact: Fact, language: SummaryLanguage) -> str:
    """Return one fact as a sentence or two of the core's."""
    concerns = _CONCERNS[language] if "people" in fact.counts else ""
    return (_SENTENCES[fact.kind][language] + concerns).format_map(_written(fact, language))


def written_day(day: date, language: SummaryLanguage) -> str:
    """Return a day with its weekday, without the year: ``Monday 20 January``."""
    weekday, month = WEEKDAYS[language][day.weekday()], MONTHS[language][day.month - 1]
    return _DAY[language].format(weekday=weekday, day=day.day, month=month)


def written_moment(moment: datetime, language: SummaryLanguage) -> str:
    """Return a moment: ``Monday 20 January, 14:00``."""
    return _MOMENT[language].format(day=written_day(moment.date(), language), time=f"{moment:%H:%M}")


def _written(fact: Fact, language: SummaryLanguage) -> Mapping[str, str]:
    title, other = (*(_quoted(title, language) for title in fact.titles), "", "")[:2]
    return {
        "title": title,
        "other": other,
        **{name: _counted(name, number, language) for name, number in fact.counts.items()},
        **{name: duration(minutes) for name, minutes in fact.minutes.items()},
        **{name: written_moment(moment, language) for name, moment in fact.times.items()},
        **{name: written_day(day, language) for name, day in fact.days.items()},
        "when": _range(fact.times["start"], fact.times["end"], language) if "end" in fact.times else "",
    }


def _quoted(title: str, language: SummaryLanguage) -> str:
    return f"“{title}”" if title else _UNTITLED[language]


def _counted(name: str, number: int, language: SummaryLanguage) -> str:
    if name not in _NOUNS:
        return str(number)
    one, many = _NOUNS[name][language]
    single = number == 1 or (number == 0 and language is SummaryLanguage.FRENCH)
    return (one if single else many).format(number)


def _range(start: datetime, end: datetime, language: SummaryLanguage) -> str:
    if start.date() != end.date():
        return f"{written_moment(start, language)} – {written_moment(end, language)}"
    return _MOMENT[language].format(day=written_day(start.date(), language), time=f"{start:%H:%M}–{end:%H:%M}")
