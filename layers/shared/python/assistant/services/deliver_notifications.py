"""Use case: send what is due: a notification, a digest, or the daily briefing.

A job may be delivered twice, overlap another, or end at any step. The channel sends once for each key, what was sent is
noted afterwards, and the place in the index is removed last: whoever comes after a crash finds what was done.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from assistant.domain.chat import ChatMessage
from assistant.domain.effects.approval import asked_effect
from assistant.domain.effects.effect import EffectState
from assistant.domain.errors import Unavailable
from assistant.domain.notification_messages import chat_message, digest_mail, digest_text, digest_title, mail_of
from assistant.domain.notification_times import home
from assistant.domain.notifications import Due, DueKind, KeptNotification, NotificationKind, Urgency
from assistant.domain.preferences import Channel, Preferences
from assistant.services.brief_day import DayPorts, brief_day
from assistant.services.notify import IN_INBOX, TOO_LATE, NotifyPorts, when
from assistant.services.send_message import ChannelPorts, Message, NotReached, reach, send_message
from assistant.services.settle_effects import SettlePorts, settle_effects
from assistant.services.show_notifications import newest_notifications

logger = logging.getLogger(__name__)

# Together over an hour: a channel that is down for longer is given up for this message.
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 30))
_MOST_IN_DIGEST: Final = 500
_ATTEMPTS: Final = 5
_SILENT: Final = {
    Channel.SLACK: "Slack did not answer for more than an hour, so it is here.",
    Channel.EMAIL: "Your mailbox did not answer for more than an hour, so it is here.",
}

type Change = Callable[[KeptNotification], KeptNotification]


@dataclass(frozen=True, slots=True)
class DeliverPorts:
    """The ports delivering needs."""

    notify: NotifyPorts
    channels: ChannelPorts
    day: DayPorts
    settle: SettlePorts


def deliver(due: Due, *, ports: DeliverPorts) -> None:
    """Do what is due and remove its place.

    Raises:
        Unavailable: the store is down, or another changes the same notification again and again.
    """
    match due.kind:
        case DueKind.NOTIFICATION:
            _notification(due, ports)
        case DueKind.DIGEST:
            _digest(due, ports)
        case DueKind.DAILY_BRIEFING:
            brief_day(due.user_id, notify_ports=ports.notify, ports=ports.day)
        case DueKind.EFFECTS:
            settle_effects(due.user_id, due.effect_ids, ports=ports.settle)
    ports.notify.due.done(due)


def _notification(due: Due, ports: DeliverPorts) -> None:
    kept = ports.notify.notifications.find(due.user_id, due.subject)
    if kept is None or not kept.to_be_sent or _has_a_later_place(kept, due) or _is_answered(due.user_id, kept, ports):
        return
    now = ports.notify.clock.now()
    preferences = ports.notify.preferences.read(due.user_id).preferences
    kept = kept.wanted_in(kept.news.urgency.channel(preferences.notification_channels))
    at = when(due.user_id, kept.news, preferences, now, ports=ports.notify)
    if not kept.to_be_sent or kept.is_mail_by_mail:
        _note(due.user_id, kept, _left_here, ports)
    elif at is None:
        _note(due.user_id, kept, lambda one: one.left_here(TOO_LATE), ports)
    elif at > now:
        ports.notify.due.plan(due.model_copy(update={"at": at}))
        _note(due.user_id, kept, lambda one: one.held(at), ports)
    else:
        mail = partial(mail_of, kept, zone=home(preferences))
        message = Message(kept.shown.id, chat_message(kept.news), mail)
        _note(due.user_id, kept, _sent(due, kept.ways, message, kept.attempts, ports), ports)


def _is_answered(user_id: str, kept: KeptNotification, ports: DeliverPorts) -> bool:
    """Whether it is a question that waits no more; what closes it is on its way."""
    if kept.shown.kind is not NotificationKind.APPROVAL_ASKED:
        return False
    now, effect_id = ports.notify.clock.now(), asked_effect(kept.news)
    record = ports.settle.effects.find(user_id, [effect_id]).get(effect_id)
    return record is None or record.state_at(now) is not EffectState.WAITING


def _has_a_later_place(kept: KeptNotification, due: Due) -> bool:
    held_until = kept.shown.held_until
    # Places are told apart by the second.
    return held_until is not None and due.at < held_until.replace(microsecond=0)


def _sent(due: Due, ways: Sequence[Channel], message: Message, failures: int, ports: DeliverPorts) -> Change:
    """Send the message the first way that is open; return what becomes of the notifications in it."""
    channel = ways[-1]
    try:
        channel, account = reach(due.user_id, ways, ports=ports.channels)
        send_message(channel, account, message, ports=ports.channels)
    except NotReached as error:
        note = error.note
        return lambda one: one.left_here(note)
    except Unavailable:
        if failures >= len(PAUSES):
            return lambda one: one.left_here(_SILENT[channel])
        at = ports.notify.clock.now() + PAUSES[failures]
        ports.notify.due.plan(due.model_copy(update={"at": at}))
        return lambda one: one.held(at, failed=True)
    return lambda one: one.delivered(channel)


def _left_here(kept: KeptNotification) -> KeptNotification:
    return kept.left_here(IN_INBOX if kept.is_mail_by_mail else "")


def _note(user_id: str, kept: KeptNotification, change: Change, ports: DeliverPorts) -> None:
    """Note what became of this revision; newer news about the thing has a place of its own and stays as it is."""
    store = ports.notify.notifications
    revision, wanted = kept.revision, kept.shown.wanted
    for _ in range(_ATTEMPTS):
        same = kept.revision == revision
        changed = change(kept.wanted_in(wanted)) if same else kept.model_copy(update={"sent": max(kept.sent, revision)})
        if store.replace(user_id, changed):
            return
        found = store.find(user_id, kept.shown.subject)
        if found is None:
            return
        kept = found
    raise Unavailable("What is told of this is being changed elsewhere.")


def _digest(due: Due, ports: DeliverPorts) -> None:
    """Send the routine messages that wait in one, where they are wanted by now; what is too much in another."""
    waiting = _waiting(due.user_id, ports)
    if len(waiting) > _MOST_IN_DIGEST:
        ports.notify.due.plan(due.model_copy(update={"at": ports.notify.clock.now() + PAUSES[0]}))
        waiting = waiting[:_MOST_IN_DIGEST]
    preferences = ports.notify.preferences.read(due.user_id).preferences
    channel = Urgency.ROUTINE.channel(preferences.notification_channels)
    waiting = [one.wanted_in(channel) for one in waiting]
    if not waiting:
        return
    change = _left_here if channel is Channel.DASHBOARD else _digest_sent(due, waiting, channel, preferences, ports)
    # The first one names the digest, so it is noted last.
    for one in reversed(waiting):
        _note(due.user_id, one, change, ports)


def _waiting(user_id: str, ports: DeliverPorts) -> list[KeptNotification]:
    """Return what waits for a digest, the oldest first; it may be anywhere among what is kept."""
    newest, now = newest_notifications(user_id, ports.notify.notifications), ports.notify.clock.now()
    held = [
        one for one in newest if one.news.urgency is Urgency.ROUTINE and not one.news.timed and one.shown.held_until
    ]
    return [one for one in reversed(held) if one.to_be_sent and one.shown.expires_at > now]


def _digest_sent(
    due: Due, waiting: Sequence[KeptNotification], channel: Channel, preferences: Preferences, ports: DeliverPorts
) -> Change:
    """Send the digest; return what becomes of the notifications in it."""
    day = ports.notify.clock.now().astimezone(home(preferences)).date()
    chat = ChatMessage(text=digest_text(waiting), title=digest_title(day, len(waiting)))
    key = f"digest-{day.isoformat()}-{waiting[0].shown.id}"
    message = Message(key, chat, lambda address: digest_mail(day, waiting, address))
    return _sent(due, (channel,), message, max(one.attempts for one in waiting), ports)
