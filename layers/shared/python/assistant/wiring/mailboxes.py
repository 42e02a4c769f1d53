"""Mailboxes of connected accounts: opening, following, watching and changing them."""

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from assistant.wiring.connected_chats import ConnectedChatWiring
from assistant.wiring.connected_notes import ConnectedNotesWiring
from assistant.wiring.effects import EffectWiring
from assistant.wiring.followed_calendars import FollowedCalendarWiring
from assistant.wiring.mail import MailWiring
from assistant.wiring.memory import MemoryWiring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.ports.effects import EffectExecutor
    from assistant.ports.mailbox import MailBoxes
    from assistant.ports.mailbox_sync import DecisionFollower, MailboxPlaces, Receipts
    from assistant.ports.webhooks import PushTokens
    from assistant.services.execute_effects import ExecutePorts
    from assistant.services.propose_mail import MailProposalPorts
    from assistant.services.receive_gmail_push import GmailPushPorts
    from assistant.services.receive_graph_notification import GraphNotificationPorts
    from assistant.services.reconcile_mailboxes import ReconcilePorts
    from assistant.services.renew_watches import RenewPorts
    from assistant.services.sync_mailbox import SyncPorts
    from assistant.services.welcome_account import WelcomePorts


class MailBoxWiring(
    MailWiring, FollowedCalendarWiring, ConnectedChatWiring, ConnectedNotesWiring, EffectWiring, MemoryWiring
):
    """Mailboxes of connected accounts: opening, following, watching and changing them."""

    @cached_property
    def mailboxes(self) -> "MailBoxes":
        """Mailboxes of every provider; its client is imported when the first mailbox is opened."""
        from assistant.adapters.provider_accounts import ProviderAccounts
        from assistant.domain.providers import Access, Provider

        made_by = {Provider.GOOGLE: self._gmail, Provider.MICROSOFT: self._outlook}
        return ProviderAccounts({**made_by, **self.accounts_by_row(Access.MAIL)}, "mailbox")

    @cached_property
    def mailbox_places(self) -> "MailboxPlaces":
        """How far mailboxes were read."""
        from assistant.adapters.dynamo_mailboxes import DynamoMailboxPlaces

        return DynamoMailboxPlaces(self._table, self.clock)

    @cached_property
    def receipts(self) -> "Receipts":
        """What became of mails."""
        from assistant.adapters.dynamo_mailboxes import DynamoReceipts

        return DynamoReceipts(self._table, self.clock)

    @cached_property
    def push_tokens(self) -> "PushTokens":
        """What proves notifications of Gmail."""
        from assistant.adapters.google_push import GoogleKeys, GooglePushTokens

        settings = self.settings
        keys = GoogleKeys(settings.google_keys_url, self.clock)
        return GooglePushTokens(
            keys, self.clock, audience=settings.gmail_push_audience, sender=settings.gmail_push_sender
        )

    @cached_property
    def gmail_push_ports(self) -> "GmailPushPorts":
        """What notifications of Gmail need."""
        from assistant.services.receive_gmail_push import GmailPushPorts

        return GmailPushPorts(self.push_tokens, self.connections, self.mailbox_queue, self.clock)

    @cached_property
    def welcome_ports(self) -> "WelcomePorts":
        """What follows from an account that was connected."""
        from assistant.services.welcome_account import WelcomePorts

        return WelcomePorts(
            self.account_queues, self.preferences, self.due, self.connections, self.notifier, self.clock
        )

    @cached_property
    def graph_notification_ports(self) -> "GraphNotificationPorts":
        """What notifications of Microsoft Graph need."""
        from assistant.domain.subscriptions import Watched
        from assistant.services.receive_graph_notification import GraphNotificationPorts

        queues = {Watched.MAIL: self.mailbox_queue, Watched.CALENDAR: self.calendar_queue}
        return GraphNotificationPorts(self.subscriptions, queues, self.clock)

    @cached_property
    def mail_proposal_ports(self) -> "MailProposalPorts":
        """What drafts and mails users ask for need."""
        from assistant.services.propose_mail import MailProposalPorts

        return MailProposalPorts(self.propose_ports, self.connections, self.audit_trail)

    @cached_property
    def sync_ports(self) -> "SyncPorts":
        """What following mailboxes needs."""
        from assistant.services.sync_mailbox import SyncPorts

        return SyncPorts(
            self.connections,
            self.mailboxes,
            self.mailbox_places,
            self.receipts,
            self.mailbox_queue,
            self._followers,
            self.triage_ports,
            self.past_mails,
            self.subscriptions,
            self.notifier,
        )

    @cached_property
    def reconcile_ports(self) -> "ReconcilePorts":
        """What finding undecided mail needs."""
        from assistant.services.reconcile_mailboxes import ReconcilePorts

        return ReconcilePorts(
            self.connections,
            self.account_rounds,
            self.mailboxes,
            self.mailbox_places,
            self.receipts,
            self.mailbox_queue,
            self.meter,
            self.clock,
        )

    @cached_property
    def renew_ports(self) -> "RenewPorts":
        """What renewing watches needs."""
        from assistant.domain.providers import Access
        from assistant.services.renew_watches import RenewPorts, Watched

        parts: dict[Access, Watched[Any]] = {
            Access.MAIL: Watched(self.mailboxes.open, self.mailbox_places),
            Access.CALENDAR: Watched(self.calendars.open, self.calendar_places),
        }
        return RenewPorts(self.connections, self.account_rounds, parts, self.clock)

    @cached_property
    def execute_ports(self) -> "ExecutePorts":
        """What doing and undoing effects needs: for each kind of action who can do it."""
        from assistant.domain.effects.actions import EffectKind
        from assistant.services.change_chat import ChatExecutor
        from assistant.services.change_events import EventExecutor
        from assistant.services.change_mail import MailExecutor
        from assistant.services.change_task_status import TaskStatusExecutor
        from assistant.services.execute_effects import ExecutePorts

        mail = MailExecutor(self.connections, self.mailboxes)
        events = EventExecutor(self.connections, self.calendars, self.clock)
        executors: dict[EffectKind, EffectExecutor] = {
            **dict.fromkeys((EffectKind.LABEL, EffectKind.ARCHIVE, EffectKind.DRAFT, EffectKind.SEND), mail),
            **dict.fromkeys((EffectKind.MOVE_EVENT, EffectKind.DECLINE_EVENT, EffectKind.CREATE_EVENT), events),
            EffectKind.POST_MESSAGE: ChatExecutor(self.connections, self.chats),
            EffectKind.SET_TASK_STATUS: TaskStatusExecutor(self.connections, self.workspaces_at_once, self.followed),
        }
        return ExecutePorts(self.effects, executors, self.notifier, self.meter, self.clock)

    @property
    def _followers(self) -> "Sequence[DecisionFollower]":
        from assistant.services.keep_past_mails import keep_past_mails
        from assistant.services.propose_for_mails import propose_for_mails
        from assistant.services.tell_of_mails import TellPorts, tell_of_mails

        tell_ports = TellPorts(self.notifier, self.clock)
        return (
            partial(keep_past_mails, mails=self.past_mails),
            partial(propose_for_mails, ports=self.propose_ports),
            partial(tell_of_mails, ports=tell_ports),
        )

    def _gmail(self) -> "MailBoxes":
        from assistant.adapters.gmail import GmailMailBoxes

        settings = self.settings
        return GmailMailBoxes(settings.gmail_base_url, self.access_tokens, self.clock, settings.gmail_topic)

    def _outlook(self) -> "MailBoxes":
        from assistant.adapters.graph_mail import GraphMailBoxes

        return GraphMailBoxes(self.graph, lambda: self.graph_subscriptions, self.clock)
