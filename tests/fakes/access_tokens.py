"""Access tokens without an authorization server."""

from datetime import UTC, datetime

from assistant.domain.connections import Connection, ConnectionStatus, Provider
from assistant.domain.errors import ConnectionBroken

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

    def token(self, connection: Connection) -> str:
        if self.revoked or connection.status is ConnectionStatus.BROKEN:
            raise ConnectionBroken("The account has to be connected again.")
        return f"token-{self.issued}"

    def renew(self, connection: Connection, refused: str) -> str:
        if refused == self.token(connection):
            self.issued += 1
        return self.token(connection)
