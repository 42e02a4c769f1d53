"""Notifications of Notion: the secret they are signed with, and what they say.

https://developers.notion.com/reference/webhooks
"""

import hashlib
import hmac
from datetime import timedelta
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

PENDING_FOR: Final = timedelta(minutes=15)
_SCHEME: Final = "sha256="


class WebhookSecret(BaseModel):
    """What notifications are signed with, and until when a new secret is taken without a signature."""

    model_config = ConfigDict(frozen=True)

    secret: str | None = None
    pending_until: AwareDatetime | None = None
    taken_at: AwareDatetime | None = None
    version: int = 0


class Verification(BaseModel):
    """What Notion sends once, unsigned, when a subscription is created."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verification_token: str = Field(min_length=16, max_length=200, pattern=r"^[\x21-\x7e]+$")


class Entity(BaseModel):
    """What changed."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z-]+$")
    type: str


class Notice(BaseModel):
    """A notification, as far as it is read: ids only, as it may come late, twice and in any order."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(min_length=1, max_length=64)
    type: str
    workspace_id: str = Field(min_length=1, max_length=64)
    entity: Entity


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether the signature is of these bytes, in constant time."""
    expected = _SCHEME + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
