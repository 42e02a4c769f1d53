"""Connected accounts, their tokens and the providers that issue those."""

from functools import cached_property, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from assistant.runtime.settings import needed
from assistant.wiring.notifications import NotificationWiring

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assistant.adapters.kms_envelope import KmsEnvelope
    from assistant.adapters.oauth_clients import OAuthClients
    from assistant.domain.providers import Access, Provider
    from assistant.ports.account_rounds import AccountRounds
    from assistant.ports.connections import (
        AccessTokens,
        AuthorizationServers,
        ConnectionStore,
        GivenConsents,
        PendingConsents,
        TokenVault,
    )
    from assistant.ports.mailbox_sync import MailboxQueue
    from assistant.ports.subscriptions import SubscriptionStore
    from assistant.services.confirm_connection import ConfirmPorts
    from assistant.services.connect_accounts import AskPorts, CompletePorts
    from assistant.services.manage_connections import ConnectionPorts
    from assistant.services.tell_of_broken import TellOfBrokenPorts


class ConnectionWiring(NotificationWiring):
    """Connected accounts, their tokens and the providers that issue those."""

    @cached_property
    def connections(self) -> "ConnectionStore":
        """Connected accounts; one attempt, as users and queues come again."""
        from assistant.adapters.dynamo_connections import DynamoConnections

        return DynamoConnections(self._impatient_table)

    @cached_property
    def token_vault(self) -> "TokenVault":
        """Tokens of connected accounts."""
        from assistant.adapters.dynamo_tokens import DynamoTokenVault

        return DynamoTokenVault(self._impatient_table, self._envelope, self.clock)

    @cached_property
    def _envelope(self) -> "KmsEnvelope":
        """What tokens are encrypted with."""
        from assistant.adapters.kms_envelope import KmsEnvelope, kms_client

        return KmsEnvelope(needed("TOKENS_KEY_ARN", self.settings.tokens_key_arn), kms_client())

    @cached_property
    def pending_consents(self) -> "PendingConsents":
        """Consents that were asked for."""
        from assistant.adapters.dynamo_consents import DynamoPendingConsents

        return DynamoPendingConsents(self._impatient_table, self.clock)

    @cached_property
    def given_consents(self) -> "GivenConsents":
        """Consents that wait to be confirmed."""
        from assistant.adapters.dynamo_given_consents import DynamoGivenConsents

        return DynamoGivenConsents(self._impatient_table, self._envelope, self.clock)

    @cached_property
    def subscriptions(self) -> "SubscriptionStore":
        """Webhooks that providers were asked for."""
        from assistant.adapters.dynamo_subscriptions import DynamoSubscriptions

        return DynamoSubscriptions(self._table)

    @cached_property
    def account_rounds(self) -> "AccountRounds":
        """Whose turn it is where a run has no time for all accounts."""
        from assistant.adapters.dynamo_account_rounds import DynamoAccountRounds

        return DynamoAccountRounds(self._table)

    @cached_property
    def authorization_servers(self) -> "AuthorizationServers":
        """The providers' OAuth endpoints."""
        from assistant.adapters.oauth_providers import OAuthProviders
        from assistant.adapters.oauth_server import Addresses

        settings = self.settings
        addresses = Addresses(
            google_accounts=settings.google_accounts_url,
            google_oauth=settings.google_oauth_url,
            microsoft_login=settings.microsoft_login_url,
            microsoft_graph=settings.microsoft_graph_url,
            slack=settings.slack_url,
            notion=settings.notion_url,
        )
        return OAuthProviders(self.oauth_clients, self.clock, addresses)

    @cached_property
    def oauth_clients(self) -> "OAuthClients":
        """The assistant's registrations at the providers."""
        from assistant.adapters.oauth_clients import OAuthClients
        from assistant.adapters.secrets import ApiKey

        return OAuthClients(ApiKey(self.settings.oauth_clients, self.settings.oauth_secret_arn))

    @cached_property
    def access_tokens(self) -> "AccessTokens":
        """Access tokens of connected accounts, renewed in time."""
        from assistant.services.access_tokens import TokenPorts, VaultedTokens

        return VaultedTokens(TokenPorts(self.connections, self.token_vault, self.authorization_servers, self.clock))

    @cached_property
    def tell_of_broken_ports(self) -> "TellOfBrokenPorts":
        """What telling of broken accounts needs."""
        from assistant.services.tell_of_broken import TellOfBrokenPorts

        return TellOfBrokenPorts(self.connections, self.notifier, self.clock)

    def accounts_by_row(self, part: "Access") -> "Mapping[Provider, Callable[[], Any]]":
        """What opens the accounts of providers whose rows name an adapter for this part, imported on first use."""
        from assistant.domain.providers import providers_of

        named = {provider: provider.row.parts[part].adapter for provider in providers_of(part)}
        return {provider: partial(self._opener, provider, adapter) for provider, adapter in named.items() if adapter}

    def _opener(self, provider: "Provider", adapter: str) -> object:
        module, _, name = adapter.partition(":")
        kind = getattr(import_module(f"assistant.adapters.{module}"), name)
        return kind.registered(self.oauth_clients.of(provider), self.access_tokens, self.clock)

    @cached_property
    def ask_ports(self) -> "AskPorts":
        """What asking for a consent needs."""
        from assistant.services.connect_accounts import AskPorts

        return AskPorts(self.connections, self.pending_consents, self.authorization_servers, self.clock)

    @cached_property
    def complete_ports(self) -> "CompletePorts":
        """What taking a consent needs."""
        from assistant.services.connect_accounts import CompletePorts

        return CompletePorts(self.pending_consents, self.given_consents, self.authorization_servers, self.clock)

    @cached_property
    def confirm_ports(self) -> "ConfirmPorts":
        """What confirming a consent needs."""
        from assistant.services.confirm_connection import ConfirmPorts

        return ConfirmPorts(self.connections, self.token_vault, self.given_consents, self.audit_trail, self.clock)

    @cached_property
    def mailbox_queue(self) -> "MailboxQueue":
        """Mailboxes to be looked at; one attempt, as who asks comes again."""
        from assistant.adapters.sqs_audit import sqs_client
        from assistant.adapters.sqs_mailboxes import SqsMailboxes

        return SqsMailboxes(needed("MAILBOXES_QUEUE_URL", self.settings.mailboxes_queue_url), sqs_client(attempts=1))

    @cached_property
    def calendar_queue(self) -> "MailboxQueue":
        """Calendars to be looked at; one attempt, as for mailboxes."""
        from assistant.adapters.sqs_audit import sqs_client
        from assistant.adapters.sqs_mailboxes import SqsMailboxes

        return SqsMailboxes(needed("CALENDARS_QUEUE_URL", self.settings.calendars_queue_url), sqs_client(attempts=1))

    @property
    def account_queues(self) -> "Mapping[Access, MailboxQueue]":
        """Where looks at what is followed of an account are asked for."""
        from assistant.domain.providers import Access

        return {Access.MAIL: self.mailbox_queue, Access.CALENDAR: self.calendar_queue}

    @cached_property
    def connection_ports(self) -> "ConnectionPorts":
        """What listing and disconnecting accounts needs."""
        from assistant.services.manage_connections import ConnectionPorts

        return ConnectionPorts(
            self.connections,
            self.token_vault,
            self.authorization_servers,
            self.audit_trail,
            self.clock,
            queues=lambda: self.account_queues,
        )

    def webhook(self, path: str, provider_url: str) -> str | None:
        """Return where a provider sends notifications; None where it cannot."""
        address = self.settings.public_url
        # It sends them by https alone; what stands in for it on this machine, to an address on this machine.
        return f"{address}{path}" if address and _scheme(address) == _scheme(provider_url) else None


def _scheme(address: str) -> str:
    return address.partition(":")[0]
