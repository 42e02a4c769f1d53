"""Notifications are renewed in time, and what they left out is found."""

import pytest

from assistant.domain import metric_names
from assistant.domain.connections import Connection
from assistant.domain.errors import Forbidden
from assistant.domain.mailbox_sync import SyncReason
from assistant.services.sync_mailbox import Synced
from assistant.services.watch_mailboxes import Reconciled, Renewed, renew_mailbox_watches
from tests.fakes.accounts import MICROSOFT
from tests.fakes.connections import google_connection
from tests.fakes.mailbox import WATCHED_FOR, MemoryMailBox, MemoryMailBoxes
from tests.unit.mailboxes.followed import Followed

LEFT = metric_names.MAILBOX_WATCH_LEFT
OLDEST = metric_names.OLDEST_UNDECIDED_MAIL


@pytest.fixture
def followed() -> Followed:
    found = Followed()
    assert found.sync() == Synced("up to now")
    return found


def renew(followed: Followed) -> Renewed:
    return renew_mailbox_watches(seconds=followed.seconds, ports=followed.watch_ports)


class TestRenewal:
    def test_a_watch_is_renewed_long_before_it_ends(self, followed: Followed) -> None:
        for _ in range(10):
            assert renew(followed) == Renewed(watched=1)
            assert followed.places.read(followed.connection).watched_until == followed.clock.now() + WATCHED_FOR
            assert followed.meter.gauges[LEFT] == WATCHED_FOR.total_seconds()
            followed.clock.advance(86_400)

    def test_a_renewal_keeps_the_cursor(self, followed: Followed) -> None:
        before = followed.places.read(followed.connection).cursor
        renew(followed)
        assert followed.places.read(followed.connection).cursor == before

    def test_the_time_left_falls_while_renewals_fail(self, followed: Followed) -> None:
        renew(followed)
        followed.provider.down = True
        for day in (1, 2, 6, 8):
            followed.clock.advance(86_400 * day - followed.clock.monotonic())
            assert renew(followed) == Renewed(failed=1)
            assert followed.meter.gauges[LEFT] == max(0, 7 - day) * 86_400

    def test_a_mailbox_that_was_never_watched_has_no_time_left(self, followed: Followed) -> None:
        followed.provider.down = True
        renew(followed)
        assert followed.meter.gauges[LEFT] == 0

    def test_a_provider_without_notifications_raises_no_alarm(
        self, followed: Followed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(MemoryMailBox, "watch", lambda _: None)
        assert renew(followed) == Renewed(unwatched=1)
        assert LEFT not in followed.meter.gauges

    def test_one_mailbox_keeps_no_other_from_its_renewal(
        self, followed: Followed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = google_connection("user456", "other@example.com")
        followed.connections.replace(other, expected_version=0)
        opened = MemoryMailBoxes.open

        def refusing(boxes: MemoryMailBoxes, connection: Connection) -> MemoryMailBox:
            if connection.user_id == "user123":
                raise Forbidden("scope")
            return opened(boxes, connection)

        monkeypatch.setattr(MemoryMailBoxes, "open", refusing)
        assert renew(followed) == Renewed(watched=1, failed=1)

    def test_only_accounts_that_are_open_for_mail_are_watched(self, followed: Followed) -> None:
        for connection in (
            google_connection("user456").model_copy(update={"scopes": frozenset({"openid"})}),
            MICROSOFT,
            MICROSOFT.model_copy(update={"user_id": "user456", "scopes": frozenset({"Calendars.ReadWrite"})}),
        ):
            followed.connections.replace(connection, expected_version=0)
        assert renew(followed) == Renewed(watched=2)

    def test_what_there_is_no_time_for_is_left(self, followed: Followed) -> None:
        followed.seconds = 1
        assert renew(followed) == Renewed(left=1)


class TestReconciliation:
    def test_nothing_is_behind(self, followed: Followed) -> None:
        assert followed.reconcile() == Reconciled(up_to_now=1)
        assert followed.meter.gauges[OLDEST] == 0
        assert not followed.queue.requested

    def test_a_mail_without_a_notification_is_found(self, followed: Followed) -> None:
        message_id = followed.arrive()
        followed.clock.advance(600)
        assert followed.reconcile() == Reconciled(behind=1, oldest_seconds=600)
        assert followed.meter.gauges[OLDEST] == 600
        assert followed.meter.total(metric_names.MAILBOX_GAPS, provider="google") == 1
        (job,) = followed.queue.requested
        assert job.reason is SyncReason.RECONCILED
        assert followed.sync(job) == Synced("up to now", decided=1)
        assert followed.receipts.saved == [message_id]

    def test_a_mailbox_is_not_queued_again_and_again(self, followed: Followed) -> None:
        followed.arrive()
        followed.reconcile()
        followed.reconcile()
        assert len(followed.queue.requested) == 1

    def test_a_new_mailbox_is_watched_and_queued(self) -> None:
        fresh = Followed()
        assert fresh.reconcile().behind == 1
        assert fresh.box.watched_until == fresh.clock.now() + WATCHED_FOR
        (job,) = fresh.queue.requested
        assert fresh.sync(job) == Synced("up to now")
        assert fresh.reconcile() == Reconciled(up_to_now=1)

    def test_a_new_mailbox_is_read_though_it_cannot_be_watched(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(_: MemoryMailBox) -> None:
            raise Forbidden("The address of this deployment is not to be reached.")

        monkeypatch.setattr(MemoryMailBox, "watch", refused)
        fresh = Followed()
        assert fresh.reconcile().failed == 1
        (job,) = fresh.queue.requested
        assert fresh.sync(job) == Synced("up to now")

    def test_a_mailbox_out_of_reach_counts_since_it_was_read(self, followed: Followed) -> None:
        followed.provider.down = True
        followed.clock.advance(1800)
        assert followed.reconcile() == Reconciled(failed=1, oldest_seconds=1800)

    def test_an_expired_cursor_is_a_gap(self, followed: Followed) -> None:
        followed.arrive()
        followed.box.forget_changes()
        assert followed.reconcile().behind == 1
        assert len(followed.queue.requested) == 1
