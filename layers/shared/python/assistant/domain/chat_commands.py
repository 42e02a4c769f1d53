"""Commands of a user to the assistant in a chat: a word, in four languages, and what can be asked."""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from unicodedata import normalize

from assistant.domain.chat import ChatMessage
from assistant.domain.chat_words import CHAT_WORDS
from assistant.domain.languages import WrittenLanguage
from assistant.domain.triage.cues import fold
from assistant.domain.triage.language import detect_language


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


# The first is the one that help names.
_WORDS: Final[Mapping[WrittenLanguage, Mapping[Command, Sequence[str]]]] = {
    WrittenLanguage.ENGLISH: {
        Command.HELP: ("help",),
        Command.TODAY: ("today", "my day", "briefing"),
        Command.TASKS: ("tasks", "my tasks", "todo"),
        Command.WAITING: ("waiting", "pending", "approvals"),
        Command.UNDO: ("undo", "undo that"),
    },
    WrittenLanguage.SPANISH: {
        Command.HELP: ("ayuda",),
        Command.TODAY: ("hoy", "mi día"),
        Command.TASKS: ("tareas", "mis tareas"),
        Command.WAITING: ("pendientes", "pendiente"),
        Command.UNDO: ("deshacer", "deshaz"),
    },
    WrittenLanguage.FRENCH: {
        Command.HELP: ("aide",),
        Command.TODAY: ("aujourd'hui", "ma journée"),
        Command.TASKS: ("tâches", "mes tâches"),
        Command.WAITING: ("en attente",),
        Command.UNDO: ("annuler", "annule"),
    },
    WrittenLanguage.GERMAN: {
        Command.HELP: ("hilfe",),
        Command.TODAY: ("heute", "mein tag"),
        Command.TASKS: ("aufgaben", "meine aufgaben"),
        Command.WAITING: ("offen", "wartend"),
        Command.UNDO: ("rückgängig", "zurücknehmen"),
    },
}
_TELL_WORDS: Final[Mapping[WrittenLanguage, Sequence[str]]] = {
    WrittenLanguage.ENGLISH: ("tell", "write to"),
    WrittenLanguage.SPANISH: ("dile a", "escribe a"),
    WrittenLanguage.FRENCH: ("dis à", "écris à"),
    WrittenLanguage.GERMAN: ("sag", "schreib"),
}
_TELLS: Final = {word: language for language, words in _TELL_WORDS.items() for word in words}
_MENTION: Final = re.compile(r"<@[^>]*>")
# ``<@U2|bob>`` and ``<mailto:bob@company.com|bob@company.com>`` are how Slack writes people and addresses.
_TELL: Final = re.compile(
    rf"\s*(?:<@[^>]*>\s*)?(?P<tell>{'|'.join(_TELLS)})\s+"
    r"(?:<@(?P<id>\w+)(?:\|[^>]*)?>|(?:<mailto:)?(?P<mail>[^\s@<>|]+@[^\s@<>|:,]+)(?:\|[^>]*)?>?)[\s:,]+(?P<words>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_LINK: Final = re.compile(r"<(?:mailto:)?([^<>|@][^\s<>|]*)(?:\|[^<>]*)?>")
_NO_LETTERS: Final = re.compile(r"[^\w']+")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user asks for, and the language they ask in."""

    what: Command | Tell
    language: WrittenLanguage


def asked_of(text: str) -> Asked:
    """Return what the words ask for: ``help`` where they are none of ours. Mentions, case and punctuation are left."""
    told = _TELL.match(text)
    if told:
        tell = Tell(to=(told["id"] or told["mail"]).strip(), text=_as_written(told["words"]))
        return Asked(tell, _TELLS[told["tell"].casefold()])
    plain = normalize("NFKC", _MENTION.sub(" ", text)).casefold().replace("’", "'")
    return _COMMANDS.get(_plain(plain)) or Asked(Command.HELP, _language(plain))


def help_message(language: WrittenLanguage) -> ChatMessage:
    """Return what can be asked, with the words of the language, and below it those of the others."""
    words = CHAT_WORDS[language]
    first = {command.value: said[0] for command, said in _WORDS[language].items()}
    return ChatMessage(
        title=words.help_title,
        text=words.help.format(**first, tell=_TELL_WORDS[language][0]),
        context=" · ".join(", ".join(_named(other)) for other in _WORDS if other is not language),
    )


def _named(language: WrittenLanguage) -> Iterator[str]:
    return (said[0] for command, said in _WORDS[language].items() if command is not Command.HELP)


def _language(text: str) -> WrittenLanguage:
    """Return the language of words that are no command; English where it is none of these."""
    found = detect_language(text, (fold(word) for word in text.split()))
    return WrittenLanguage(found.value) if found.value in WrittenLanguage else WrittenLanguage.ENGLISH


def _as_written(text: str) -> str:
    """Return the words as they were typed: Slack escapes them and marks links."""
    return html.unescape(_LINK.sub(r"\1", text)).strip()


def _plain(text: str) -> str:
    return " ".join(_NO_LETTERS.sub(" ", text).split())


_COMMANDS: Final = {
    _plain(word.casefold()): Asked(command, language)
    for language, commands in _WORDS.items()
    for command, words in commands.items()
    for word in words
}
