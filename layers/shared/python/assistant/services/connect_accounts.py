"""Use cases: ask a user to open an account to the assistant, and take what the provider sends back.

The state says whose consent it is: the callback has no access token. It is good once, ten minutes, for one provider.
"""

from dataclasses import dataclass
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from assistant.domain.access import asked_scopes
from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.connections import Connection, ConsentGone, connection_id
from assistant.domain.errors import Conflict, FieldError, Forbidden, InvalidRequest, NotFound
from assistant.domain.providers import Access, Provider
from assistant.domain.tokens import PENDING_FOR, Consent, PendingConsent, unguessable
from assistant.domain.users import Identity
from assistant.ports.connections import AuthorizationServers, ConnectionStore, PendingConsents, TokenVault
from assistant.ports.runtime import AuditTrail, Clock

_ATTEMPTS: Final = 3
_LONGEST_CODE: Final = 8192


@dataclass(frozen=True, slots=True)
class AskPorts:
    """The ports asking for a consent needs."""

    connections: ConnectionStore
    consents: PendingConsents
    servers: AuthorizationServers
    clock: Clock


@dataclass(frozen=True, slots=True)
class CompletePorts:
    """The ports taking a consent needs."""

    connections: ConnectionStore
    vault: TokenVault
    consents: PendingConsents
    servers: AuthorizationServers
    audit: AuditTrail
    clock: Clock


class AccessRequest(BaseModel):
    """What the assistant is to be given access to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    access: tuple[Access, ...] | None = Field(
        default=None, max_length=4, description="Parts of the account; all that the provider has unless told"
    )
    connection_id: str | None = Field(
        default=None, max_length=64, description="An account that is connected, to ask for more of it or anew"
    )


class ConsentAsked(BaseModel):
    """Where the user opens the account, within the time."""

    provider: Provider
    authorization_url: str
    scopes: tuple[str, ...]
    expires_at: AwareDatetime


class ProviderAnswer(BaseModel):
    """What a provider sends the user back with (RFC 6749, 4.1.2)."""

    model_config = ConfigDict(frozen=True)

    state: str | None = Field(default=None, max_length=512)
    code: str | None = Field(default=None, max_length=_LONGEST_CODE)
    error: str | None = Field(default=None, max_length=512)


def ask_consent(
    user_id: str, provider: Provider, wanted: AccessRequest, caller: Identity, *, address: str, ports: AskPorts
) -> ConsentAsked:
    """Return where the user opens an account to the assistant; ``address`` is that of this API.

    Raises:
        Forbidden: the user is another.
        InvalidRequest: the provider does not have a part that is asked for.
        NotFound: the account that is to be opened further is not connected.
        Conflict: the provider is not set up.
        Unavailable: the store, the secret with the registration, or the provider that says where to ask, is down.
    """
    caller.must_be(user_id)
    had = provider.row.parts
    parts = had if wanted.access is None else wanted.access
    unknown = tuple(
        FieldError(f"access[{index}]", f"must be {' or '.join(had)}")
        for index, part in enumerate(parts)
        if part not in had
    )
    if unknown:
        raise InvalidRequest(f"{provider.row.label} does not have that.", errors=unknown)
    present = _present(user_id, provider, wanted, ports) if wanted.connection_id else None
    scopes = asked_scopes(provider, parts) | (present.scopes if present else frozenset())
    state, expires_at = unguessable(), ports.clock.now() + PENDING_FOR
    pending = PendingConsent(
        user_id=user_id,
        provider=provider,
        redirect_uri=f"{address}/api/v1/connections/{provider}/callback",
        scopes=scopes,
        verifier=unguessable() if provider.row.pkce else None,
        login_hint=present.account if present and provider.row.identity else None,
        expires_at=expires_at,
    )
    url = ports.servers.of(provider).authorization_url(state, pending)
    ports.consents.keep(state, pending)
    return ConsentAsked(provider=provider, authorization_url=url, scopes=tuple(sorted(scopes)), expires_at=expires_at)


def complete_consent(
    provider: Provider, answer: ProviderAnswer, request_id: str, *, ports: CompletePorts
) -> Connection:
    """Exchange the code and keep the account; one that is connected already is connected anew.

    Raises:
        InvalidRequest: the state or the code is unknown, used, expired or for another provider.
        Forbidden: the user did not consent.
        Conflict: the provider refused to ask, or is not set up.
        Unavailable: the provider or the store is down; the user has to begin anew.
    """
    pending = ports.consents.take(answer.state) if answer.state else None
    if pending is None or pending.provider is not provider:
        raise InvalidRequest("This link was used already, has expired or is not one of ours.")
    if answer.error == "access_denied":
        raise Forbidden("You did not allow it, so nothing was connected.")
    if answer.error or not answer.code:
        raise Conflict(f"{provider.row.label} refused to open the account, so nothing was connected.")
    try:
        consent = ports.servers.of(provider).exchange(answer.code, pending)
    except ConsentGone:
        raise InvalidRequest("This link was used already or took too long.") from None
    connection = _kept(pending, consent, ports)
    caller = Identity(pending.user_id, request_id)
    ports.audit.record(audit_event(AuditAction.ACCOUNT_CONNECTED, caller, ports.clock.now(), subject_id=connection.id))
    return connection


def _present(user_id: str, provider: Provider, wanted: AccessRequest, ports: AskPorts) -> Connection:
    found = ports.connections.find(user_id, wanted.connection_id or "")
    if found is None or found.provider is not provider:
        raise NotFound("No such account is connected.")
    return found


def _kept(pending: PendingConsent, consent: Consent, ports: CompletePorts) -> Connection:
    """Keep the tokens first: a connection that is listed can be opened."""
    name = connection_id(pending.provider, consent.account, consent.tenant)
    for _ in range(_ATTEMPTS):
        found = ports.connections.find(pending.user_id, name)
        version = found.version if found else 0
        connection = Connection(
            user_id=pending.user_id,
            id=name,
            provider=pending.provider,
            account=consent.account,
            tenant=consent.tenant,
            member=consent.member,
            name=consent.name,
            scopes=consent.scopes,
            connected_at=found.connected_at if found else ports.clock.now(),
            version=version + 1,
        )
        ports.vault.put(connection, consent.tokens)
        if ports.connections.replace(connection, expected_version=version):
            return connection
    raise Conflict("The account is being changed elsewhere. Please start again.")
