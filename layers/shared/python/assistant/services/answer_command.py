"""Use case: what the assistant says, and does, when its user asks for something in a chat."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Final

from assistant.domain.chat import ChatMessage
from assistant.domain.chat_commands import Command, Tell, asked_of, help_message
from assistant.domain.chat_jobs import MessageReceived
from assistant.domain.chat_words import CHAT_WORDS, ChatWords
from assistant.domain.connections import Connection
from assistant.domain.day_briefing import briefing_text, briefing_title
from assistant.domain.effects.approval import approval_asked
from assistant.domain.effects.wording import summary
from assistant.domain.languages import WrittenLanguage, written_day
from assistant.domain.notification_messages import chat_message
from assistant.domain.tasks.answer import PrioritizedTask
from assistant.domain.users import Identity
from assistant.ports.users import PreferenceStore
from assistant.services.answer_approvals import AnswerPorts
from assistant.services.brief_day import DayPorts, read_day
from assistant.services.prioritize_tasks import PrioritizePorts, PrioritizeRequest, prioritize_tasks
from assistant.services.show_effects import waiting_effects
from assistant.services.tell_colleague import TellPorts, tell_colleague
from assistant.services.undo_effects import LeftAlone, UndoAnswer, UndoRequest, last_run, undo_effects

# What was put back from the dead letters days later is not what the user wants now.
LATEST: Final = timedelta(hours=6)
_MOST_TASKS: Final = 5
_MOST_WAITING: Final = 5
_MOST_NAMED: Final = 8


@dataclass(frozen=True, slots=True)
class CommandPorts:
    """The ports commands need."""

    approvals: AnswerPorts
    day: DayPorts
    tasks: PrioritizePorts
    tell: TellPorts
    preferences: PreferenceStore


def answer_command(connection: Connection, message: MessageReceived, *, ports: CommandPorts) -> tuple[ChatMessage, ...]:
    """Do what the user's words ask for, and tell them in the language they asked in; done again nothing more happens.

    Raises:
        Unavailable: the store, the queue or the chat is down.
    """
    asked, user_id = asked_of(message.text), connection.user_id
    language, words = asked.language, CHAT_WORDS[asked.language]
    if ports.approvals.clock.now() - message.at > LATEST:
        return (ChatMessage(words.too_late),)
    if isinstance(asked.what, Tell):
        return (tell_colleague(connection, asked.what, message, words=words, ports=ports.tell),)
    answers: Mapping[Command, Callable[[], Iterable[ChatMessage]]] = {
        Command.HELP: lambda: (help_message(language),),
        Command.TODAY: lambda: (_day(user_id, language, ports),),
        Command.TASKS: lambda: (_tasks(user_id, message, language, ports),),
        Command.WAITING: lambda: _waiting(user_id, words, ports),
        Command.UNDO: lambda: (_undo(user_id, message, language, ports),),
    }
    return tuple(answers[asked.what]())


def _day(user_id: str, language: WrittenLanguage, ports: CommandPorts) -> ChatMessage:
    preferences = ports.preferences.read(user_id).preferences
    day = read_day(user_id, preferences, ports.approvals.clock.now(), language=language, ports=ports.day)
    return ChatMessage(title=briefing_title(day.day, language), text=briefing_text(day, language))


def _tasks(user_id: str, message: MessageReceived, language: WrittenLanguage, ports: CommandPorts) -> ChatMessage:
    words = CHAT_WORDS[language]
    caller = Identity(user_id, message.id)
    ranked = prioritize_tasks(PrioritizeRequest(user_id=user_id), caller, ports=ports.tasks).prioritized_tasks
    if not ranked:
        return ChatMessage(words.no_tasks)
    more = len(ranked) - _MOST_TASKS
    return ChatMessage(
        title=words.tasks_title,
        text="\n".join(f"{one.rank}. {_task(one, language)}" for one in ranked[:_MOST_TASKS]),
        context=words.more_tasks.format(more) if more > 0 else "",
    )


def _task(task: PrioritizedTask, language: WrittenLanguage) -> str:
    title = " ".join(task.title.split())
    if task.due_at is None:
        return title
    words = CHAT_WORDS[language]
    due = (words.was_due if task.overdue else words.due).format(day=written_day(task.due_at.date(), language))
    return f"{title} ({due})"


def _waiting(user_id: str, words: ChatWords, ports: CommandPorts) -> Iterable[ChatMessage]:
    waiting = waiting_effects(user_id, ports.approvals.clock.now(), ports.approvals.effects)
    if not waiting:
        return (ChatMessage(words.nothing_waits),)
    more = len(waiting) - _MOST_WAITING
    messages = [chat_message(approval_asked(record)) for record in waiting[:_MOST_WAITING]]
    return (*messages, ChatMessage(words.more_waiting.format(more))) if more > 0 else messages


def _undo(user_id: str, message: MessageReceived, language: WrittenLanguage, ports: CommandPorts) -> ChatMessage:
    words = CHAT_WORDS[language]
    last = last_run(user_id, message.at, ports.approvals.effects)
    if last.run_id is None and not last.sent:
        return ChatMessage(words.nothing_done)
    answer = UndoAnswer(user_id=user_id, undoing=(), called_off=(), left_alone=())
    if last.run_id is not None:
        caller = Identity(user_id, message.id)
        answer = undo_effects(user_id, UndoRequest(run_id=last.run_id), caller, ports=ports.approvals)
    return ChatMessage(title=words.undo_title, text=_undone(answer, last.sent, language, ports))


def _undone(answer: UndoAnswer, sent: Sequence[LeftAlone], language: WrittenLanguage, ports: CommandPorts) -> str:
    words, user_id = CHAT_WORDS[language], answer.user_id
    left = {one.effect_id: words.left[one.reason] for one in (*answer.left_alone, *sent)}
    named = [*answer.undoing, *answer.called_off, *left]
    records = ports.approvals.effects.find(user_id, named)
    lines = []
    for heading, ids in (
        (words.undoing, answer.undoing),
        (words.called_off, answer.called_off),
        (words.stays, tuple(left)),
    ):
        found = [(name, records[name].effect) for name in ids if name in records]
        said = [f"• {summary(effect, language)} {left.get(name, '')}".strip() for name, effect in found]
        lines += [heading, *islice(said, _MOST_NAMED)] if said else []
        lines += [words.more_actions.format(len(said) - _MOST_NAMED)] if len(said) > _MOST_NAMED else []
    return "\n".join(lines)
