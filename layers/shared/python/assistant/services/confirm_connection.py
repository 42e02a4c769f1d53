"""Use case: confirm a consent, which connects its account: a new one, or one that is connected already, anew.

Who asked sends what only who consented was shown, so that both are one person, or the one told the other.
"""

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.connections import Connection
from assistant.domain.errors import Conflict, NotFound
from assistant.domain.tokens import GivenConsent, out_of_groups
from assistant.domain.users import Identity
from assistant.ports.connections import ConnectionStore, GivenConsents, TokenVault
from assistant.ports.runtime import AuditTrail, Clock

_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class ConfirmPorts:
    """The ports confirming needs."""

    connections: ConnectionStore
    vault: TokenVault
    given: GivenConsents
    audit: AuditTrail
    clock: Clock


class Confirmation(BaseModel):
    """What the page after a consent showed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(min_length=1, max_length=64, description="Good once, within ten minutes of the consent")


def confirm_consent(user_id: str, sent: Confirmation, caller: Identity, *, ports: ConfirmPorts) -> Connection:
    """Connect the account whose consent the code confirms.

    Raises:
        Forbidden: the user is another.
        NotFound: no consent that this user asked for waits under the code.
        Conflict: the account kept changing meanwhile.
        Unavailable: the store is down; the user has to begin anew.
    """
    caller.must_be(user_id)
    given = ports.given.take(user_id, out_of_groups(sent.code))
    if given is None:
        raise NotFound("Nothing that you asked for waits under this code: it is wrong, was used or has expired.")
    connection = _kept(given, ports)
    ports.audit.record(audit_event(AuditAction.ACCOUNT_CONNECTED, caller, ports.clock.now(), subject_id=connection.id))
    return connection


def _kept(given: GivenConsent, ports: ConfirmPorts) -> Connection:
    """Keep the tokens first: a connection that is listed can be opened."""
    for _ in range(_ATTEMPTS):
        found = ports.connections.find(given.connection.user_id, given.connection.id)
        version = found.version if found else 0
        earlier = {"connected_at": found.connected_at} if found else {}
        connection = given.connection.model_copy(update={"version": version + 1, **earlier})
        ports.vault.put(connection, given.tokens)
        if ports.connections.replace(connection, expected_version=version):
            return connection
    raise Conflict("The account is being changed elsewhere. Please start again.")
