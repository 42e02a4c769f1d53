"""Labels and archives mails of connected mailboxes: the executor of the actions on mail."""

from dataclasses import dataclass

from assistant.domain.effects.actions import (
    AnyAction,
    ArchiveMail,
    Inverse,
    LabelMail,
    MoveMail,
    TargetState,
    label_aspect,
)
from assistant.domain.effects.effect import Target
from assistant.domain.errors import NotFound
from assistant.domain.mailbox import Folder
from assistant.ports.connections import ConnectionStore
from assistant.ports.mailbox import MailBox, MailBoxes


@dataclass(frozen=True, slots=True)
class MailExecutor:
    """Implements ``ports.effects.EffectExecutor``."""

    connections: ConnectionStore
    mailboxes: MailBoxes

    def observe(self, user_id: str, target: Target, action: AnyAction) -> TargetState:
        """Return the labels the action names, and whether the mail has them; or the folder it lies in."""
        state = self._mailbox(user_id, target).state(target.object_id)
        match action:
            case LabelMail(add=add, remove=remove):
                return {label_aspect(name): name in state.labels for name in (*add.value, *remove.value)}
            case ArchiveMail():
                return {"folder": state.folder.value}

    def apply(self, user_id: str, target: Target, action: AnyAction | Inverse) -> None:
        """Label or move the mail."""
        mailbox = self._mailbox(user_id, target)
        match action:
            case LabelMail(add=add, remove=remove):
                mailbox.label(target.object_id, add=frozenset(add.value), remove=frozenset(remove.value))
            case ArchiveMail():
                mailbox.move(target.object_id, Folder.ARCHIVE)
            case MoveMail(folder=folder):
                mailbox.move(target.object_id, folder)

    def _mailbox(self, user_id: str, target: Target) -> MailBox:
        connection = self.connections.find(user_id, target.connection_id)
        if connection is None:
            raise NotFound("This account is no longer connected.")
        return self.mailboxes.open(connection)
