"""What the user is asked and told: the action as they see it, the hash that binds their word to it, the buttons."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

from assistant.domain.chat import LONGEST_TEXT, Button, ButtonStyle, ChatMessage
from assistant.domain.effects.actions import (
    DraftMail,
    PostMessage,
    SendMail,
)
from assistant.domain.effects.canonical import digest
from assistant.domain.effects.effect import Effect, EffectRecord, EffectState
from assistant.domain.effects.undo import EffectJob
from assistant.domain.effects.wording import summary
from assistant.domain.mail_invisible import one_line
from assistant.domain.notifications import News, NotificationKind, Urgency

APPROVE = "approve_effect"
REJECT = "reject_effect"
_HASH_DIGITS: Final = 64
_MOST_TOLD: Final = 3
_EFFECT: Final = "effect:"
_QUESTION: Final = "May I?"
_NEEDED: Final = "With it:"
_TOO_LONG: Final = "It is too long to be shown here whole: please read and answer it on your dashboard."
# It may have been a delegate who answered.
_BECAME: Final[Mapping[EffectState, str]] = {
    EffectState.REFUSED: "Your preferences never allow this.",
    EffectState.REJECTED: "It is rejected: it is not done.",
    EffectState.EXPIRED: "Nobody answered in time: it is not done.",
    EffectState.QUEUED: "It is approved: it is done in a moment.",
    EffectState.RUNNING: "It is approved: it is done in a moment.",
    EffectState.DONE: "It is done.",
    EffectState.FAILED: "It could not be done.",
    EffectState.UNDOING: "It is being taken back.",
    EffectState.UNDONE: "It was taken back.",
}


def rendered(effect: Effect) -> str:
    """Return the action as the user is asked about it, whole."""
    match effect.action:
        case DraftMail(subject=subject, text=text) | SendMail(subject=subject, text=text):
            return f"{summary(effect)}\n\n{one_line(subject.value)}\n\n{text.value}"
        case PostMessage() as post:
            message = message_to(post)
            return f"{summary(effect)}\n\n{message.text}\n\n{message.context}"
        case _:
            needed = (f"{_NEEDED} {one_line(one.summary)}" for one in effect.needs)
            return "\n".join((summary(effect), *needed))


def message_to(action: PostMessage) -> ChatMessage:
    """Return the message as it is written: whose words they are is said below."""
    return ChatMessage(text=action.text.value, context=f"From {one_line(action.sender.value)}, by their assistant.")


def action_hash(effect: Effect) -> str:
    """Return the hash of the exact rendered action, which an approval has to name."""
    return digest(effect.id, effect.target, effect.action, rendered(effect))


def approval_buttons(effect: Effect) -> tuple[Button, Button]:
    """Return the buttons to approve and to reject; a press sends back the effect's id and its action hash."""
    value = f"{effect.id}:{action_hash(effect)}"
    return (
        Button(APPROVE, value, "Approve", ButtonStyle.PRIMARY),
        Button(REJECT, value, "Reject", ButtonStyle.DANGER),
    )


def pressed(value: str) -> tuple[str, str] | None:
    """Return the effect's id and the action hash that a button sent back; None where it is no button of ours."""
    effect_id, colon, sent = value.partition(":")
    return (effect_id, sent) if effect_id and colon and len(sent) == _HASH_DIGITS else None


def approval_asked(record: EffectRecord) -> News:
    """Return the question to the user, the same however often it is asked.

    Only what is shown whole can be approved by a button.
    """
    effect = record.effect
    why = one_line(f"{effect.reasoning} {record.ruling}")
    whole = "\n\n".join((rendered(effect), why))
    fits = len(whole) <= LONGEST_TEXT
    approve, reject = approval_buttons(effect)
    return News(
        about=approval_subject(effect.id),
        kind=NotificationKind.APPROVAL_ASKED,
        title=_QUESTION,
        text=whole if fits else "\n\n".join((summary(effect), why, _TOO_LONG)),
        link=effect_link(effect.user_id, effect.id),
        at=effect.proposed_at,
        not_after=record.asked_until,
        buttons=(approve, reject) if fits else (reject,),
    )


def approval_subject(effect_id: str) -> str:
    """Return what the question about an effect is about, for notifications."""
    return f"{_EFFECT}{effect_id}"


def asked_effect(question: News) -> str:
    """Return the id of the effect a question is about."""
    return question.about.removeprefix(_EFFECT)


def approval_ended(record: EffectRecord, state: EffectState) -> News:
    """Return what stands in the place of a question that waits no more."""
    effect, delegate = record.effect, record.approving_delegate
    approved = f"{delegate} approved it for you." if delegate else None
    became = " ".join(part for part in (approved, _BECAME[state], record.problem) if part)
    return News(
        about=approval_subject(effect.id),
        kind=NotificationKind.APPROVAL_ENDED,
        urgency=Urgency.ROUTINE,
        title=_QUESTION,
        text=f"{summary(effect)}\n\n{became}",
        link=effect_link(effect.user_id, effect.id),
        at=record.changed_at,
        timed=True,
        quiet=True,
    )


def approved_but_failed(record: EffectRecord, problem: str, at: datetime) -> News:
    """Return what the user is told of an action they approved that could not be done, in the place of the question."""
    effect = record.effect
    return News(
        about=approval_subject(effect.id),
        kind=NotificationKind.EFFECT_FAILED,
        title="That could not be done",
        text=f"{summary(effect)} {problem}",
        link=effect_link(effect.user_id, effect.id),
        at=at,
    )


def undo_conflicts(left: Sequence[EffectRecord], job: EffectJob) -> News:
    """Return what the user is told of effects that were not undone."""
    said = [f"{summary(record.effect)} {record.problem}" for record in left[:_MOST_TOLD]]
    said += [f"And {len(left) - _MOST_TOLD} more."] if len(left) > _MOST_TOLD else []
    return News(
        about=f"undo:{job.requested_at.isoformat()}:{digest(*job.effect_ids)}",
        kind=NotificationKind.UNDO_CONFLICT,
        title="Not everything was undone",
        text=" ".join(said),
        link=effect_link(job.user_id, left[0].id),
        at=job.requested_at,
    )


def effect_link(user_id: str, effect_id: str) -> str:
    """Return the address of an effect in this API."""
    return f"/api/v1/users/{quote(user_id, safe='')}/effects/{effect_id}"
