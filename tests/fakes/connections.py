"""Connections, their tokens and the providers that issue those, in memory."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from assistant.domain.account_round import AccountRound
from assistant.domain.connections import Connection, ConsentGone, connection_id
from assistant.domain.providers import Provider
from assistant.domain.tokens import Consent, GivenConsent, KeptTokens, PendingConsent, TokenSet
from assistant.ports.runtime import Clock
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import Outage

CONNECTED_AT = datetime(2025, 1, 10, 8, tzinfo=UTC)


def google_connection(user_id: str = "user123", account: str = "user123@example.com") -> Connection:
    """An account at Google that may read mail and calendar."""
    return Connection(
        user_id=user_id,
        id=connection_id(Provider.GOOGLE, account),
        provider=Provider.GOOGLE,
        account=account,
        name=account,
        scopes=frozenset({"openid", "https://www.googleapis.com/auth/gmail.modify"}),
        connected_at=CONNECTED_AT,
    )


class MemoryVault:
    """Implements ``ports.TokenVault``."""

    def __init__(self, clock: Clock, outage: Outage | None = None) -> None:
        self._clock = clock
        self._outage = outage or Outage()
        self._lock = threading.Lock()
        self._leases: dict[tuple[str, str], datetime] = {}
        self.kept: dict[tuple[str, str], KeptTokens] = {}

    def read(self, connection: Connection) -> KeptTokens | None:
        self._outage.check()
        return self.kept.get(_name(connection))

    def put(self, connection: Connection, tokens: TokenSet) -> None:
        self._outage.check()
        earlier = self.kept.get(_name(connection))
        self._leases.pop(_name(connection), None)
        self.kept[_name(connection)] = KeptTokens(tokens, earlier.version + 1 if earlier else 1)

    def lease(self, connection: Connection, *, version: int, until: datetime) -> bool:
        self._outage.check()
        with self._lock:
            name, kept = _name(connection), self.kept.get(_name(connection))
            leased = name in self._leases and self._leases[name] > self._clock.now()
            if kept is None or kept.version != version or leased:
                return False
            self._leases[name] = until
            return True

    def release(self, connection: Connection, *, version: int) -> None:
        self._outage.check()
        kept = self.kept.get(_name(connection))
        if kept and kept.version == version:
            self._leases.pop(_name(connection), None)

    def replace(self, connection: Connection, tokens: TokenSet, *, expected_version: int) -> bool:
        self._outage.check()
        with self._lock:
            kept = self.kept.get(_name(connection))
            if kept is None or kept.version != expected_version:
                return False
            self._leases.pop(_name(connection), None)
            self.kept[_name(connection)] = KeptTokens(tokens, expected_version + 1)
            return True


class MemoryConnections:
    """Implements ``ports.ConnectionStore``; forgets tokens of ``vault`` with their connection."""

    def __init__(self, vault: MemoryVault | None = None, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self._vault = vault or MemoryVault(ManualClock())
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], Connection] = {}

    def of_user(self, user_id: str) -> Sequence[Connection]:
        return self._where(lambda one: one.user_id == user_id)

    def find(self, user_id: str, connection_id: str) -> Connection | None:
        self._outage.check()
        return self._kept.get((user_id, connection_id))

    def of_account(self, provider: Provider, account: str) -> Sequence[Connection]:
        return self._where(lambda one: (one.provider, one.account) == (provider, account))

    def of_provider(self, provider: Provider) -> Sequence[Connection]:
        return self._where(lambda one: one.provider is provider)

    def replace(self, connection: Connection, *, expected_version: int) -> bool:
        self._outage.check()
        with self._lock:
            kept = self._kept.get(_name(connection))
            if (kept.version if kept else 0) != expected_version:
                return False
            self._kept[_name(connection)] = connection.model_copy(update={"version": expected_version + 1})
            return True

    def delete(self, connection: Connection) -> None:
        self._outage.check()
        self._kept.pop(_name(connection), None)
        self._vault.kept.pop(_name(connection), None)

    def _where(self, wanted: Callable[[Connection], bool]) -> Sequence[Connection]:
        self._outage.check()
        found = (one for one in self._kept.values() if wanted(one))
        return sorted(found, key=lambda one: (one.connected_at, one.user_id, one.id))


class MemoryRounds:
    """Implements ``ports.AccountRounds``."""

    def __init__(self, outage: Outage | None = None) -> None:
        self._outage = outage or Outage()
        self.kept: dict[str, AccountRound] = {}

    def read(self, name: str) -> AccountRound:
        self._outage.check()
        return self.kept.get(name, AccountRound())

    def keep(self, name: str, kept: AccountRound) -> None:
        self._outage.check()
        self.kept[name] = kept


class MemoryConsents:
    """Implements ``ports.PendingConsents``."""

    def __init__(self, clock: Clock, outage: Outage | None = None) -> None:
        self._clock = clock
        self._outage = outage or Outage()
        self._pending: dict[str, PendingConsent] = {}

    def keep(self, state: str, pending: PendingConsent) -> None:
        self._outage.check()
        self._pending[state] = pending

    def take(self, state: str) -> PendingConsent | None:
        self._outage.check()
        pending = self._pending.pop(state, None)
        return pending if pending and pending.expires_at > self._clock.now() else None


class MemoryGivenConsents:
    """Implements ``ports.GivenConsents``."""

    def __init__(self, clock: Clock, outage: Outage | None = None) -> None:
        self._clock = clock
        self._outage = outage or Outage()
        self._given: dict[tuple[str, str], GivenConsent] = {}

    def keep(self, code: str, given: GivenConsent) -> None:
        self._outage.check()
        self._given[given.connection.user_id, code] = given

    def take(self, user_id: str, code: str) -> GivenConsent | None:
        self._outage.check()
        given = self._given.pop((user_id, code), None)
        return given if given and given.expires_at > self._clock.now() else None


@dataclass
class ScriptedProvider:
    """Implements ``ports.AuthorizationServer`` and ``AuthorizationServers``: one provider whose refresh tokens rotate.

    ``consents`` are what codes stand for, each good once; ``live`` are the refresh tokens it takes, each good once.
    """

    clock: Clock
    outage: Outage = field(default_factory=Outage)
    consents: dict[str, Consent] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)
    can_revoke: bool = True
    revoked: list[str] = field(default_factory=list)
    refreshes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, provider: Provider) -> "ScriptedProvider":
        assert provider
        return self

    def authorization_url(self, state: str, pending: PendingConsent) -> str:
        return f"https://{pending.provider}.example/authorize?state={state}"

    def exchange(self, code: str, pending: PendingConsent) -> Consent:
        assert pending.redirect_uri
        self.outage.check()
        if code not in self.consents:
            raise ConsentGone
        return self.consents.pop(code)

    def refresh(self, tokens: TokenSet) -> TokenSet:
        self.outage.check()
        with self.lock:
            self.refreshes += 1
            if tokens.refresh not in self.live:
                raise ConsentGone
            self.live.remove(tokens.refresh)
            return self.issue(f"{self.refreshes}")

    def revoke(self, tokens: TokenSet) -> bool:
        self.outage.check()
        if self.can_revoke:
            self.revoked.append(tokens.refresh or tokens.access)
        return self.can_revoke

    def issue(self, name: str) -> TokenSet:
        """Return tokens of this name, good for an hour."""
        tokens = TokenSet(f"access-{name}", f"refresh-{name}", self.clock.now() + timedelta(hours=1))
        self.live.add(f"refresh-{name}")
        return tokens


def expired(tokens: TokenSet, now: datetime) -> TokenSet:
    """The tokens as they are once their access token has expired."""
    return replace(tokens, expires_at=now - timedelta(seconds=1))


def _name(connection: Connection) -> tuple[str, str]:
    return connection.user_id, connection.id
