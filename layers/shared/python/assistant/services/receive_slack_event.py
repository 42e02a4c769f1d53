"""Use cases: take an event of Slack, or the press of a button there, and queue it.

Slack wants an answer within three seconds, so nothing is done here. It sends an event again when it misses the answer;
the same event again is the same job.
"""

from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from assistant.domain.errors import Malformed, NotAuthentic
from assistant.domain.providers import Provider
from assistant.domain.slack_requests import EventCallback, UrlVerification, is_signed, read_event, read_interaction
from assistant.ports.chat import ChatQueue
from assistant.ports.runtime import Clock
from assistant.ports.webhooks import SigningSecrets

_MALFORMED: Final = "This is no request of Slack."


@dataclass(frozen=True, slots=True)
class SlackEventPorts:
    """The ports requests of Slack need."""

    secrets: SigningSecrets
    queue: ChatQueue
    clock: Clock


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it came: ``timestamp`` and ``signature`` as its headers say them."""

    timestamp: str
    signature: str
    body: bytes


def receive_slack_event(request: SignedRequest, *, ports: SlackEventPorts) -> str:
    """Queue what a person wrote to the assistant; return the challenge where Slack asks for one, else nothing.

    Raises:
        NotAuthentic: nothing proves that the request is from Slack, or it is older than five minutes.
        Malformed: it is no request of Slack.
        Unavailable: the secret or the queue cannot be had; Slack sends an event again.
    """
    _require_signed(request, ports)
    try:
        event = read_event(request.body)
        message = event.message() if isinstance(event, EventCallback) else None
    except ValidationError:
        raise Malformed(_MALFORMED) from None
    if isinstance(event, UrlVerification):
        return event.challenge
    if message:
        ports.queue.send(message)
    return ""


def receive_slack_interaction(request: SignedRequest, *, ports: SlackEventPorts) -> int:
    """Queue the buttons that were pressed and return how many; raises as ``receive_slack_event`` does."""
    _require_signed(request, ports)
    try:
        interaction = read_interaction(request.body)
    except ValueError:
        raise Malformed(_MALFORMED) from None
    presses = interaction.presses() if interaction else []
    if presses:
        ports.queue.send(*presses)
    return len(presses)


def _require_signed(request: SignedRequest, ports: SlackEventPorts) -> None:
    secret = ports.secrets.signing_secret(Provider.SLACK)
    if secret is None:
        raise NotAuthentic("This deployment takes no requests of Slack.")
    given = {"timestamp": request.timestamp, "signature": request.signature}
    if not is_signed(request.body, **given, secret=secret, now=ports.clock.now()) or not _is_text(request.body):
        raise NotAuthentic("The signature is not Slack's, or too old.")


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
