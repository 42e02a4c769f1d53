"""The words of the day's briefing, a table for each language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from assistant.domain.languages import WrittenLanguage

# Of one, and of any other number.
type Counted = tuple[str, str]


@dataclass(frozen=True, slots=True)
class DayWords:
    """What the briefing says; ``{}`` is a number, ``{day}`` a day with its weekday, ``{time}`` a time of day."""

    title: str
    meetings: Counted
    no_meetings: str
    meetings_missing: str
    tasks: Counted
    no_tasks: str
    tasks_missing: str
    later_tasks: Counted
    was_due: str
    due_today: str
    due_at: str
    mails: Counted
    mails_missing: str
    waiting: Counted
    waiting_missing: str
    follow_ups: Counted
    follow_ups_missing: str
    more: str


DAY_WORDS: Final[Mapping[WrittenLanguage, DayWords]] = {
    WrittenLanguage.ENGLISH: DayWords(
        title="Your {day}",
        meetings=("{} meeting today:", "{} meetings today:"),
        no_meetings="No meetings today.",
        meetings_missing="Your meetings cannot be read right now.",
        tasks=("{} task due:", "{} tasks due:"),
        no_tasks="No tasks due today.",
        tasks_missing="Your tasks cannot be read right now.",
        later_tasks=("{} open task later.", "{} open tasks later."),
        was_due="was due {day}",
        due_today="today",
        due_at="today, {time}",
        mails=("{} mail to look at:", "{} mails to look at:"),
        mails_missing="Your mail cannot be read right now.",
        waiting=("{} action waiting for your word:", "{} actions waiting for your word:"),
        waiting_missing="What waits for your word cannot be read right now.",
        follow_ups=("{} follow-up open:", "{} follow-ups open:"),
        follow_ups_missing="Your follow-ups cannot be read right now.",
        more="… and {} more.",
    ),
    WrittenLanguage.SPANISH: DayWords(
        title="Tu {day}",
        meetings=("{} reunión hoy:", "{} reuniones hoy:"),
        no_meetings="Hoy no hay reuniones.",
        meetings_missing="Ahora mismo no puedo leer tus reuniones.",
        tasks=("{} tarea con plazo:", "{} tareas con plazo:"),
        no_tasks="Hoy no vence ninguna tarea.",
        tasks_missing="Ahora mismo no puedo leer tus tareas.",
        later_tasks=("{} tarea abierta para más adelante.", "{} tareas abiertas para más adelante."),
        was_due="venció el {day}",
        due_today="hoy",
        due_at="hoy, {time}",
        mails=("{} correo por ver:", "{} correos por ver:"),
        mails_missing="Ahora mismo no puedo leer tu correo.",
        waiting=("{} acción espera tu respuesta:", "{} acciones esperan tu respuesta:"),
        waiting_missing="Ahora mismo no puedo leer qué espera tu respuesta.",
        follow_ups=("{} seguimiento abierto:", "{} seguimientos abiertos:"),
        follow_ups_missing="Ahora mismo no puedo leer tus seguimientos.",
        more="… y {} más.",
    ),
    WrittenLanguage.FRENCH: DayWords(
        title="Votre {day}",
        meetings=("{} réunion aujourd’hui :", "{} réunions aujourd’hui :"),
        no_meetings="Pas de réunion aujourd’hui.",
        meetings_missing="Vos réunions ne peuvent pas être lues pour le moment.",
        tasks=("{} tâche à échéance :", "{} tâches à échéance :"),
        no_tasks="Aucune tâche à échéance aujourd’hui.",
        tasks_missing="Vos tâches ne peuvent pas être lues pour le moment.",
        later_tasks=("{} tâche ouverte pour plus tard.", "{} tâches ouvertes pour plus tard."),
        was_due="échue le {day}",
        due_today="aujourd’hui",
        due_at="aujourd’hui, {time}",
        mails=("{} mail à regarder :", "{} mails à regarder :"),
        mails_missing="Votre messagerie ne peut pas être lue pour le moment.",
        waiting=("{} action attend votre réponse :", "{} actions attendent votre réponse :"),
        waiting_missing="Ce qui attend votre réponse ne peut pas être lu pour le moment.",
        follow_ups=("{} suivi ouvert :", "{} suivis ouverts :"),
        follow_ups_missing="Vos suivis ne peuvent pas être lus pour le moment.",
        more="… et {} de plus.",
    ),
    WrittenLanguage.GERMAN: DayWords(
        title="Ihr {day}",
        meetings=("{} Besprechung heute:", "{} Besprechungen heute:"),
        no_meetings="Heute keine Besprechungen.",
        meetings_missing="Ihre Besprechungen sind gerade nicht lesbar.",
        tasks=("{} Aufgabe fällig:", "{} Aufgaben fällig:"),
        no_tasks="Heute ist keine Aufgabe fällig.",
        tasks_missing="Ihre Aufgaben sind gerade nicht lesbar.",
        later_tasks=("{} offene Aufgabe später.", "{} offene Aufgaben später."),
        was_due="war fällig am {day}",
        due_today="heute",
        due_at="heute, {time} Uhr",
        mails=("{} Mail zum Ansehen:", "{} Mails zum Ansehen:"),
        mails_missing="Ihre Mails sind gerade nicht lesbar.",
        waiting=("{} Aktion wartet auf Ihr Wort:", "{} Aktionen warten auf Ihr Wort:"),
        waiting_missing="Was auf Ihr Wort wartet, ist gerade nicht lesbar.",
        follow_ups=("{} Zusage offen:", "{} Zusagen offen:"),
        follow_ups_missing="Ihre offenen Zusagen sind gerade nicht lesbar.",
        more="… und {} weitere.",
    ),
}
