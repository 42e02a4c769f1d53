"""What the assistant says to commands in a chat, a table for each language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from assistant.domain.effects.undo import LeftReason
from assistant.domain.languages import WrittenLanguage


@dataclass(frozen=True, slots=True)
class ChatWords:
    """The answers; ``{}`` is a number, ``{day}`` a day with its weekday.

    ``help`` has a line for each command, with the word for it in braces.
    """

    help_title: str
    help: str
    too_late: str
    nothing_waits: str
    more_waiting: str
    tasks_title: str
    no_tasks: str
    more_tasks: str
    due: str
    was_due: str
    undo_title: str
    nothing_done: str
    undoing: str
    called_off: str
    stays: str
    left: Mapping[LeftReason, str]
    more_actions: str
    too_long: str
    nobody: str


CHAT_WORDS: Final[Mapping[WrittenLanguage, ChatWords]] = {
    WrittenLanguage.ENGLISH: ChatWords(
        help_title="What you can ask me",
        help="• {today}: what your day holds\n"
        "• {tasks}: the five to do first\n"
        "• {waiting}: the actions I may not do without your word\n"
        "• {undo}: take back what I did last\n"
        "• {tell} bob@company.com or @Bob, then your words: write them to him, once you said yes",
        too_late="I could not answer you in time. Please ask again.",
        nothing_waits="Nothing waits for your word.",
        more_waiting="And {} more on your dashboard.",
        tasks_title="What to do first",
        no_tasks="You have no open tasks.",
        more_tasks="And {} more.",
        due="due {day}",
        was_due="was due {day}",
        undo_title="Undo",
        nothing_done="There is nothing of the last week to take back.",
        undoing="This is being taken back:",
        called_off="This had not begun, and is not done:",
        stays="This stays:",
        left={
            LeftReason.RUNNING: "It is being done right now. Please ask again shortly.",
            LeftReason.FINAL: "What was sent cannot be taken back.",
            LeftReason.ENDED: "There is nothing to undo.",
        },
        more_actions="… and {} more.",
        too_long="That is too long for me to pass on: {} characters at most.",
        nobody="I find nobody of that name or address in this workspace.",
    ),
    WrittenLanguage.SPANISH: ChatWords(
        help_title="Lo que puedes pedirme",
        help="• {today}: qué trae tu día\n"
        "• {tasks}: las cinco que van primero\n"
        "• {waiting}: lo que no puedo hacer sin tu permiso\n"
        "• {undo}: revertir lo último que hice\n"
        "• {tell} bob@company.com o @Bob, y luego tus palabras: se las escribo cuando digas que sí",
        too_late="No pude responderte a tiempo. Por favor, pregunta otra vez.",
        nothing_waits="Nada espera tu respuesta.",
        more_waiting="Y {} más en tu panel.",
        tasks_title="Lo primero por hacer",
        no_tasks="No tienes tareas abiertas.",
        more_tasks="Y {} más.",
        due="vence el {day}",
        was_due="venció el {day}",
        undo_title="Deshacer",
        nothing_done="No hay nada de la última semana que revertir.",
        undoing="Esto se está revirtiendo:",
        called_off="Esto no había empezado y no se hará:",
        stays="Esto se queda como está:",
        left={
            LeftReason.RUNNING: "Se está haciendo ahora mismo. Pregunta otra vez en un momento.",
            LeftReason.FINAL: "Lo que se envió no se puede revertir.",
            LeftReason.ENDED: "No hay nada que revertir.",
        },
        more_actions="… y {} más.",
        too_long="Es demasiado largo para transmitirlo: como mucho {} caracteres.",
        nobody="No encuentro a nadie con ese nombre o dirección en este espacio de trabajo.",
    ),
    WrittenLanguage.FRENCH: ChatWords(
        help_title="Ce que vous pouvez me demander",
        help="• {today} : ce que contient votre journée\n"
        "• {tasks} : les cinq à faire en premier\n"
        "• {waiting} : ce que je ne fais pas sans votre accord\n"
        "• {undo} : revenir sur ce que j’ai fait en dernier\n"
        "• {tell} bob@company.com ou @Bob, puis vos mots : je les lui écris dès que vous dites oui",
        too_late="Je n’ai pas pu vous répondre à temps. Merci de redemander.",
        nothing_waits="Rien n’attend votre réponse.",
        more_waiting="Et {} de plus sur votre tableau de bord.",
        tasks_title="À faire en premier",
        no_tasks="Vous n’avez aucune tâche ouverte.",
        more_tasks="Et {} de plus.",
        due="pour le {day}",
        was_due="échue le {day}",
        undo_title="Annuler",
        nothing_done="Rien de la semaine passée n’est à annuler.",
        undoing="Ceci est en cours d’annulation :",
        called_off="Ceci n’avait pas commencé et ne sera pas fait :",
        stays="Ceci reste en l’état :",
        left={
            LeftReason.RUNNING: "C’est en cours. Merci de redemander dans un instant.",
            LeftReason.FINAL: "Ce qui a été envoyé ne peut pas être repris.",
            LeftReason.ENDED: "Il n’y a rien à annuler.",
        },
        more_actions="… et {} de plus.",
        too_long="C’est trop long pour que je le transmette : {} caractères au plus.",
        nobody="Je ne trouve personne de ce nom ou de cette adresse dans cet espace de travail.",
    ),
    WrittenLanguage.GERMAN: ChatWords(
        help_title="Was Sie mich fragen können",
        help="• {today}: was Ihr Tag bringt\n"
        "• {tasks}: die fünf, die zuerst kommen\n"
        "• {waiting}: was ich ohne Ihr Wort nicht tun darf\n"
        "• {undo}: zurücknehmen, was ich zuletzt getan habe\n"
        "• {tell} bob@company.com oder @Bob, dann Ihre Worte: ich schreibe sie, sobald Sie Ja gesagt haben",
        too_late="Ich konnte Ihnen nicht rechtzeitig antworten. Bitte fragen Sie noch einmal.",
        nothing_waits="Nichts wartet auf Ihr Wort.",
        more_waiting="Und {} weitere in Ihrer Übersicht.",
        tasks_title="Was zuerst zu tun ist",
        no_tasks="Sie haben keine offenen Aufgaben.",
        more_tasks="Und {} weitere.",
        due="fällig am {day}",
        was_due="war fällig am {day}",
        undo_title="Rückgängig",
        nothing_done="Aus der letzten Woche gibt es nichts zurückzunehmen.",
        undoing="Das wird zurückgenommen:",
        called_off="Das hatte nicht begonnen und unterbleibt:",
        stays="Das bleibt:",
        left={
            LeftReason.RUNNING: "Das geschieht gerade. Bitte fragen Sie gleich noch einmal.",
            LeftReason.FINAL: "Gesendetes lässt sich nicht zurücknehmen.",
            LeftReason.ENDED: "Da gibt es nichts zurückzunehmen.",
        },
        more_actions="… und {} weitere.",
        too_long="Das ist zu lang zum Weitergeben: höchstens {} Zeichen.",
        nobody="Ich finde in diesem Workspace niemanden mit diesem Namen oder dieser Adresse.",
    ),
}
