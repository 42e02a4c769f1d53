"""Access tokens of connections, renewed by one worker at a time and kept before they are used.

Some providers accept a refresh token once. Who renews takes a lease that outlasts every timeout; others go on with the
token they have, or wait for the new one. A refusal counts only while what is kept has not changed meanwhile. It breaks
the connection, of which ``tell_of_broken`` tells the user.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Never

from assistant.domain.connections import Connection, ConnectionStatus, ConsentGone
from assistant.domain.errors import ConnectionBroken, Unavailable
from assistant.domain.tokens import LEAST, RENEWED_AHEAD, KeptTokens, TokenSet
from assistant.ports.connections import AuthorizationServers, ConnectionStore, TokenVault
from assistant.ports.runtime import Clock

logger = logging.getLogger(__name__)

LEASED_FOR: Final = timedelta(seconds=30)
_LOOK_AGAIN_SECONDS: Final = 0.25
_LOOKS: Final = 40
_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class TokenPorts:
    """The ports access tokens need."""

    store: ConnectionStore
    vault: TokenVault
    servers: AuthorizationServers
    clock: Clock
    pause: Callable[[float], None] = time.sleep


class VaultedTokens:
    """Implements ``ports.AccessTokens``."""

    def __init__(self, ports: TokenPorts) -> None:
        self._ports = ports

    def token(self, connection: Connection) -> str:
        """Return a token that is good for a minute at least; the present one where it cannot be renewed just now."""
        kept = self._kept(connection)
        now = self._ports.clock.now()
        if kept.tokens.lasts(now + RENEWED_AHEAD):
            return kept.tokens.access
        if not kept.tokens.lasts(now + LEAST):
            return self._renewed(connection, kept, looks=_LOOKS).access
        try:
            return self._renewed(connection, kept, looks=0).access
        except Unavailable:
            return kept.tokens.access

    def renew(self, connection: Connection, refused: str) -> str:
        """Return a token other than the refused one."""
        kept = self._kept(connection)
        if kept.tokens.access != refused:
            return kept.tokens.access
        return self._renewed(connection, kept, looks=_LOOKS).access

    def give_up(self, connection: Connection, refused: str) -> Never:
        """Break the connection whose renewed token is refused, as of one whose user is suspended."""
        kept = self._kept(connection)
        if kept.tokens.access == refused:
            self._break(connection, kept)
        raise Unavailable("The account is being opened elsewhere. Please try again shortly.")

    def _kept(self, connection: Connection) -> KeptTokens:
        kept = self._ports.vault.read(connection)
        if kept is None:
            raise ConnectionBroken("This account is not connected any more.")
        return kept

    def _renewed(self, connection: Connection, kept: KeptTokens, *, looks: int) -> TokenSet:
        """Renew, or look as often for what another worker renews."""
        vault, clock = self._ports.vault, self._ports.clock
        while not vault.lease(connection, version=kept.version, until=clock.now() + LEASED_FOR):
            current = self._kept(connection)
            if current.version != kept.version:
                return current.tokens
            if looks == 0:
                raise Unavailable("The account is being opened elsewhere. Please try again shortly.")
            looks -= 1
            self._ports.pause(_LOOK_AGAIN_SECONDS)
        return self._refreshed(connection, kept)

    def _refreshed(self, connection: Connection, kept: KeptTokens) -> TokenSet:
        if kept.tokens.refresh is None:
            return self._refused(connection, kept)
        try:
            fresh = self._ports.servers.of(connection.provider).refresh(kept.tokens)
        except ConsentGone:
            return self._refused(connection, kept)
        except Exception:
            self._ports.vault.release(connection, version=kept.version)
            raise
        if self._keep(connection, fresh, kept.version):
            return fresh
        # The user consented anew meanwhile, or disconnected.
        return self._kept(connection).tokens

    def _keep(self, connection: Connection, fresh: TokenSet, version: int) -> bool:
        """A refresh token that is lost here may be the only one the provider still takes."""
        for attempt in range(_ATTEMPTS):
            try:
                return self._ports.vault.replace(connection, fresh, expected_version=version)
            except Unavailable:
                if attempt == _ATTEMPTS - 1:
                    raise
                self._ports.pause(_LOOK_AGAIN_SECONDS * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    def _refused(self, connection: Connection, kept: KeptTokens) -> TokenSet:
        try:
            return self._break(connection, kept).tokens
        finally:
            self._ports.vault.release(connection, version=kept.version)

    def _break(self, connection: Connection, kept: KeptTokens) -> KeptTokens:
        """Break the connection, or return what is kept since another consent."""
        for _ in range(_ATTEMPTS):
            # Before its tokens: a consent that is kept in between changes the version.
            found = self._ports.store.find(connection.user_id, connection.id)
            current = self._kept(connection)
            if found is None or current.version != kept.version:
                return current
            if found.status is ConnectionStatus.BROKEN or self._broken(found):
                raise ConnectionBroken(f"{connection.name} has to be connected again: the consent has ended.")
        raise Unavailable("The account is being changed elsewhere. Please try again shortly.")

    def _broken(self, found: Connection) -> bool:
        broken = found.model_copy(update={"status": ConnectionStatus.BROKEN, "broken_at": self._ports.clock.now()})
        if not self._ports.store.replace(broken, expected_version=found.version):
            return False
        logger.warning("a connection is broken", extra={"provider": found.provider, "connection": found.id})
        return True
