"""Labels, archives, drafts and sends mails in connected mailboxes: the executor of the actions on mail."""

from dataclasses import dataclass

from assistant.domain.connections import Connection
from assistant.domain.effects.actions import (
    AnyAction,
    ArchiveMail,
    DiscardDraft,
    DraftMail,
    Inverse,
    LabelMail,
    MoveMail,
    SendMail,
    TargetState,
    label_aspect,
)
from assistant.domain.effects.canonical import written_as
from assistant.domain.effects.effect import Effect
from assistant.domain.errors import NotFound
from assistant.domain.mail import Mail
from assistant.domain.mail_addresses import mailboxes
from assistant.domain.mail_invisible import one_line
from assistant.domain.mailbox import Folder, OutgoingMail, in_conversation
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
            case DraftMail():
                connection = account_of(effect, self.connections)
                draft = self.mailboxes.open(connection).find_draft(_message_id(effect, connection))
                return {f"draft:{effect.id}": _words(draft.mail) if draft else None}
            case LabelMail(add=add, remove=remove):
                labels = self._mailbox(effect).state(effect.target.object_id).labels
                return {label_aspect(name): name in labels for name in (*add.value, *remove.value)}
            case ArchiveMail():
                return {"folder": self._mailbox(effect).state(effect.target.object_id).folder.value}
            case other:
                raise TypeError(f"no action on mail: {other.kind}")

    def apply(self, effect: Effect, action: AnyAction | Inverse) -> None:
        """Label or move the mail, keep a draft or take it away, or send a mail."""
        connection = account_of(effect, self.connections)
        mailbox = self.mailboxes.open(connection)
        match action:
            case LabelMail(add=add, remove=remove):
                mailbox.label(effect.target.object_id, add=frozenset(add.value), remove=frozenset(remove.value))
            case ArchiveMail():
                mailbox.move(effect.target.object_id, Folder.ARCHIVE)
            case MoveMail(folder=folder):
                mailbox.move(effect.target.object_id, folder)
            case DraftMail():
                mailbox.draft(_outgoing(effect, action, connection, mailbox))
            case DiscardDraft():
                draft = mailbox.find_draft(_message_id(effect, connection))
                if draft:
                    mailbox.delete_draft(draft.id)
            case SendMail():
                mailbox.send(_outgoing(effect, action, connection, mailbox))

    def _mailbox(self, effect: Effect) -> MailBox:
        return self.mailboxes.open(account_of(effect, self.connections))


def _outgoing(effect: Effect, action: DraftMail | SendMail, connection: Connection, mailbox: MailBox) -> OutgoingMail:
    """Return the mail with its subject as it was shown, in the conversation of the target where that is there."""
    mail = OutgoingMail(
        message_id=_message_id(effect, connection),
        to=action.to.value,
        subject=one_line(action.subject.value),
        text=action.text.value,
    )
    try:
        target = mailbox.get(effect.target.object_id).mail if effect.target.object_id else None
    except NotFound:
        return mail
    return in_conversation(mail, target) if target else mail


def _message_id(effect: Effect, connection: Connection) -> str:
    """Return the Message-ID, which is the same however often this effect is tried."""
    return f"<{effect.id}@{connection.account.rpartition('@')[2]}>"


def _words(mail: Mail) -> str:
    addresses = [box.address for value in mail.to for box in mailboxes(value)]
    return written_as(addresses, mail.subject, mail.body or mail.html or "")
