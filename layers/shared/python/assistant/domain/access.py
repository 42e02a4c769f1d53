"""What the assistant was given access to, in the scopes of providers."""

from collections.abc import Iterable
from typing import Final

from assistant.domain.connections import Connection
from assistant.domain.providers import GOOGLE_SCOPE, Access, Provider

_GRAPH: Final = "https://graph.microsoft.com/"
# How providers spell what they were asked for in another way.
_ALIASES: Final = {"email": f"{GOOGLE_SCOPE}userinfo.email", "profile": f"{GOOGLE_SCOPE}userinfo.profile"}


def asked_scopes(provider: Provider, access: Iterable[Access]) -> frozenset[str]:
    """Return the scopes that access to these parts takes; raises KeyError for a part the provider does not have."""
    return provider.row.identity.union(*(provider.row.parts[part].scopes for part in access))


def granted_scopes(provider: Provider, scopes: Iterable[str]) -> frozenset[str]:
    """Return the scopes of a token answer as they were asked for; Microsoft changes their case and their prefix."""
    if provider is Provider.GOOGLE:
        return frozenset(_ALIASES.get(scope, scope) for scope in scopes)
    known = asked_scopes(provider, provider.row.parts)
    spelled = {scope.casefold(): scope for scope in known}
    plain = (scope.removeprefix(_GRAPH) for scope in scopes)
    return frozenset(spelled.get(scope.casefold(), scope) for scope in plain)


def is_open_for(connection: Connection, part: Access) -> bool:
    """Whether the account has such a part, and its user gave access to it."""
    row = connection.provider.row
    return part in row.parts and not missing_scopes(connection.provider, part, connection.scopes)


def missing_scopes(provider: Provider, part: Access, granted: frozenset[str]) -> frozenset[str]:
    """Return the scopes that access to a part still needs."""
    return provider.row.parts[part].scopes - granted
