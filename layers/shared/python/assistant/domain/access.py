"""What of an account the assistant may be given access to, and the least scopes that takes."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from assistant.domain.connections import Connection, Provider

_GOOGLE = "https://www.googleapis.com/auth/"
_GRAPH = "https://graph.microsoft.com/"
# How providers spell what they were asked for in another way.
_ALIASES: Final = {"email": f"{_GOOGLE}userinfo.email", "profile": f"{_GOOGLE}userinfo.profile"}


class Access(StrEnum):
    """A part of an account."""

    MAIL = "mail"
    CALENDAR = "calendar"
    CHAT = "chat"
    NOTES = "notes"


# What tells whose account it is, and keeps the consent alive while the user is away.
IDENTITY: Final[Mapping[Provider, frozenset[str]]] = {
    Provider.GOOGLE: frozenset({"openid", f"{_GOOGLE}userinfo.email"}),
    Provider.MICROSOFT: frozenset({"openid", "offline_access", "User.Read"}),
    Provider.SLACK: frozenset(),
    Provider.NOTION: frozenset(),
}
SCOPES: Final[Mapping[Provider, Mapping[Access, frozenset[str]]]] = {
    Provider.GOOGLE: {
        Access.MAIL: frozenset({f"{_GOOGLE}gmail.modify"}),
        Access.CALENDAR: frozenset({f"{_GOOGLE}calendar.events", f"{_GOOGLE}calendar.freebusy"}),
    },
    Provider.MICROSOFT: {
        Access.MAIL: frozenset({"Mail.ReadWrite", "Mail.Send"}),
        Access.CALENDAR: frozenset({"Calendars.ReadWrite"}),
    },
    Provider.SLACK: {
        Access.CHAT: frozenset(
            {"chat:write", "im:write", "im:history", "app_mentions:read", "users:read", "users:read.email"}
        )
    },
    # The integration's capabilities are set where it is registered, and the user picks pages: there are no scopes.
    Provider.NOTION: {Access.NOTES: frozenset()},
}


def asked_scopes(provider: Provider, access: Iterable[Access]) -> frozenset[str]:
    """Return the scopes that access to these parts takes; raises KeyError for a part the provider does not have."""
    return IDENTITY[provider].union(*(SCOPES[provider][part] for part in access))


def granted_scopes(provider: Provider, scopes: Iterable[str]) -> frozenset[str]:
    """Return the scopes of a token answer as they were asked for; Microsoft changes their case and their prefix."""
    if provider is Provider.GOOGLE:
        return frozenset(_ALIASES.get(scope, scope) for scope in scopes)
    known = IDENTITY[provider].union(*SCOPES[provider].values())
    spelled = {scope.casefold(): scope for scope in known}
    plain = (scope.removeprefix(_GRAPH) for scope in scopes)
    return frozenset(spelled.get(scope.casefold(), scope) for scope in plain)


def providers_of(part: Access) -> tuple[Provider, ...]:
    """Return the providers whose accounts have such a part."""
    return tuple(provider for provider in Provider if part in SCOPES[provider])


def is_open_for(connection: Connection, part: Access) -> bool:
    """Whether the account has such a part, and its user gave access to it."""
    return part in SCOPES[connection.provider] and not missing_scopes(connection.provider, part, connection.scopes)


def missing_scopes(provider: Provider, part: Access, granted: frozenset[str]) -> frozenset[str]:
    """Return the scopes that access to a part still needs."""
    return SCOPES[provider][part] - granted
