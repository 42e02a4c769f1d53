"""Access tokens without an authorization server."""

from assistant.domain.connections import Connection
from assistant.domain.errors import ConnectionBroken


class ScriptedTokens:
    """Implements ``ports.AccessTokens``: hands out ``current``; a renewal brings the next of ``renewals``, if any."""

    def __init__(self, current: str, *renewals: str) -> None:
        self.current = current
        self._renewals = list(renewals)
        self.refused: list[str] = []

    def token(self, connection: Connection) -> str:  # noqa: ARG002 all connections have the same
        return self.current

    def renew(self, connection: Connection, refused: str) -> str:  # noqa: ARG002 as above
        self.refused.append(refused)
        if not self._renewals:
            raise ConnectionBroken("The consent is gone.")
        self.current = self._renewals.pop(0)
        return self.current
