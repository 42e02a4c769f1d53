"""Use case: say in the place of a question that waits no more what became of it, without asking again."""

from assistant.domain.effects.approval import approval_ended, approval_subject
from assistant.domain.effects.effect import EffectRecord, EffectState
from assistant.domain.notifications import KeptNotification, NotificationKind, subject_of
from assistant.ports.notifications import NotificationStore
from assistant.ports.runtime import Clock
from assistant.services.notify import NotifyPorts, notify

_ASKED = frozenset({NotificationKind.APPROVAL_ASKED, NotificationKind.APPROVAL_ENDED})


def close_question(record: EffectRecord, *, ports: NotifyPorts) -> None:
    """Have the notification of the question say what became of it; said before, nothing happens.

    Raises:
        Conflict: what is told of it kept changing meanwhile.
        Unavailable: the store is down.
    """
    user_id, state = record.effect.user_id, record.state_at(ports.clock.now())
    asked = question_of(record, ports.notifications)
    if asked is None or asked.shown.kind not in _ASKED:
        return
    # What a delegate answered the user may not have seen.
    if state is not EffectState.EXPIRED and record.approving_delegate is None:
        note_read(user_id, asked, ports.notifications, ports.clock)
    notify(user_id, approval_ended(record, state), ports=ports)


def question_of(record: EffectRecord, notifications: NotificationStore) -> KeptNotification | None:
    """Return what was told last of the question about an effect; None where that is nothing. May be Unavailable."""
    return notifications.find(record.effect.user_id, subject_of(approval_subject(record.id)))


def note_read(user_id: str, asked: KeptNotification, notifications: NotificationStore, clock: Clock) -> None:
    """Note that a question which was answered is read. May be Unavailable."""
    if asked.shown.read_at is None:
        notifications.mark(user_id, asked.shown.id, read_at=clock.now())
