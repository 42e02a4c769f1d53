"""Use cases: show the data sources of a connected workspace, and choose the one the user's tasks are in."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from assistant.domain.connections import Connection
from assistant.domain.errors import Conflict, FieldError, InvalidRequest, NotFound
from assistant.domain.notes.followed import FollowedWorkspace, SyncWorkspace
from assistant.domain.notes.source import DataSource, NoteId, Role, Roles, TaskSource, chosen_roles, found_roles
from assistant.domain.providers import Provider
from assistant.domain.users import Identity
from assistant.ports.connections import ConnectionStore
from assistant.ports.notes import FollowedStore, Notes, NotesQueue, NotesWorkspaces
from assistant.ports.tasks import TaskStore
from assistant.services.sync_notes import release_tasks


@dataclass(frozen=True, slots=True)
class TaskSourcePorts:
    """The ports choosing needs."""

    connections: ConnectionStore
    workspaces: NotesWorkspaces
    followed: FollowedStore
    tasks: TaskStore
    queue: NotesQueue


class SourceView(BaseModel):
    """A data source: ``properties`` are the names of those that say what of a task, by what they say."""

    model_config = ConfigDict(frozen=True)

    data_source_id: str
    title: str
    properties: Mapping[Role, str]


class SourceList(BaseModel):
    """The data sources that are shared with the connection, those edited last first."""

    model_config = ConfigDict(frozen=True)

    data_sources: tuple[SourceView, ...]


class SourceChoice(BaseModel):
    """A data source, and properties of it by name or id where the found ones are not right; null for none."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    data_source_id: NoteId
    properties: dict[Role, str | None] = Field(default_factory=dict)
    """By what they say of a task: title, due, status, estimate, assignee."""


class FollowedSource(SourceView):
    """The data source whose tasks are kept; ``listed_at`` is when all of them were read, None before."""

    listed_at: AwareDatetime | None


def list_sources(user_id: str, connection_id: str, caller: Identity, *, ports: TaskSourcePorts) -> SourceList:
    """Return what can be chosen.

    Raises:
        Forbidden: the connection is of another user, or may not do this.
        NotFound: the user has no such connection to Notion.
        ConnectionBroken: it has to be connected again.
        Unavailable: Notion or the store is down.
    """
    notes = _open(_connection(user_id, connection_id, caller, ports), ports)
    return SourceList(data_sources=tuple(_view(one, found_roles(one)) for one in notes.data_sources()))


def show_source(user_id: str, connection_id: str, caller: Identity, *, ports: TaskSourcePorts) -> FollowedSource:
    """Return the chosen one with its properties as they are now; raises as ``list_sources``, NotFound without one."""
    connection = _connection(user_id, connection_id, caller, ports)
    followed = ports.followed.find(user_id, connection_id)
    if followed is None or followed.source_id is None:
        raise NotFound("No data source is chosen.")
    return _followed(_open(connection, ports).data_source(followed.source_id), followed)


def choose_source(
    user_id: str, connection_id: str, choice: SourceChoice, caller: Identity, *, ports: TaskSourcePorts
) -> FollowedSource:
    """Follow the tasks of a data source from now on; those of the one before stay as the user's own.

    Raises as ``list_sources``, and:
        InvalidRequest: there is no such data source, or a property cannot say this.
        Conflict: another choice is made at the same time.
    """
    connection = _connection(user_id, connection_id, caller, ports)
    try:
        source = _open(connection, ports).data_source(choice.data_source_id)
    except NotFound:
        problem = FieldError("data_source_id", "is no data source that is shared with the connection")
        raise InvalidRequest("Some fields need another value.", errors=(problem,)) from None
    known = ports.followed.find(user_id, connection_id)
    before = known or FollowedWorkspace(user_id=user_id, connection_id=connection_id)
    if before.source_id not in (None, source.id):
        release_tasks(user_id, connection_id, ports.tasks)
    chosen = before.model_copy(
        update={
            "source_id": source.id,
            "source_title": source.title,
            "roles": chosen_roles(source, choice.properties),
            "edited_since": None,
            "listed_at": None,
        }
    )
    if not ports.followed.replace(chosen):
        raise Conflict("Another data source is being chosen at the same time. Please try again.")
    ports.queue.send(SyncWorkspace(user_id=user_id, connection_id=connection_id))
    return _followed(source, chosen)


def stop_following(user_id: str, connection_id: str, caller: Identity, *, ports: TaskSourcePorts) -> None:
    """Follow no data source; its tasks stay as the user's own. None chosen is no error. Raises as ``list_sources``."""
    _connection(user_id, connection_id, caller, ports)
    followed = ports.followed.find(user_id, connection_id)
    if followed:
        ports.followed.remove(followed)
    release_tasks(user_id, connection_id, ports.tasks)


def _connection(user_id: str, connection_id: str, caller: Identity, ports: TaskSourcePorts) -> Connection:
    caller.must_be(user_id)
    found = ports.connections.find(user_id, connection_id)
    if found is None or found.provider is not Provider.NOTION:
        raise NotFound("There is no connection to Notion with this id.")
    return found


def _open(connection: Connection, ports: TaskSourcePorts) -> Notes:
    return ports.workspaces.open(connection)


def _view(source: DataSource, roles: Roles) -> SourceView:
    chosen = TaskSource(source, roles)
    named = {role: chosen.property(role) for role in Role}
    properties = {role: one.name for role, one in named.items() if one}
    return SourceView(data_source_id=source.id, title=source.title, properties=properties)


def _followed(source: DataSource, followed: FollowedWorkspace) -> FollowedSource:
    return FollowedSource(**dict(_view(source, followed.roles)), listed_at=followed.listed_at)
