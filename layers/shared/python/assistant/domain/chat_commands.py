"""Commands of a user to the assistant in a chat: a word, in the languages of triage."""

import html
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from unicodedata import normalize

from assistant.domain.chat import ChatMessage


@dataclass(frozen=True, slots=True)
class Tell:
    """Words to be passed on to somebody, named by mail address or by their id in the chat."""

    to: str
    text: str


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
# ``<@U2|bob>`` and ``<mailto:bob@company.com|bob@company.com>`` are how Slack writes people and addresses.
_TELL: Final = re.compile(
    r"\s*(?:<@[^>]*>\s*)?(?:tell|write to|dile a|escribe a|dis à|écris à|sag|schreib)\s+"
    r"(?:<@(?P<id>\w+)(?:\|[^>]*)?>|(?:<mailto:)?(?P<mail>[^\s@<>|]+@[^\s@<>|:,]+)(?:\|[^>]*)?>?)[\s:,]+(?P<words>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_LINK: Final = re.compile(r"<(?:mailto:)?([^<>|@][^\s<>|]*)(?:\|[^<>]*)?>")
_NO_LETTERS: Final = re.compile(r"[^\w']+")

HELP: Final = ChatMessage(
    title="What you can ask me",
    text="\n".join(
        (
            "• today: what your day holds",
            "• tasks: the five to do first",
            "• waiting: the actions I may not do without your word",
            "• undo: take back what I did last",
            "• tell bob@company.com or @Bob, then your words: write them to him, once you said yes",
        )
    ),
    context="hoy, tareas, pendientes, deshacer · aujourd'hui, tâches, en attente, annuler · "
    "heute, aufgaben, offen, rückgängig",
)


def command_of(text: str) -> Command | Tell:
    """Return what the words ask for: ``help`` where they are none of ours. Mentions, case and punctuation are left."""
    told = _TELL.match(text)
    if told:
        return Tell(to=(told["id"] or told["mail"]).strip(), text=_as_written(told["words"]))
    plain = normalize("NFKC", _MENTION.sub(" ", text)).casefold().replace("’", "'")
    return _COMMANDS.get(_plain(plain), Command.HELP)


def _as_written(text: str) -> str:
    """Return the words as they were typed: Slack escapes them and marks links."""
    return html.unescape(_LINK.sub(r"\1", text)).strip()


def _plain(text: str) -> str:
    return " ".join(_NO_LETTERS.sub(" ", text).split())


_COMMANDS: Final = {_plain(word.casefold()): command for command, words in _WORDS.items() for word in words}
