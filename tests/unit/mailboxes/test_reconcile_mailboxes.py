"""What notifications left out is found."""

import pytest

from assistant.domain import metric_names
from assistant.domain.errors import Forbidden, NotFound
from assistant.domain.mailbox_sync import SyncReason
from assistant.services.reconcile_mailboxes import Reconciled
from assistant.services.sync_mailbox import Synced
from tests.fakes.mailbox import WATCHED_FOR, MemoryMailBox
from tests.unit.mailboxes.followed import Followed

OLDEST = metric_names.OLDEST_UNDECIDED_MAIL


@pytest.fixture
def followed() -> Followed:
    found = Followed()
    assert found.sync() == Synced("up to now")
    return found


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

    def test_a_mail_that_cannot_be_read_is_no_mailbox_out_of_reach(self, followed: Followed) -> None:
        followed.breaks_at(followed.arrive("Poison"), ValueError("embedded null character"))
        followed.clock.advance(60)
        followed.arrive("Sound")
        followed.clock.advance(600)
        assert followed.reconcile() == Reconciled(behind=1, oldest_seconds=600)
        (job,) = followed.queue.requested
        assert followed.sync(job) == Synced("up to now", decided=1, failed=1)

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
        assert fresh.reconcile() == Reconciled(up_to_now=1, watch_left_seconds=WATCHED_FOR.total_seconds())

    def test_a_new_mailbox_is_read_though_it_cannot_be_watched(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(_: MemoryMailBox) -> None:
            raise Forbidden("The address of this deployment is not to be reached.")

        monkeypatch.setattr(MemoryMailBox, "watch", refused)
        fresh = Followed()
        assert fresh.reconcile().failed == 1
        (job,) = fresh.queue.requested
        assert fresh.sync(job) == Synced("up to now")

    def test_a_mailbox_out_of_reach_counts_since_the_first_look_that_failed(self, followed: Followed) -> None:
        for down, oldest in ((False, 0), (True, 0), (True, 600), (True, 1200), (False, 0), (True, 0)):
            followed.clock.advance(600)
            followed.provider.down = down
            assert followed.reconcile().oldest_seconds == followed.meter.gauges[OLDEST] == oldest

    def test_good_looks_write_nothing(self, followed: Followed) -> None:
        place = followed.places.read(followed.connection)
        followed.clock.advance(600)
        followed.reconcile()
        assert followed.places.read(followed.connection) == place

    def test_a_mailbox_that_was_read_is_known_again(self, followed: Followed) -> None:
        followed.provider.down = True
        followed.reconcile()
        followed.provider.down = False
        followed.clock.advance(600)
        followed.arrive()
        assert followed.sync() == Synced("up to now", decided=1)
        followed.provider.down = True
        assert followed.reconcile() == Reconciled(failed=1)

    def test_an_expired_cursor_is_a_gap_since_it_was_found(self, followed: Followed) -> None:
        followed.clock.advance(8 * 86_400)
        followed.arrive()
        followed.box.forget_changes()
        assert followed.reconcile() == Reconciled(behind=1)
        assert len(followed.queue.requested) == 1
        followed.clock.advance(1200)
        assert followed.reconcile() == Reconciled(behind=1, oldest_seconds=1200)
        followed.sync(followed.queue.requested[-1])
        assert followed.reconcile() == Reconciled(up_to_now=1)

    def test_mail_that_goes_undecided_keeps_nobody_waiting(
        self, followed: Followed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def gone(_: MemoryMailBox, message_id: str) -> None:
            raise NotFound(message_id)

        followed.clock.advance(3600)
        followed.arrive()
        monkeypatch.setattr(MemoryMailBox, "get", gone)
        assert followed.reconcile() == Reconciled(behind=1)
