"""Use cases: ask a user to open an account to the assistant, and take what the provider sends back.

The state says who asked: the callback has no access token. It is good once, ten minutes, for one provider. Who
consented may be another, lured there: the account waits until who asked confirms it with the code shown to the other.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from assistant.domain.access import asked_scopes
from assistant.domain.connections import Connection, ConsentGone, connection_id
from assistant.domain.errors import Conflict, FieldError, Forbidden, InvalidRequest, NotFound
from assistant.domain.providers import Access, Provider
from assistant.domain.tokens import (
    PENDING_FOR,
    Consent,
    GivenConsent,
    PendingConsent,
    confirmation_code,
    unguessable,
)
from assistant.domain.users import Identity
from assistant.ports.connections import AuthorizationServers, ConnectionStore, GivenConsents, PendingConsents
from assistant.ports.runtime import Clock

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

    consents: PendingConsents
    given: GivenConsents
    servers: AuthorizationServers
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
    """Where the user opens the account, within the time, and where they send the code that they are shown then."""

    provider: Provider
    authorization_url: str
    scopes: tuple[str, ...]
    expires_at: AwareDatetime
    confirmation: str = Field(description='The code goes here, as {"code": "..."}')


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
    return ConsentAsked(
        provider=provider,
        authorization_url=url,
        scopes=tuple(sorted(scopes)),
        expires_at=expires_at,
        confirmation=f"/api/v1/users/{quote(user_id, safe='')}/connections/confirm",
    )


def complete_consent(provider: Provider, answer: ProviderAnswer, *, ports: CompletePorts) -> tuple[Connection, str]:
    """Exchange the code and keep what it opens aside; return the connection as it would be, and the code to confirm it.

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
    given, code = _given(pending, consent, ports.clock), confirmation_code()
    ports.given.keep(code, given)
    return given.connection, code


def _given(pending: PendingConsent, consent: Consent, clock: Clock) -> GivenConsent:
    now = clock.now()
    connection = Connection(
        user_id=pending.user_id,
        id=connection_id(pending.provider, consent.account, consent.tenant),
        provider=pending.provider,
        account=consent.account,
        tenant=consent.tenant,
        member=consent.member,
        name=consent.name,
        scopes=consent.scopes,
        connected_at=now,
    )
    return GivenConsent(connection, consent.tokens, expires_at=now + PENDING_FOR)


def _present(user_id: str, provider: Provider, wanted: AccessRequest, ports: AskPorts) -> Connection:
    found = ports.connections.find(user_id, wanted.connection_id or "")
    if found is None or found.provider is not provider:
        raise NotFound("No such account is connected.")
    return found
