"""Use case on schedule: find what the notifications of all providers left out."""

from dataclasses import dataclass

from assistant.services.reconcile_calendars import CalendarReconcilePorts, CalendarsReconciled, reconcile_calendars
from assistant.services.reconcile_mailboxes import Reconciled, ReconcilePorts, reconcile_mailboxes


@dataclass(frozen=True, slots=True)
class AccountsReconciled:
    """What a look at all accounts found."""

    mailboxes: Reconciled
    calendars: CalendarsReconciled


def reconcile_accounts(
    *, seconds: float, mailboxes: ReconcilePorts, calendars: CalendarReconcilePorts
) -> AccountsReconciled:
    """Look at calendars, which asks no provider, then at mailboxes in the time that is left.

    Raises:
        Unavailable: the connections cannot be read.
    """
    until = calendars.clock.monotonic() + seconds
    looked_at = reconcile_calendars(seconds=seconds, ports=calendars)
    left = until - mailboxes.clock.monotonic()
    return AccountsReconciled(reconcile_mailboxes(seconds=left, ports=mailboxes), looked_at)
