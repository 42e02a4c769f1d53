"""How far a task is, in the words of a data source: a status with groups, a checkbox, or a choice of words."""

from collections.abc import Iterable
from typing import Final

from assistant.domain.notes.source import Option, Property, Role, TaskSource
from assistant.domain.tasks.request import TaskStatus
from assistant.domain.triage.cues import fold
from assistant.domain.triage.lexicon import listed

CHECKBOX: Final = "checkbox"
CHECKED, UNCHECKED = "checked", ""

_GROUPS: Final = {"to-do": TaskStatus.OPEN, "in progress": TaskStatus.IN_PROGRESS, "complete": TaskStatus.DONE}
_CANCELLED: Final = frozenset(
    listed("""
    cancelled, canceled, won't do, wont do, dropped, abandoned, rejected, obsolete, duplicate, abgebrochen, abgesagt
    verworfen, annule, annulee, abandonne, cancelado, cancelada, descartado
    """)
)
_DONE: Final = frozenset(
    listed("""
    done, complete, completed, finished, closed, shipped, resolved, erledigt, fertig, abgeschlossen, fait, termine
    terminee, hecho, hecha, completado, completada, terminado
    """)
)
_IN_PROGRESS: Final = frozenset(
    listed("""
    in progress, doing, started, working on it, in review, active, in arbeit, begonnen, laufend, en cours, commence
    en curso, en progreso, empezado
    """)
)


def status_of(name: str, found: Property | None) -> TaskStatus:
    """Return how far a task is that has this value of the property; without a property it is open."""
    if found is None:
        return TaskStatus.OPEN
    if found.type == CHECKBOX:
        return TaskStatus.DONE if name == CHECKED else TaskStatus.OPEN
    group = next((option.group for option in found.options if option.name == name), "")
    return _of(Option(name, group))


def value_for(status: TaskStatus, found: Property) -> str | None:
    """Return the value that says so, the first in the order of the data source; None where none does."""
    if found.type == CHECKBOX:
        return {TaskStatus.DONE: CHECKED, TaskStatus.CANCELLED: None}.get(status, UNCHECKED)
    return _first(status, found.options)


def word_for(status: TaskStatus, source: TaskSource) -> str | None:
    """Return the value by which the data source says so; None where it has none."""
    column = source.property(Role.STATUS)
    return value_for(status, column) if column else None


def has_word(word: str, found: Property) -> bool:
    """Whether the property can have this value; an empty one is none."""
    return found.type == CHECKBOX or not word or word in {option.name for option in found.options}


def _first(status: TaskStatus, options: Iterable[Option]) -> str | None:
    return next((option.name for option in options if _of(option) is status), None)


def _of(option: Option) -> TaskStatus:
    said = fold(option.name).strip()
    if said in _CANCELLED:
        return TaskStatus.CANCELLED
    grouped = _GROUPS.get(option.group.lower())
    if grouped:
        return grouped
    if said in _DONE:
        return TaskStatus.DONE
    return TaskStatus.IN_PROGRESS if said in _IN_PROGRESS else TaskStatus.OPEN
