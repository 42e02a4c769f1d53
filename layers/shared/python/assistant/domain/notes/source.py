"""A data source that holds tasks, and which of its properties says what of a task.

The words are those of Notion: a database has data sources, a data source has properties, its rows are pages.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from assistant.domain.errors import FieldError, InvalidRequest
from assistant.domain.triage.cues import fold
from assistant.domain.triage.lexicon import listed

NoteId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z-]+$")]


class Role(StrEnum):
    """What a property says of a task."""

    TITLE = "title"
    DUE = "due"
    STATUS = "status"
    ESTIMATE = "estimate"
    ASSIGNEE = "assignee"


# The types a property of a role may have, the likeliest first.
TYPES: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.TITLE: ("title",),
    Role.DUE: ("date",),
    Role.STATUS: ("status", "checkbox", "select"),
    Role.ESTIMATE: ("number", "rich_text", "select"),
    Role.ASSIGNEE: ("people",),
}
# Words in the names of properties, folded. Without one of them a property has a role only if nothing else has its type.
_NAMED: Final[Mapping[Role, frozenset[str]]] = {
    role: frozenset(listed(words))
    for role, words in {
        Role.TITLE: "",
        Role.DUE: "due, due date, deadline, due on, due by, date, fallig, falligkeit, frist, termin, echeance, "
        "date limite, vencimiento, fecha limite, fecha",
        Role.STATUS: "status, state, done, completed, complete, stage, progress, erledigt, fertig, statut, etat, fait, "
        "termine, estado, hecho, completado",
        Role.ESTIMATE: "estimate, estimated time, effort, duration, time estimate, hours, minutes, aufwand, dauer, "
        "schatzung, duree, effort estime, duracion, estimacion",
        Role.ASSIGNEE: "assignee, assigned to, assign, owner, responsible, person, who, verantwortlich, zustandig, "
        "responsable, assigne, asignado, persona",
    }.items()
}
# Where the type alone says what it is for.
_BY_TYPE_ALONE: Final = frozenset({Role.TITLE, Role.DUE, Role.ASSIGNEE})
_STATUS_TYPE: Final = "status"


@dataclass(frozen=True, slots=True)
class Option:
    """A value of a status or select property; ``group`` is that of a status: To-do, In progress, Complete."""

    name: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a data source."""

    id: str
    name: str
    type: str
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class DataSource:
    """Where pages with the same properties are kept."""

    id: str
    title: str
    properties: tuple[Property, ...]

    def property(self, property_id: str | None) -> Property | None:
        """Return the property unless there is none of this id."""
        return next((one for one in self.properties if one.id == property_id), None)


class Roles(BaseModel):
    """Ids of the properties that say what a task is; None where none does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str | None = None
    due: str | None = None
    status: str | None = None
    estimate: str | None = None
    assignee: str | None = None

    def of(self, role: Role) -> str | None:
        """Return the id of the property of a role."""
        found: str | None = getattr(self, role.value)
        return found


@dataclass(frozen=True, slots=True)
class TaskSource:
    """A data source with the properties its tasks are read by."""

    source: DataSource
    roles: Roles

    def property(self, role: Role) -> Property | None:
        """Return the property of a role unless there is none, or it was removed meanwhile."""
        return self.source.property(self.roles.of(role))


def found_roles(source: DataSource) -> Roles:
    """Return the roles that types and names speak for."""
    return Roles(**{role.value: _found(role, source.properties) for role in Role})


def chosen_roles(source: DataSource, chosen: Mapping[Role, str | None]) -> Roles:
    """Return the roles found, with what the user chose instead: a name or id of a property, None for no property.

    Raises:
        InvalidRequest: names each choice that is no property, or one of a type the role cannot have.
    """
    problems: list[FieldError] = []
    ids: dict[str, str | None] = {}
    for role, wanted in chosen.items():
        if wanted is None and role is not Role.TITLE:
            ids[role.value] = None
            continue
        one = next((one for one in source.properties if wanted in (one.id, one.name)), None)
        if one is None:
            problems.append(FieldError(f"properties.{role}", "is the name or id of no property there"))
        elif one.type not in TYPES[role]:
            kinds = " or ".join(TYPES[role])
            problems.append(FieldError(f"properties.{role}", f"must be a property of type {kinds}, not {one.type}"))
        else:
            ids[role.value] = one.id
    if problems:
        raise InvalidRequest("Some fields need another value.", errors=tuple(problems))
    return found_roles(source).model_copy(update=ids)


def _found(role: Role, properties: Iterable[Property]) -> str | None:
    suited = [one for one in properties if one.type in TYPES[role]]
    suited.sort(key=lambda one: TYPES[role].index(one.type))
    named = [one for one in suited if _is_named(one.name, role)]
    if named:
        return named[0].id
    alone = role in _BY_TYPE_ALONE or (role is Role.STATUS and any(one.type == _STATUS_TYPE for one in suited))
    likeliest = [one for one in suited if one.type == suited[0].type]
    return likeliest[0].id if alone and len(likeliest) == 1 else None


def _is_named(name: str, role: Role) -> bool:
    """Whether the name is one of the role's, or begins or ends with one: "Estimate (h)", "Task status"."""
    said = " ".join(word for word in fold(name).replace("(", " ").replace(")", " ").split())
    return any(said == known or said.startswith(f"{known} ") or said.endswith(f" {known}") for known in _NAMED[role])
