"""Requests of Slack: their signature, and what they say as far as it is read.

https://docs.slack.dev/authentication/verifying-requests-from-slack, /apis/events-api and
/reference/interaction-payloads/block_actions-payload
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from assistant.domain.chat_jobs import ButtonPressed, MessageReceived

TOLERANCE: Final = timedelta(seconds=300)
# Longer than what is passed on to others, where Slack escapes each of its characters too; the rest is not read.
LONGEST_TEXT: Final = 12_000
_VERSION: Final = "v0"
_SECONDS: Final = re.compile(r"[0-9]{1,12}")
_MOST_FIELDS: Final = 10

Name = Annotated[str, Field(min_length=1, max_length=255)]
Timestamp = Annotated[str, Field(pattern=r"^[0-9]{1,12}\.[0-9]{1,6}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class UrlVerification(_Part):
    """Slack asks whether the address is ours; ``challenge`` is sent back."""

    type: Literal["url_verification"]
    challenge: Name


class _Message(_Part):
    user: Name
    text: str = ""
    ts: Timestamp


class EventCallback(_Part):
    """Something happened in a workspace; what other events say is not read."""

    type: Literal["event_callback"]
    event_id: Name
    team_id: Name
    event: Mapping[str, Any]

    def message(self) -> MessageReceived | None:
        """Return what a person wrote to the assistant; None for all else, messages of our own among it.

        Raises ValidationError.
        """
        kind, event = self.event.get("type"), self.event
        direct = kind == "message" and event.get("channel_type") == "im"
        if not (direct or kind == "app_mention") or event.get("subtype") or event.get("bot_id"):
            return None
        said = _Message.model_validate(event)
        return MessageReceived(
            id=self.event_id,
            workspace_id=self.team_id,
            member=said.user,
            at=_time(said.ts),
            text=said.text[:LONGEST_TEXT],
        )


class _Named(_Part):
    id: Name


class _Container(_Part):
    channel_id: Name
    message_ts: Timestamp


class _Pressed(_Part):
    action_id: Name
    action_ts: Timestamp
    value: Annotated[str, Field(max_length=2000)] = ""


class BlockActions(_Part):
    """Somebody pressed a button."""

    type: Literal["block_actions"]
    trigger_id: Name
    team: _Named
    user: _Named
    container: _Container
    actions: Annotated[tuple[_Pressed, ...], Field(max_length=25)]

    def presses(self) -> list[ButtonPressed]:
        """Return the presses of buttons; a link that was opened sends no value, and asks nothing."""
        return [
            ButtonPressed(
                id=f"{self.trigger_id}:{one.action_ts}",
                workspace_id=self.team.id,
                member=self.user.id,
                at=_time(one.action_ts),
                channel=self.container.channel_id,
                message_id=self.container.message_ts,
                action=one.action_id,
                value=one.value,
            )
            for one in self.actions
            if one.value
        ]


class _Typed(_Part):
    type: str


_EVENTS: Final[TypeAdapter[UrlVerification | EventCallback]] = TypeAdapter(
    Annotated[UrlVerification | EventCallback, Field(discriminator="type")]
)


def is_signed(body: bytes, *, timestamp: str, signature: str, secret: str, now: datetime) -> bool:
    """Whether the signature is of these bytes and of a time not long ago, in constant time."""
    if not _SECONDS.fullmatch(timestamp) or abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        return False
    signed = f"{_VERSION}:{timestamp}:".encode() + body
    expected = f"{_VERSION}={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


def read_event(body: bytes) -> UrlVerification | EventCallback | None:
    """Return a request of the Events API, None for one of another type; raises ValidationError."""
    if _Typed.model_validate_json(body).type not in ("url_verification", "event_callback"):
        return None
    return _EVENTS.validate_json(body)


def read_interaction(body: bytes) -> BlockActions | None:
    """Return the press of a button, None for another interaction; raises ValidationError or ValueError."""
    payload = parse_qs(body.decode(), strict_parsing=True, max_num_fields=_MOST_FIELDS).get("payload", [""])[0]
    if _Typed.model_validate_json(payload).type != "block_actions":
        return None
    return BlockActions.model_validate_json(payload)


def _time(timestamp: str) -> datetime:
    return datetime.fromtimestamp(float(timestamp), UTC)
