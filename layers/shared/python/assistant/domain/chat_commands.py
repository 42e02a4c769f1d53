"""Commands of a user to the assistant in a chat: a word, in the languages of triage."""

import re
from enum import StrEnum
from typing import Final
from unicodedata import normalize

from assistant.domain.chat import ChatMessage


class Command(StrEnum):
    """What a user may ask for."""

    HELP = "help"
    TODAY = "today"
    TASKS = "tasks"
    WAITING = "waiting"
    UNDO = "undo"


_WORDS: Final = {
    Command.TODAY: ("today", "my day", "briefing", "hoy", "mi día", "aujourd'hui", "ma journée", "heute", "mein tag"),
    Command.TASKS: ("tasks", "my tasks", "todo", "tareas", "mis tareas", "tâches", "mes tâches", "aufgaben"),
    Command.WAITING: ("waiting", "pending", "approvals", "pendiente", "pendientes", "en attente", "offen", "wartend"),
    Command.UNDO: ("undo", "undo that", "deshacer", "deshaz", "annuler", "annule", "rückgängig", "zurücknehmen"),
}
_MENTION: Final = re.compile(r"<@[^>]*>")
_NO_LETTERS: Final = re.compile(r"[^\w']+")

HELP: Final = ChatMessage(
    title="What you can ask me",
    text="\n".join(
        (
            "• today: what your day holds",
            "• tasks: the five to do first",
            "• waiting: the actions I may not do without your word",
            "• undo: take back what I did last",
        )
    ),
    context="hoy, tareas, pendientes, deshacer · aujourd'hui, tâches, en attente, annuler · "
    "heute, aufgaben, offen, rückgängig",
)


def command_of(text: str) -> Command:
    """Return what the words ask for: ``help`` where they are none of ours. Mentions, case and punctuation are left."""
    plain = normalize("NFKC", _MENTION.sub(" ", text)).casefold().replace("’", "'")
    return _COMMANDS.get(_plain(plain), Command.HELP)


def _plain(text: str) -> str:
    return " ".join(_NO_LETTERS.sub(" ", text).split())


_COMMANDS: Final = {_plain(word.casefold()): command for command, words in _WORDS.items() for word in words}
