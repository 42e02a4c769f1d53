"""Use case: have every connected workspace read for what nobody told of, and those that are gone forgotten."""

from dataclasses import dataclass

from assistant.domain.connections import ConnectionStatus
from assistant.domain.notes.followed import SyncWorkspace
from assistant.domain.providers import Provider
from assistant.ports.connections import ConnectionStore
from assistant.ports.notes import FollowedStore, NotesQueue


@dataclass(frozen=True, slots=True)
class ReconcileNotesPorts:
    """The ports reconciling workspaces needs."""

    connections: ConnectionStore
    followed: FollowedStore
    queue: NotesQueue


def reconcile_notes(*, ports: ReconcileNotesPorts) -> int:
    """Queue a sync of each workspace and return how many there are; raises Unavailable."""
    connections = ports.connections.of_provider(Provider.NOTION)
    broken = {(one.user_id, one.id) for one in connections if one.status is not ConnectionStatus.ACTIVE}
    connected = {(one.user_id, one.id) for one in connections}
    followed = {(one.user_id, one.connection_id) for one in ports.followed.everything()}
    jobs = [SyncWorkspace(user_id=user, connection_id=one) for user, one in sorted((connected | followed) - broken)]
    ports.queue.send(*jobs)
    return len(jobs)
