"""The manifest of providers: one row for each, from which all else follows (docs/adding-an-integration.md).

What the API offers to connect, what consents ask for, which adapters open which accounts, which tokens functions may
read and which packages they carry are read from here. Standard library only, as ``infra/manifest`` reads it too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

# What scopes of Google begin with.
GOOGLE_SCOPE: Final = "https://www.googleapis.com/auth/"


class Access(StrEnum):
    """A part of an account."""

    MAIL = "mail"
    CALENDAR = "calendar"
    CHAT = "chat"
    NOTES = "notes"


@dataclass(frozen=True, slots=True)
class Part:
    """What access to a part of an account takes: the least scopes, and the dependency group of its client.

    ``adapter`` opens the accounts: ``<module of assistant.adapters>:<class>``, whose ``registered`` makes it of the
    registration, access tokens and a clock. What needs more, as for notifications, is made in ``wiring/`` instead.
    """

    scopes: frozenset[str]
    dependencies: str
    adapter: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What is to be said of a provider.

    ``identity`` are the scopes that tell whose account it is, and keep the consent alive while the user is away.
    ``consents`` is where users end the assistant's access. A ``shared_consent`` is of the assistant and the account:
    revoking one takes it from every user who connected the account. ``pkce`` is whether it takes RFC 7636.
    """

    label: str
    consents: str
    parts: Mapping[Access, Part]
    identity: frozenset[str] = frozenset()
    pkce: bool = True
    shared_consent: bool = False


class Provider(StrEnum):
    """Who keeps the account: the value is its name in the API, in ids and in the secret ``oauth-clients``."""

    row: Row

    def __new__(cls, value: str, *row: Row) -> Self:
        """Make the member of a row; by its value alone one is looked up."""
        member = str.__new__(cls, value)
        member._value_ = value
        (member.row,) = row
        return member

    GOOGLE = (
        "google",
        Row(
            label="Google",
            consents="https://myaccount.google.com/connections",
            identity=frozenset({"openid", f"{GOOGLE_SCOPE}userinfo.email"}),
            parts={
                Access.MAIL: Part(frozenset({f"{GOOGLE_SCOPE}gmail.modify"}), "google"),
                Access.CALENDAR: Part(
                    frozenset({f"{GOOGLE_SCOPE}calendar.events", f"{GOOGLE_SCOPE}calendar.freebusy"}), "google"
                ),
            },
            shared_consent=True,
        ),
    )
    MICROSOFT = (
        "microsoft",
        Row(
            label="Microsoft",
            consents="https://myapps.microsoft.com or https://account.live.com/consent/Manage",
            identity=frozenset({"openid", "offline_access", "User.Read"}),
            parts={
                Access.MAIL: Part(frozenset({"Mail.ReadWrite", "Mail.Send"}), "graph"),
                Access.CALENDAR: Part(frozenset({"Calendars.ReadWrite"}), "graph"),
            },
        ),
    )
    SLACK = (
        "slack",
        Row(
            label="Slack",
            consents="the workspace's settings, under apps",
            parts={
                Access.CHAT: Part(
                    frozenset(
                        {"chat:write", "im:write", "im:history", "app_mentions:read", "users:read", "users:read.email"}
                    ),
                    "slack",
                )
            },
            # Slack takes a public client for one with PKCE.
            pkce=False,
            shared_consent=True,
        ),
    )
    NOTION = (
        "notion",
        Row(
            label="Notion",
            consents="Notion's settings, under connections",
            # The integration's capabilities are set where it is registered, and the user picks pages: no scopes.
            parts={Access.NOTES: Part(frozenset(), "notion")},
            pkce=False,
        ),
    )
    IMAP = (
        "imap",
        Row(
            label="IMAP",
            consents="the settings of your company's account",
            identity=frozenset({"openid", "email", "offline_access"}),
            parts={Access.MAIL: Part(frozenset(), "imap", adapter="imap_mail:ImapMailBoxes")},
        ),
    )


def providers_of(part: Access) -> tuple[Provider, ...]:
    """Return the providers whose accounts have such a part."""
    return tuple(provider for provider in Provider if part in provider.row.parts)
