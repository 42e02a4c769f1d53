"""Webhooks that a provider was asked for: what its notifications are held against."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Final

# The organisation of all personal accounts at Microsoft, as ID tokens name it; notifications leave it empty:
# https://github.com/microsoftgraph/microsoft-graph-docs/issues/3055
PERSONAL_ACCOUNTS: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"


class Watched(StrEnum):
    """What of a connection is watched."""

    MAIL = "mail"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription of Microsoft Graph, or channel of Google Calendar, by the ``id`` that its notifications name.

    ``secret_hash`` is of the secret they carry, ``resource`` what Google calls the watched calendar, ``tenant`` the
    organisation that Microsoft names.
    """

    id: str
    user_id: str
    connection_id: str
    watched: Watched
    secret_hash: str
    expires_at: datetime
    resource: str | None = None
    tenant: str | None = None

    def knows(self, secret: str) -> bool:
        """Whether a notification carries the secret, in constant time."""
        return compare_digest(self.secret_hash, secret_hash(secret))

    def is_of(self, tenant: str) -> bool:
        """Whether a notification names the organisation; those of personal accounts name none."""
        expected = "" if self.tenant == PERSONAL_ACCOUNTS else self.tenant
        return expected in (None, tenant)


def secret_hash(secret: str) -> str:
    """Return what is kept of a secret; it is random, so nothing slower is needed."""
    return sha256(secret.encode(errors="replace")).hexdigest()
