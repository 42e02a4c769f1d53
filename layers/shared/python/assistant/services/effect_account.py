"""The connected account that an effect acts in."""

from assistant.domain.connections import Connection
from assistant.domain.effects.effect import Effect
from assistant.domain.errors import NotFound
from assistant.ports.connections import ConnectionStore


def account_of(effect: Effect, connections: ConnectionStore) -> Connection:
    """Return the account; raises NotFound where it is no longer connected."""
    found = connections.find(effect.user_id, effect.target.connection_id)
    if found is None:
        raise NotFound("This account is no longer connected.")
    return found
