"""Sets statuses of tasks in connected workspaces: the executor of that action."""

from dataclasses import dataclass
from typing import Final

from assistant.domain.effects.actions import AnyAction, Inverse, SetTaskStatus, TargetState
from assistant.domain.effects.effect import Effect
from assistant.domain.errors import Conflict, InvalidRequest, NotFound, PreconditionFailed, Unavailable
from assistant.domain.notes.note import TaskState
from assistant.domain.notes.source import TaskSource
from assistant.ports.connections import ConnectionStore
from assistant.ports.notes import FollowedStore, Notes, NotesWorkspaces
from assistant.services.effect_account import account_of

ANOTHER_STATUS: Final = "Another status was set there meanwhile, so it stays."
_ATTEMPTS: Final = 2


@dataclass(frozen=True, slots=True)
class TaskStatusExecutor:
    """Implements ``ports.effects.EffectExecutor``."""

    connections: ConnectionStore
    workspaces: NotesWorkspaces
    followed: FollowedStore

    def observe(self, effect: Effect) -> TargetState:
        """Return the status.

        Raises:
            PreconditionFailed: it is neither the one it was nor the one it should be.
        """
        action = effect.action
        if not isinstance(action, SetTaskStatus):
            raise TypeError(f"no action on tasks: {action.kind}")
        notes, source = self._open(effect)
        return {"status": _state(notes, source, effect, action).status_name}

    def apply(self, effect: Effect, action: AnyAction | Inverse) -> None:
        """Set the status unless another was set meanwhile; an edit of anything else is no obstacle.

        Raises:
            PreconditionFailed: another was set, or the data source no longer has the word.
        """
        if not isinstance(action, SetTaskStatus):
            raise TypeError(f"no action on tasks: {action.kind}")
        notes, source = self._open(effect)
        for _ in range(_ATTEMPTS):
            state = _state(notes, source, effect, action)
            try:
                notes.set_status(source, effect.target.object_id, action.status.value, expected=state)
            except InvalidRequest as error:
                raise PreconditionFailed(error.detail) from None
            except Conflict:
                continue
            return
        raise Unavailable("The task is being edited. Please try again shortly.")

    def _open(self, effect: Effect) -> tuple[Notes, TaskSource]:
        connection = account_of(effect, self.connections)
        followed = self.followed.find(connection.user_id, connection.id)
        if followed is None or followed.source_id is None:
            raise NotFound("The data source of this task is no longer followed.")
        notes = self.workspaces.open(connection)
        return notes, TaskSource(notes.data_source(followed.source_id), followed.roles)


def _state(notes: Notes, source: TaskSource, effect: Effect, action: SetTaskStatus) -> TaskState:
    state = notes.task(source, effect.target.object_id).state
    if state.status_name not in (action.was.value, action.status.value):
        raise PreconditionFailed(ANOTHER_STATUS)
    return state
