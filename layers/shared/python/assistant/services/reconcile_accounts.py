"""Use case on schedule: find what the notifications of all providers left out."""

from dataclasses import dataclass

from assistant.domain import metric_names
from assistant.services.reconcile_calendars import CalendarReconcilePorts, CalendarsReconciled, reconcile_calendars
from assistant.services.reconcile_mailboxes import Reconciled, ReconcilePorts, reconcile_mailboxes
from assistant.services.tell_of_broken import TellOfBrokenPorts, tell_of_broken


@dataclass(frozen=True, slots=True)
class AccountsReconciled:
    """What a look at all accounts found; of how many that are broken the users were told."""

    mailboxes: Reconciled
    calendars: CalendarsReconciled
    told: int


def reconcile_accounts(
    *, seconds: float, mailboxes: ReconcilePorts, calendars: CalendarReconcilePorts, broken: TellOfBrokenPorts
) -> AccountsReconciled:
    """Tell of broken accounts, look at calendars, which asks no provider, then at mailboxes in the time that is left.

    Raises:
        Unavailable: the connections cannot be read.
    """
    clock = mailboxes.clock
    until = clock.monotonic() + seconds
    told = tell_of_broken(broken)
    looked_at = reconcile_calendars(seconds=until - clock.monotonic(), ports=calendars)
    done = AccountsReconciled(reconcile_mailboxes(seconds=until - clock.monotonic(), ports=mailboxes), looked_at, told)
    if left := [one for part in (done.mailboxes, looked_at) if (one := part.watch_left_seconds) is not None]:
        mailboxes.meter.gauge(metric_names.MAILBOX_WATCH_LEFT, min(left))
    return done
