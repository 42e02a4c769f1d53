"""The core's words for the facts of a plan, in English, Spanish, French and German."""

from collections.abc import Mapping
from typing import Final

from assistant.domain.calendar.prose.facts import Fact, FactKind
from assistant.domain.calendar.reasoning import duration
from assistant.domain.languages import WrittenLanguage, in_each, written_day, written_hours, written_moment

_UNTITLED: Final = in_each(
    "An untitled event", "Un evento sin título", "Un événement sans titre", "Ein Termin ohne Titel"
)
# Of one and of any other number; French counts nothing as one.
_EVENTS: Final = in_each(
    ("{} event", "{} events"),
    ("{} evento", "{} eventos"),
    ("{} événement", "{} événements"),
    ("{} Termin", "{} Termine"),
)
_MEETINGS: Final = in_each(
    ("{} meeting", "{} meetings"),
    ("{} reunión", "{} reuniones"),
    ("{} réunion", "{} réunions"),
    ("{} Besprechung", "{} Besprechungen"),
)
_PEOPLE: Final = in_each(
    ("{} other person", "{} other people"),
    ("{} persona más", "{} personas más"),
    ("{} autre personne", "{} autres personnes"),
    ("{} weitere Person", "{} weitere Personen"),
)
_NOUNS: Final = {"changes": _EVENTS, "meetings": _MEETINGS, "people": _PEOPLE}
_CONCERNS: Final = in_each(
    " That concerns {people}.", " Afecta a {people}.", " Cela concerne {people}.", " Das betrifft {people}."
)
_SENTENCES: Final[Mapping[FactKind, Mapping[WrittenLanguage, str]]] = {
    FactKind.OVERALL: in_each(
        "The plan for {first} to {last} changes {changes}. Overlaps before: {conflicts_before}; with the plan: "
        "{conflicts_after}.",
        "El plan del {first} al {last} cambia {changes}. Solapamientos antes: {conflicts_before}; con el plan: "
        "{conflicts_after}.",
        "Le plan du {first} au {last} modifie {changes}. Chevauchements avant : {conflicts_before} ; avec le plan : "
        "{conflicts_after}.",
        "Der Plan für {first} bis {last} ändert {changes}. Überschneidungen vorher: {conflicts_before}; mit dem Plan: "
        "{conflicts_after}.",
    ),
    FactKind.FOCUS: in_each(
        "Protected focus time before: {focus_before}; with the plan: {focus_after}.",
        "Tiempo de concentración protegido antes: {focus_before}; con el plan: {focus_after}.",
        "Temps de concentration protégé avant : {focus_before} ; avec le plan : {focus_after}.",
        "Geschützte Fokuszeit vorher: {focus_before}; mit dem Plan: {focus_after}.",
    ),
    FactKind.SAVED: in_each(
        "It gives you back {saved} of meetings.",
        "Te devuelve {saved} de reuniones.",
        "Il vous rend {saved} de réunions.",
        "Er gibt Ihnen {saved} an Besprechungen zurück.",
    ),
    FactKind.MOVED: in_each(
        "{title} moves from {old_start} to {when}.",
        "{title} pasa del {old_start} al {when}.",
        "{title} passe du {old_start} au {when}.",
        "{title} wandert von {old_start} auf {when}.",
    ),
    FactKind.DECLINED: in_each(
        "{title} on {old_start} is to be declined, which gives back {saved}.",
        "{title} del {old_start} se rechaza, lo que devuelve {saved}.",
        "{title} du {old_start} est à décliner, ce qui rend {saved}.",
        "{title} am {old_start} wird abgesagt, das gibt {saved} zurück.",
    ),
    FactKind.SHORTENED: in_each(
        "{title} is cut to {length}: {when}.",
        "{title} se acorta a {length}: {when}.",
        "{title} est réduit à {length} : {when}.",
        "{title} wird auf {length} gekürzt: {when}.",
    ),
    FactKind.MERGED: in_each(
        "{title} and {other} become a single meeting: {when}.",
        "{title} y {other} se unen en la misma reunión: {when}.",
        "{title} et {other} deviennent la même réunion : {when}.",
        "{title} und {other} werden zusammengelegt: {when}.",
    ),
    FactKind.TASK: in_each(
        "{title} gets {length}, starting on {start}.",
        "{title} tiene {length}, a partir del {start}.",
        "{title} reçoit {length}, à partir du {start}.",
        "{title} bekommt {length}, beginnend am {start}.",
    ),
    FactKind.MORE: in_each(
        "Further changes: {more}.",
        "Otros cambios: {more}.",
        "Autres changements : {more}.",
        "Weitere Änderungen: {more}.",
    ),
    FactKind.OVERLAP: in_each(
        "{title} and {other} still overlap on {day}, for {minutes}.",
        "{title} y {other} siguen solapándose el {day}, durante {minutes}.",
        "{title} et {other} se chevauchent encore le {day}, pendant {minutes}.",
        "{title} und {other} überschneiden sich am {day} weiterhin, für {minutes}.",
    ),
    FactKind.OUTSIDE_HOURS: in_each(
        "{title} on {day} still takes {minutes} that you keep free of meetings.",
        "{title} del {day} sigue ocupando {minutes} que quieres sin reuniones.",
        "{title} du {day} prend encore {minutes} que vous gardez sans réunion.",
        "{title} am {day} belegt weiterhin {minutes}, die Sie von Besprechungen frei halten.",
    ),
    FactKind.OVER_MAXIMUM: in_each(
        "There are still {meetings} on {day}; you want at most {most}.",
        "El {day} sigue teniendo {meetings}; quieres como mucho {most}.",
        "Le {day} compte encore {meetings} ; vous en voulez au plus {most}.",
        "Am {day} sind es weiterhin {meetings}; Sie wollen höchstens {most}.",
    ),
    FactKind.UNSCHEDULED_TASK: in_each(
        "{title} still lacks {minutes} before it is due.",
        "A {title} le siguen faltando {minutes} antes de su plazo.",
        "Il manque encore {minutes} à {title} avant son échéance.",
        "{title} fehlen bis zur Frist weiterhin {minutes}.",
    ),
    FactKind.FOCUS_MISSING: in_each(
        "Focus time that is still missing: {missing}.",
        "Tiempo de concentración que sigue faltando: {missing}.",
        "Temps de concentration qui manque encore : {missing}.",
        "Fokuszeit, die weiterhin fehlt: {missing}.",
    ),
    FactKind.MORE_UNMET: in_each(
        "What else stays unmet is listed in the plan.",
        "Lo demás que queda sin cumplir está en el plan.",
        "Ce qui reste par ailleurs sans solution figure dans le plan.",
        "Was sonst offen bleibt, steht im Plan.",
    ),
}


def said(fact: Fact, language: WrittenLanguage) -> str:
    """Return one fact as a sentence or two of the core's."""
    concerns = _CONCERNS[language] if "people" in fact.counts else ""
    return (_SENTENCES[fact.kind][language] + concerns).format_map(_written(fact, language))


def _written(fact: Fact, language: WrittenLanguage) -> Mapping[str, str]:
    title, other = (*(_quoted(title, language) for title in fact.titles), "", "")[:2]
    return {
        "title": title,
        "other": other,
        **{name: _counted(name, number, language) for name, number in fact.counts.items()},
        **{name: duration(minutes) for name, minutes in fact.minutes.items()},
        **{name: written_moment(moment, language) for name, moment in fact.times.items()},
        **{name: written_day(day, language) for name, day in fact.days.items()},
        "when": written_hours(fact.times["start"], fact.times["end"], language) if "end" in fact.times else "",
    }


def _quoted(title: str, language: WrittenLanguage) -> str:
    return f"“{title}”" if title else _UNTITLED[language]


def _counted(name: str, number: int, language: WrittenLanguage) -> str:
    if name not in _NOUNS:
        return str(number)
    one, many = _NOUNS[name][language]
    single = number == 1 or (number == 0 and language is WrittenLanguage.FRENCH)
    return (one if single else many).format(number)
