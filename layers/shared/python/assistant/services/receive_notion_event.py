"""Use cases: take a notification of Notion and queue the page it names; set the webhook up.

Notion sends the secret of a subscription once, unsigned: it is taken only while somebody who may invoke the function
waits for it, and only one. Every other delivery has to be signed with the secret.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from assistant.domain.errors import Conflict, Malformed, NotAuthentic
from assistant.domain.notes.followed import PageChanged
from assistant.domain.notes.webhook import PENDING_FOR, Notice, Verification, WebhookSecret, is_signed

if TYPE_CHECKING:
    # A webhook does not pay for the models of tasks.
    from assistant.ports.notes import NotesQueue, WebhookSecrets
    from assistant.ports.runtime import Clock

_PAGES: Final = "page."


@dataclass(frozen=True, slots=True)
class NotionEventPorts:
    """The ports notifications of Notion need."""

    secrets: "WebhookSecrets"
    queue: "NotesQueue"
    clock: "Clock"


class WebhookSetup(BaseModel):
    """How far setting up is: the secret to paste into Notion, and until when another is waited for."""

    model_config = ConfigDict(frozen=True)

    verification_token: str | None
    pending_until: AwareDatetime | None


def receive_notion_event(signature: str | None, body: bytes, *, ports: NotionEventPorts) -> bool:
    """Queue the page that changed; return whether the notification is about one.

    Raises:
        NotAuthentic: nothing proves that it is from Notion.
        Malformed: it is no notification.
        Unavailable: the secret or the queue cannot be had; Notion sends it again.
    """
    secret = ports.secrets.read()
    if signature is None:
        _take(body, secret, ports)
        return False
    if secret.secret is None or not is_signed(body, signature, secret.secret):
        raise NotAuthentic("The signature is not that of this subscription.")
    try:
        notice = Notice.model_validate_json(body)
    except ValidationError:
        raise Malformed("This is no notification of Notion.") from None
    if not notice.type.startswith(_PAGES):
        # Data sources are read anew by every sync; comments say nothing of a task.
        return False
    ports.queue.send(PageChanged(event_id=notice.id, workspace_id=notice.workspace_id, page_id=notice.entity.id))
    return True


def set_up_webhook(*, ports: NotionEventPorts) -> WebhookSetup:
    """Wait for a secret for a quarter of an hour; the one in use holds until then. Again shows how far it is.

    Raises:
        Conflict: somebody else does so at the same time.
        Unavailable: the store is down.
    """
    known, now = ports.secrets.read(), ports.clock.now()
    just_taken = known.taken_at is not None and now - known.taken_at < PENDING_FOR
    if not just_taken and (known.pending_until is None or known.pending_until <= now):
        known = known.model_copy(update={"pending_until": now + PENDING_FOR})
        if not ports.secrets.replace(known):
            raise Conflict("The webhook is being set up elsewhere. Please try again.")
    return WebhookSetup(
        verification_token=known.secret if just_taken else None,
        pending_until=None if just_taken else known.pending_until,
    )


def _take(body: bytes, known: WebhookSecret, ports: NotionEventPorts) -> None:
    now = ports.clock.now()
    if known.pending_until is None or known.pending_until <= now:
        raise NotAuthentic("No subscription is being set up.")
    try:
        sent = Verification.model_validate_json(body)
    except ValidationError:
        raise Malformed("This is no verification of a subscription.") from None
    taken = {"secret": sent.verification_token, "pending_until": None, "taken_at": now}
    if not ports.secrets.replace(known.model_copy(update=taken)):
        raise Conflict("Another secret was taken meanwhile.")
