"""Labels, archives and sends mails in connected mailboxes: the executor of the actions on mail."""

from dataclasses import dataclass

from assistant.domain.connections import Connection
from assistant.domain.effects.actions import (
    AnyAction,
    ArchiveMail,
    Inverse,
    LabelMail,
    MoveMail,
    SendMail,
    TargetState,
    label_aspect,
)
from assistant.domain.effects.effect import Effect
from assistant.domain.mailbox import Folder, OutgoingMail
from assistant.ports.connections import ConnectionStore
from assistant.ports.mailbox import MailBox, MailBoxes
from assistant.services.effect_account import account_of


@dataclass(frozen=True, slots=True)
class MailExecutor:
    """Implements ``ports.effects.EffectExecutor``."""

    connections: ConnectionStore
    mailboxes: MailBoxes

    def observe(self, effect: Effect) -> TargetState:
        """Return the labels the action names, and whether the mail has them; or the folder it lies in.

        Whether a mail was sent the mailbox knows by its Message-ID, and sends none twice.
        """
        match effect.action:
            case SendMail():
                return {"sent": False}
            case LabelMail(add=add, remove=remove):
                labels = self._mailbox(effect).state(effect.target.object_id).labels
                return {label_aspect(name): name in labels for name in (*add.value, *remove.value)}
            case ArchiveMail():
                return {"folder": self._mailbox(effect).state(effect.target.object_id).folder.value}
            case other:
                raise TypeError(f"no action on mail: {other.kind}")

    def apply(self, effect: Effect, action: AnyAction | Inverse) -> None:
        """Label or move the mail, or send one."""
        connection = account_of(effect, self.connections)
        mailbox = self.mailboxes.open(connection)
        match action:
            case LabelMail(add=add, remove=remove):
                mailbox.label(effect.target.object_id, add=frozenset(add.value), remove=frozenset(remove.value))
            case ArchiveMail():
                mailbox.move(effect.target.object_id, Folder.ARCHIVE)
            case MoveMail(folder=folder):
                mailbox.move(effect.target.object_id, folder)
            case SendMail():
                mailbox.send(_outgoing(effect, action, connection))

    def _mailbox(self, effect: Effect) -> MailBox:
        return self.mailboxes.open(account_of(effect, self.connections))


def _outgoing(effect: Effect, action: SendMail, connection: Connection) -> OutgoingMail:
    """Return the mail, whose Message-ID is the same however often this effect is tried."""
    domain = connection.account.rpartition("@")[2]
    return OutgoingMail(
        message_id=f"<{effect.id}@{domain}>", to=action.to.value, subject=action.subject.value, text=action.text.value
    )
