"""Use cases: list connected accounts with what they are open for, and disconnect one."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from pydantic import AwareDatetime, BaseModel

from assistant.domain.access import missing_scopes
from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import Conflict, NotFound, Unavailable
from assistant.domain.mailbox_sync import MailboxSync, SyncReason
from assistant.domain.providers import Access, Provider
from assistant.domain.tokens import in_groups
from assistant.domain.users import Identity
from assistant.ports.connections import AuthorizationServers, ConnectionStore, TokenVault
from assistant.ports.mailbox_sync import MailboxQueue
from assistant.ports.runtime import AuditTrail, Clock

logger = logging.getLogger(__name__)

# What ending a consent takes with the provider slow, and forgetting the account thereafter.
LEAST_SECONDS: Final = 25.0
# What is kept of a part of an account, and when it is gone by itself.
_KEPT: Final[Mapping[Access, tuple[str, str]]] = {
    Access.MAIL: ("What was kept of its mails for meetings", "after 180 days"),
    Access.CALENDAR: ("What was kept of its calendar", "within 100 days"),
}


@dataclass(frozen=True, slots=True)
class ConnectionPorts:
    """The ports connected accounts need."""

    connections: ConnectionStore
    vault: TokenVault
    servers: AuthorizationServers
    audit: AuditTrail
    clock: Clock
    # Made when an account is disconnected: listing sends nothing.
    queues: Callable[[], Mapping[Access, MailboxQueue]]


class PartOfAccount(BaseModel):
    """Whether the assistant has access to a part of an account, and the scopes it still lacks."""

    part: Access
    granted: bool
    missing_scopes: tuple[str, ...]


class ConnectionView(BaseModel):
    """A connected account; a ``broken`` one has to be connected again, nothing of it is lost."""

    connection_id: str
    provider: Provider
    account: str
    name: str
    status: ConnectionStatus
    access: tuple[PartOfAccount, ...]
    scopes: tuple[str, ...]
    connected_at: AwareDatetime
    broken_at: AwareDatetime | None

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """Return what is shown of a connection."""
        missing = {
            part: missing_scopes(connection.provider, part, connection.scopes) for part in connection.provider.row.parts
        }
        return cls(
            connection_id=connection.id,
            provider=connection.provider,
            account=connection.account,
            name=connection.name,
            status=connection.status,
            access=tuple(
                PartOfAccount(part=part, granted=not scopes, missing_scopes=tuple(sorted(scopes)))
                for part, scopes in missing.items()
            ),
            scopes=tuple(sorted(connection.scopes)),
            connected_at=connection.connected_at,
            broken_at=connection.broken_at,
        )

    def told(self, user_id: str, code: str) -> tuple[str, ...]:
        """Return what who just consented is told: whom they let in, and the code; they may not be who asked them to."""
        may = ", ".join(part.part for part in self.access if part.granted)
        not_yet = [
            f"{part.part} (missing: {', '.join(part.missing_scopes)})" for part in self.access if not part.granted
        ]
        return (
            f"The user {user_id} asked to connect {self.name} at {self.provider.row.label} to their assistant.",
            f"They would read and use: {may}." if may else "They could not use anything of it yet.",
            *((f"Not granted: {'; '.join(not_yet)}. It can be granted later by connecting again.",) if not_yet else ()),
            "Nothing is connected yet.",
            f"If you are {user_id}, finish within ten minutes where you began, with this code:",
            in_groups(code),
            f"Please give it to nobody, whoever asks for it: it opens this account to {user_id}.",
            f"If you are not {user_id}, just close this window: nothing is connected then.",
            f"What you allowed can be taken back too: {self.provider.row.consents}.",
        )


class ConnectionList(BaseModel):
    """The connected accounts of a user, the oldest first."""

    user_id: str
    connections: tuple[ConnectionView, ...]


class Disconnected(BaseModel):
    """What became of a disconnected account: its tokens are forgotten here; ``revoked`` tells whether there too."""

    connection_id: str
    revoked: bool
    note: str


def list_connections(user_id: str, caller: Identity, *, ports: ConnectionPorts) -> ConnectionList:
    """Return the accounts a user connected.

    Raises:
        Forbidden: the user is another.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    found = ports.connections.of_user(user_id)
    return ConnectionList(user_id=user_id, connections=tuple(map(ConnectionView.of, found)))


def disconnect(
    user_id: str,
    provider: Provider,
    connection_id: str,
    caller: Identity,
    *,
    seconds_left: Callable[[], float],
    ports: ConnectionPorts,
) -> Disconnected:
    """End the consent at the provider, where it has a way to, and forget the account with its tokens in any case.

    The provider is asked only where there is time for it.

    Raises:
        Forbidden: the user is another.
        NotFound: the account is not connected.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    connection = ports.connections.find(user_id, connection_id)
    if connection is None or connection.provider is not provider:
        raise NotFound("No such account is connected.")
    revoked, note = _revoked(connection, seconds_left, ports)
    ports.connections.delete(connection)
    for part in (part for part in _KEPT if part in provider.row.parts):
        note = f"{note} {_forgotten(part, connection, caller.request_id, ports)}"
    ports.audit.record(
        audit_event(AuditAction.ACCOUNT_DISCONNECTED, caller, ports.clock.now(), subject_id=connection_id)
    )
    return Disconnected(connection_id=connection_id, revoked=revoked, note=note)


def _revoked(connection: Connection, seconds_left: Callable[[], float], ports: ConnectionPorts) -> tuple[bool, str]:
    provider, where = connection.provider.row.label, connection.provider.row.consents
    if _is_shared(connection, ports):
        shared = f"Another user of the assistant is connected to this account, so {provider} keeps the consent."
        return False, f"Your tokens are forgotten here. {shared} To end theirs too, use {where}."
    try:
        kept = ports.vault.read(connection)
        in_time = seconds_left() >= LEAST_SECONDS
        if kept and in_time and ports.servers.of(connection.provider).revoke(kept.tokens):
            return True, f"The tokens are forgotten here and revoked at {provider}."
    except (Unavailable, Conflict):
        logger.warning("a consent could not be revoked at %s", connection.provider)
        return False, f"The tokens are forgotten here, but {provider} did not answer: remove the access at {where}."
    return False, f"The tokens are forgotten here. To end the consent at {provider} too, use {where}."


def _forgotten(part: Access, connection: Connection, request_id: str, ports: ConnectionPorts) -> str:
    """Have the worker forget what was kept of a part of the account, and say so."""
    job_id = f"disconnected-{request_id}"
    job = MailboxSync.of(connection, SyncReason.DISCONNECTED, ports.clock.now(), job_id=job_id)
    kept, until = _KEPT[part]
    try:
        ports.queues()[part].request([job])
    except Unavailable:
        logger.warning("what was kept of a disconnected account stays", extra={"connection_id": connection.id})
        return f"{kept} could not be forgotten now and is {until}."
    return f"{kept} is being forgotten."


def _is_shared(connection: Connection, ports: ConnectionPorts) -> bool:
    if not connection.provider.row.shared_consent:
        return False
    others = ports.connections.of_account(connection.provider, connection.account)
    return any(one.user_id != connection.user_id for one in others)
