"""Access tokens without an authorization server."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Never

from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import ConnectionBroken, Unavailable
from assistant.domain.providers import Provider

USER = "user123"


def connection(connection_id: str = "c1", **fields: object) -> Connection:
    """Return a mailbox at Google; ``fields`` differ."""
    known: dict[str, object] = {
        "user_id": USER,
        "id": connection_id,
        "provider": Provider.GOOGLE,
        "account": "user@company.com",
        "name": "Work",
        "scopes": frozenset({"https://www.googleapis.com/auth/gmail.modify"}),
        "connected_at": datetime(2025, 1, 15, 10, tzinfo=UTC),
    }
    return Connection.model_validate(known | fields)


class NumberedTokens:
    """Implements ``ports.AccessTokens``: ``token-1``, and the next one each time one was refused."""

    def __init__(self) -> None:
        self.issued = 1
        self.revoked = False
        self.given_up: list[tuple[str, str]] = []

    def token(self, connection: Connection) -> str:
        if self.revoked or connection.status is ConnectionStatus.BROKEN:
            raise ConnectionBroken("The account has to be connected again.")
        return f"token-{self.issued}"

    def renew(self, connection: Connection, refused: str) -> str:
        if refused == self.token(connection):
            self.issued += 1
        return self.token(connection)

    def give_up(self, connection: Connection, refused: str) -> Never:
        self.given_up.append((connection.id, refused))
        raise ConnectionBroken("The account has to be connected again.")


class ScriptedTokens:
    """Implements ``ports.AccessTokens``: hands out ``current``; a renewal brings the next of ``renewals``, if any."""

    def __init__(self, current: str, *renewals: str) -> None:
        self.current = current
        self._renewals = list(renewals)
        self.refused: list[str] = []
        self.given_up: list[tuple[str, str]] = []

    def token(self, connection: Connection) -> str:  # noqa: ARG002 all connections have the same
        return self.current

    def renew(self, connection: Connection, refused: str) -> str:  # noqa: ARG002 as above
        self.refused.append(refused)
        if not self._renewals:
            raise ConnectionBroken("The consent is gone.")
        self.current = self._renewals.pop(0)
        return self.current

    def give_up(self, connection: Connection, refused: str) -> Never:
        self.given_up.append((connection.id, refused))
        raise ConnectionBroken("The consent is gone.")


@dataclass
class FixedTokens:
    """Implements ``ports.AccessTokens``: what each refused token is renewed to, and how the provider feels."""

    access: str = "access-token"
    broken: bool = False
    down: bool = False
    renewed: int = 0
    given_up: list[tuple[str, str]] = field(default_factory=list)

    def token(self, connection: Connection) -> str:
        assert connection
        if self.broken:
            raise ConnectionBroken("connect it again")
        if self.down:
            raise Unavailable("down")
        return self.access

    def renew(self, connection: Connection, refused: str) -> str:
        self.token(connection)
        if refused == self.access:
            self.renewed += 1
            self.access = f"access-token-{self.renewed}"
        return self.access

    def give_up(self, connection: Connection, refused: str) -> Never:
        self.given_up.append((connection.id, refused))
        raise ConnectionBroken("connect it again")
