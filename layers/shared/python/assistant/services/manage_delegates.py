"""Use cases: a user names delegates, lists them and whom they act for, and ends a delegation; the user alone may."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.delegations import MOST_DELEGATES, Delegation
from assistant.domain.errors import Conflict, FieldError, InvalidRequest, NotFound
from assistant.domain.users import Identity, UserId
from assistant.ports.delegations import DelegationStore
from assistant.ports.runtime import AuditTrail, Clock


@dataclass(frozen=True, slots=True)
class DelegatePorts:
    """The ports delegations need."""

    delegations: DelegationStore
    audit: AuditTrail
    clock: Clock


class DelegationRequest(BaseModel):
    """How long a delegate may act."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expires_at: AwareDatetime | None = Field(default=None, description="Until when; null until it is ended")


class DelegatorQuery(BaseModel):
    """Which page of the users somebody acts for."""

    model_config = ConfigDict(frozen=True)

    limit: int = Field(default=50, ge=1, le=100)
    cursor: UserId | None = Field(default=None, description="The next_cursor of the page before")


class DelegatorList(BaseModel):
    """Whom the user may act for; ``next_cursor`` asks for what follows."""

    user_id: str
    delegators: tuple[Delegation, ...]
    next_cursor: str | None = None


class DelegateList(BaseModel):
    """Who may act for the user."""

    user_id: str
    delegates: tuple[Delegation, ...]


def list_delegates(user_id: str, caller: Identity, *, ports: DelegatePorts) -> DelegateList:
    """Return the delegations that hold, by delegate.

    Raises:
        Forbidden: the caller is another user.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    return DelegateList(user_id=user_id, delegates=_delegates(user_id, ports))


def list_delegators(user_id: str, page: DelegatorQuery, caller: Identity, *, ports: DelegatePorts) -> DelegatorList:
    """Return the delegations to the user that hold, by who gave them.

    Raises:
        Forbidden: the caller is another user.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    found = ports.delegations.to_delegate(user_id, after=page.cursor, limit=page.limit)
    last = found[-1].user_id if len(found) == page.limit else None
    return DelegatorList(user_id=user_id, delegators=_holding(found, ports), next_cursor=last)


def name_delegate(
    user_id: str, delegate_id: str, wanted: DelegationRequest, caller: Identity, *, ports: DelegatePorts
) -> Delegation:
    """Let the delegate act for the user from now on; named again, only the end changes.

    Raises:
        Forbidden: the caller is another user.
        InvalidRequest: the delegate is the user, or the end is past; names the field.
        Conflict: the user has as many delegates as there may be.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    now = ports.clock.now()
    _require_sense(user_id, delegate_id, wanted, now=now)
    holding = {one.delegate_id: one for one in _delegates(user_id, ports)}
    known = holding.get(delegate_id)
    if known and known.expires_at == wanted.expires_at:
        return known
    if known is None and len(holding) >= MOST_DELEGATES:
        raise Conflict(f"A user has at most {MOST_DELEGATES} delegates. End a delegation first.")
    delegation = Delegation(
        user_id=user_id,
        delegate_id=delegate_id,
        given_at=known.given_at if known else now,
        expires_at=wanted.expires_at,
    )
    ports.delegations.put(delegation)
    ports.audit.record(audit_event(AuditAction.DELEGATE_NAMED, caller, now, subject_id=delegate_id))
    return delegation


def end_delegation(user_id: str, delegate_id: str, caller: Identity, *, ports: DelegatePorts) -> None:
    """Let the delegate act for the user no longer, from their next request on.

    Raises:
        Forbidden: the caller is another user.
        NotFound: they are no delegate of the user.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    now = ports.clock.now()
    known = ports.delegations.find(user_id, delegate_id)
    if known is None or not known.holds(now):
        raise NotFound("There is no such delegate.")
    ports.delegations.delete(user_id, delegate_id)
    ports.audit.record(audit_event(AuditAction.DELEGATION_ENDED, caller, now, subject_id=delegate_id))


def _delegates(user_id: str, ports: DelegatePorts) -> tuple[Delegation, ...]:
    return _holding(ports.delegations.of_user(user_id), ports)


def _holding(delegations: Iterable[Delegation], ports: DelegatePorts) -> tuple[Delegation, ...]:
    now = ports.clock.now()
    return tuple(one for one in delegations if one.holds(now))


def _require_sense(user_id: str, delegate_id: str, wanted: DelegationRequest, *, now: AwareDatetime) -> None:
    if delegate_id == user_id:
        raise InvalidRequest(
            "You act for yourself anyway.", errors=(FieldError("delegate_id", "must be another user"),)
        )
    if wanted.expires_at and wanted.expires_at <= now:
        raise InvalidRequest("The delegation would be over already.", errors=(FieldError("expires_at", "is past"),))
