"""Use cases: keep what is followed of a connected workspace true, from its notifications and on schedule.

A notification names a page, which is read anew: late, double and disordered ones end in the same state. What nobody
told of is found by the time of the last edit, and once a day by a list of everything, which alone shows what is gone.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.effects.effect import ENDED, Effect, EffectState
from assistant.domain.effects.of_tasks import status_effect
from assistant.domain.errors import Conflict, ConnectionBroken, Forbidden, NotFound
from assistant.domain.notes.followed import MOST_PAGES, FollowedWorkspace, NotesJob, PageChanged, SyncWorkspace
from assistant.domain.notes.merging import PREFIX, closed, is_for, kept_id, merged, released, without_unwritten
from assistant.domain.notes.note import NotesTask, PageHead
from assistant.domain.notes.source import TaskSource
from assistant.domain.notes.status import word_for
from assistant.domain.notes.telling import not_written
from assistant.domain.providers import Provider
from assistant.domain.tasks.kept import KeptTask
from assistant.domain.tasks.request import MOST_TASKS, TaskStatus
from assistant.domain.tasks.task import Frame
from assistant.ports.connections import ConnectionStore
from assistant.ports.notes import FollowedStore, KeptPage, Notes, NotesWorkspaces, NoticeLog, PageStore
from assistant.ports.notifications import Notifier
from assistant.ports.runtime import Clock
from assistant.ports.tasks import TaskStore, VersionedTask
from assistant.ports.users import PreferenceStore
from assistant.services.keep_tasks import frame_of
from assistant.services.propose_effects import ProposePorts, propose_effects
from assistant.services.tell_of_broken import tell_of_refusal

logger = logging.getLogger(__name__)

_ATTEMPTS: Final = 3
# Closed ones among them, which are kept for 400 days.
_MOST_KEPT: Final = 10 * MOST_TASKS
# Edits are told to the minute, and seen a little later by those who ask.
_OVERLAP: Final = timedelta(minutes=2)
_TO_THE_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NotesPorts:
    """The ports following workspaces needs."""

    connections: ConnectionStore
    workspaces: NotesWorkspaces
    followed: FollowedStore
    pages: PageStore
    tasks: TaskStore
    notices: NoticeLog
    preferences: PreferenceStore
    notifier: Notifier
    propose: ProposePorts
    clock: Clock


@dataclass(frozen=True, slots=True)
class _Unwritten:
    """A task with a status set here, and the effect that writes it."""

    task: KeptTask
    effect: Effect


@dataclass(frozen=True, slots=True)
class _Workspace:
    """A workspace at work."""

    connection: Connection
    notes: Notes
    followed: FollowedWorkspace
    frame: Frame
    ports: NotesPorts

    @property
    def user_id(self) -> str:
        return self.connection.user_id


def work_on(job: NotesJob, *, seconds: float, ports: NotesPorts) -> None:
    """Do one piece of work; what cannot be done in ``seconds`` is left to the next run of the schedule.

    Raises:
        Unavailable: the provider or the store is down; the work is to be done again.

    """
    match job:
        case PageChanged():
            _page_changed(job, ports)
        case SyncWorkspace():
            _sync_workspace(job, ports.clock.monotonic() + seconds, ports)


def _page_changed(job: PageChanged, ports: NotesPorts) -> None:
    if ports.notices.has(job.event_id):
        return
    for connection in ports.connections.of_account(Provider.NOTION, job.workspace_id):
        if connection.status is ConnectionStatus.ACTIVE:
            _work_in(connection, lambda at: _read_page(at, job.page_id), ports)
    ports.notices.add(job.event_id)


def _read_page(at: _Workspace, page_id: str) -> None:
    source = _source(at)
    try:
        if source:
            _keep_task(at, at.notes.task(source, page_id))
            return
    except NotFound:
        _close(at, page_id)
    try:
        at.ports.pages.put(at.user_id, at.connection.id, at.notes.page(page_id))
    except NotFound:
        at.ports.pages.remove(at.user_id, at.connection.id, [page_id])


def _sync_workspace(job: SyncWorkspace, until: float, ports: NotesPorts) -> None:
    connection = ports.connections.find(job.user_id, job.connection_id)
    if connection is None:
        _forget(job, ports)
    elif connection.status is ConnectionStatus.ACTIVE:
        _work_in(connection, lambda at: _bring_up_to_now(at, until), ports)


def _work_in(connection: Connection, work: Callable[[_Workspace], None], ports: NotesPorts) -> None:
    """Work in a workspace; until the user connects one that refuses anew, no attempt would end otherwise."""
    try:
        work(_open(connection, ports))
    except ConnectionBroken:
        logger.warning("a workspace is broken", extra={"connection_id": connection.id})
    except Forbidden:
        tell_of_refusal(connection, ports.notifier)


def _bring_up_to_now(at: _Workspace, until: float) -> None:
    source = _source(at)
    if source:
        _propose_statuses(at, source)
        _sync_tasks(at, source)
    _sync_pages(at, until)


def _open(connection: Connection, ports: NotesPorts) -> _Workspace:
    followed = ports.followed.find(connection.user_id, connection.id)
    frame = frame_of(ports.preferences.read(connection.user_id).preferences, ports.clock.now())
    known = followed or FollowedWorkspace(user_id=connection.user_id, connection_id=connection.id)
    return _Workspace(connection, ports.workspaces.open(connection), known, frame, ports)


def _source(at: _Workspace) -> TaskSource | None:
    """Return the data source with the user's tasks as it is now; one that is no longer shared is followed no more."""
    if at.followed.source_id is None:
        return None
    try:
        return TaskSource(at.notes.data_source(at.followed.source_id), at.followed.roles)
    except NotFound:
        release_tasks(at.user_id, at.connection.id, at.ports.tasks)
        at.ports.followed.remove(at.followed)
        return None


def _forget(job: SyncWorkspace, ports: NotesPorts) -> None:
    """Forget a workspace that was disconnected; its tasks stay as the user's own."""
    release_tasks(job.user_id, job.connection_id, ports.tasks)
    ports.pages.remove(job.user_id, job.connection_id, ports.pages.kept(job.user_id, job.connection_id).keys())
    followed = ports.followed.find(job.user_id, job.connection_id)
    if followed:
        ports.followed.remove(followed)


def release_tasks(user_id: str, connection_id: str, tasks: TaskStore) -> None:
    """Make the tasks of a workspace the user's own."""
    for task in _kept_tasks(user_id, connection_id, tasks):
        change_followed(user_id, connection_id, task.task_id, released, tasks)


def _kept_tasks(user_id: str, connection_id: str, tasks: TaskStore) -> list[KeptTask]:
    return [one.task for one in _kept(user_id, connection_id, tasks)]


def _kept(user_id: str, connection_id: str, tasks: TaskStore) -> list[VersionedTask]:
    found = tasks.page(user_id, statuses=tuple(TaskStatus), after=PREFIX, limit=_MOST_KEPT)
    return [one for one in found if one.task.origin and one.task.origin.connection_id == connection_id]


def _sync_tasks(at: _Workspace, source: TaskSource) -> None:
    followed, now = at.followed, at.frame.now
    everything = followed.is_to_be_listed(now)
    since = None if everything or followed.edited_since is None else followed.edited_since - _OVERLAP
    found: list[NotesTask] = []
    complete, page = True, None
    while complete:
        listed = at.notes.tasks(source, since=since, page=page)
        found += listed.tasks
        complete, page = listed.complete and len(found) <= MOST_TASKS, listed.next_page
        if page is None:
            break
    # Those that follow come with the next runs, from the time of edit that this one ends at.
    taken = found[:MOST_TASKS]
    for task in taken:
        _keep_task(at, task)
    if everything and complete:
        _close_missing(at, source, {kept_id(task.page_id) for task in found})
    latest = max((task.state.edited_at for task in taken), default=followed.edited_since)
    at.ports.followed.replace(
        followed.model_copy(update={"edited_since": latest, "listed_at": now if everything else followed.listed_at})
    )


def _close_missing(at: _Workspace, source: TaskSource, listed: set[str]) -> None:
    """Ask for each kept task that is not listed: it may have been edited while the list was read."""
    for task in _kept_tasks(at.user_id, at.connection.id, at.ports.tasks):
        if task.origin is None or task.task_id in listed:
            continue
        try:
            _keep_task(at, at.notes.task(source, task.origin.page_id))
        except NotFound:
            _close(at, task.origin.page_id)


def _sync_pages(at: _Workspace, until: float) -> None:
    """Read the pages edited last that changed since they were kept, and forget those that are no longer among them."""
    kept = at.ports.pages.kept(at.user_id, at.connection.id)
    listed = [one for one in at.notes.pages().pages if one.source_id is None or one.source_id != at.followed.source_id]
    for head in listed[:MOST_PAGES]:
        if at.ports.clock.monotonic() >= until:
            break
        if not _is_read(head, kept.get(head.page_id)):
            try:
                at.ports.pages.put(at.user_id, at.connection.id, at.notes.page(head.page_id))
            except NotFound:
                continue
    at.ports.pages.remove(at.user_id, at.connection.id, kept.keys() - {head.page_id for head in listed})


def _is_read(head: PageHead, kept: KeptPage | None) -> bool:
    """Whether this edit was read, and no other may have followed within its minute."""
    return kept is not None and kept.edited_at == head.edited_at and kept.read_at >= head.edited_at + _TO_THE_MINUTE


def _propose_statuses(at: _Workspace, source: TaskSource) -> None:
    """Have the statuses set here written where the tasks are kept; of those that were, keep what is there now."""
    now = at.frame.now
    run_id = f"tasks-{now.isoformat()}"
    waiting: list[_Unwritten] = []
    for kept in _kept(at.user_id, at.connection.id, at.ports.tasks):
        task, origin = kept.task, kept.task.origin
        if origin is None or origin.unwritten is None:
            continue
        word = word_for(origin.unwritten, source)
        if word is None:
            _settle(at, source, task, written=False)
            continue
        effect = status_effect(at.user_id, task, origin, word, version=kept.version, run_id=run_id, now=now)
        waiting.append(_Unwritten(task, effect))
    records = propose_effects(at.user_id, [one.effect for one in waiting], request_id=run_id, ports=at.ports.propose)
    for one, record in zip(waiting, records, strict=True):
        if record.state_at(now) in ENDED | {EffectState.DONE}:
            _settle(at, source, one.task, written=record.state is EffectState.DONE)


def _settle(at: _Workspace, source: TaskSource, task: KeptTask, *, written: bool) -> None:
    """Keep what is there now, and tell the user of a status that was not written; another one there is theirs."""
    origin = task.origin
    if origin is None or origin.unwritten is None:
        return
    try:
        found = at.notes.task(source, origin.page_id)
    except NotFound:
        _close(at, origin.page_id)
        return
    theirs = not written and found.state.status_name != origin.status_name
    _keep_task(at, found, settled=not theirs)
    if not written and not theirs:
        at.ports.notifier.notify(at.user_id, not_written(task, origin.unwritten, at.frame.now))


def _keep_task(at: _Workspace, found: NotesTask, *, settled: bool = False) -> None:
    """Keep a task as it is there, ``settled`` with no status left to write; one of somebody else's is not kept."""
    if not is_for(found, at.connection):
        _close(at, found.page_id)
        return
    tasks = at.ports.tasks
    for _ in range(_ATTEMPTS):
        kept = tasks.find(at.user_id, kept_id(found.page_id))
        if kept is None:
            # What was done before anybody followed it is no news.
            if not found.status.closed:
                tasks.create(at.user_id, merged(found, at.connection, None, at.frame).task, None)
            return
        now = merged(found, at.connection, without_unwritten(kept.task) if settled else kept.task, at.frame)
        if now.task == kept.task or tasks.replace(at.user_id, now.task, expected_version=kept.version):
            if now.overruled:
                at.ports.notifier.notify(at.user_id, not_written(now.task, now.overruled, at.frame.now))
            return
    raise Conflict("The task is being changed elsewhere. Please try again.")


def _close(at: _Workspace, page_id: str) -> None:
    """Close a kept task that is gone there, or is somebody else's."""
    change_followed(at.user_id, at.connection.id, kept_id(page_id), lambda task: closed(task, at.frame), at.ports.tasks)


def change_followed(
    user_id: str, connection_id: str, task_id: str, change: Callable[[KeptTask], KeptTask], tasks: TaskStore
) -> None:
    """Change a task that is kept in this workspace; another, or none, is left alone."""
    for _ in range(_ATTEMPTS):
        kept = tasks.find(user_id, task_id)
        if kept is None or kept.task.origin is None or kept.task.origin.connection_id != connection_id:
            return
        if tasks.replace(user_id, change(kept.task), expected_version=kept.version):
            return
    raise Conflict("The task is being changed elsewhere. Please try again.")
